"""Executes pipeline definitions, whoever wrote them.

    definition   what a definition says, as frozen data
    reading      definition JSON -> definition; every fault of its form
    checking     every fault that needs the whole: references, properties, cycles, Arguments
    references   {"Get": ...} and {"Std:...": ...}: found, parsed, resolved
    conditions   the comparisons of a Condition step
    graph        what waits for what, and what can no longer run
    executor     one thread an execution, one thread a running step, woken by the store
    steps        what each step type does: the API call that SageMaker makes, and its wait
    caching      whether a step is reused, and why not

The rule: a step reaches the emulator only through its API, so a job started by a step and one
started by a client are the same thing.
"""
