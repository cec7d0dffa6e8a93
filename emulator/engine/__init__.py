"""Executes pipeline definitions, whoever wrote them.

What a definition says
    definition   as frozen data; step_types has what distinguishes the types
    reading      definition JSON -> definition, with every fault of its form
    checking     every fault that needs the whole: references, properties, cycles, Arguments
    argument_types  which type each argument takes, and which one an expression has
    references   {"Get": ...} and {"Std:...": ...}: found, parsed, resolved
    conditions   the comparisons of a Condition step
    graph        what waits for what, and what each outcome lets run
What happens to it
    starting     what an execution starts with: parameters, and selection of some of its steps
    executor     one thread an execution, one thread a running step, woken by the store
    attempts     one step: reuse, attempts, retries
    caching      whether a step is reused, and why not
    steps        what each step type does: the API call that SageMaker makes, and its wait
    executions   what is kept of all this, and its explicit transitions

The rule: a step reaches the emulator only through its API, so a job started by a step and one
started by a client are the same thing.
"""
