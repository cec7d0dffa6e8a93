"""The conditions of a stage: checked, decided, and which result of theirs is engaged.

Source: "How do stage conditions work?" and "Configure conditions for a stage" of the user guide.

checked   all rules at the same time, and met if every rule holds
Failed    a rule does not hold: the condition's result is engaged
Errored   a rule could not be checked, such as for a variable without a value: the stage fails,
          whatever the result; AWS does not document this, and what is unknown must not skip a stage
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from emulator.context import Context
from emulator.services.codepipeline import notices, rule_executions
from emulator.services.codepipeline.declaration.conditions import BEFORE_ENTRY, FAIL
from emulator.services.codepipeline.declaration.plan import Condition, Plan, Stage
from emulator.services.codepipeline.records import (
    ABANDONED,
    ERRORED,
    EXECUTION,
    FAILED,
    IN_PROGRESS,
    OVERRIDDEN,
    SUCCEEDED,
    Visit,
    execution_name,
    rule_execution_name,
    visit_of,
)
from emulator.services.codepipeline.together import run_together
from emulator.store import Document, Missing

PASSED = (SUCCEEDED, OVERRIDDEN)


def engaged(
    context: Context, plan: Plan, stage: Stage, kind: str, execution_id: str, visit: Visit
) -> str | None:
    """Check the stage's condition of a kind, and give the result that it engages.

    None if there is no such condition, if it is met, or if the execution was stopped or the stage
    taken again meanwhile. One that was decided before an emulator's end is not checked again.
    """
    condition = stage.conditions.get(kind)
    if condition is None:
        return None
    state = _begin(context, plan, stage, kind, execution_id, visit)
    if state is not None and state["status"] == IN_PROGRESS:
        _run(context, plan, condition, execution_id, state)
        state = _decide(context, plan, stage, kind, execution_id, visit)
    results = {FAILED: condition.result, ERRORED: FAIL}
    return None if state is None else results.get(state["status"])


def _begin(
    context: Context, plan: Plan, stage: Stage, kind: str, execution_id: str, visit: Visit
) -> Document | None:
    """The condition's state, made unless it has been decided; None if there is nothing to check."""
    with context.store.transaction():
        execution = _execution(context, plan, execution_id)
        if execution["status"] != IN_PROGRESS or visit_of(execution) != visit:
            return None
        state = state_of(execution, stage.name, kind)
        if state is not None and state["status"] != ABANDONED:  # that is what a kill cut short
            return state
        rules = {
            rule.name: rule_executions.begin(context, plan, stage, rule, execution)
            for rule in stage.conditions[kind].rules
        }
        return change(
            context, execution, stage.name, kind, status=IN_PROGRESS, summary="", Rules=rules
        )


def _run(
    context: Context, plan: Plan, condition: Condition, execution_id: str, state: Document
) -> None:
    names = {
        rule.name: rule_execution_name(plan.pipeline, execution_id, state["Rules"][rule.name])
        for rule in condition.rules
    }
    tasks = {
        f"rule {rule.name}": partial(rule_executions.run, context, plan, rule, names[rule.name])
        for rule in condition.rules
    }
    run_together(context, tasks)


def _decide(
    context: Context, plan: Plan, stage: Stage, kind: str, execution_id: str, visit: Visit
) -> Document | None:
    """The condition's state, decided by its rules; None if the stage is not at it any more."""
    with context.store.transaction():
        execution = _execution(context, plan, execution_id)
        state = state_of(execution, stage.name, kind)
        if visit_of(execution) != visit or state is None or state["status"] != IN_PROGRESS:
            return None
        names = [
            rule_execution_name(plan.pipeline, execution_id, each)
            for each in state["Rules"].values()
        ]
        rules = [rule_executions.existing(context, name) for name in names]
        decided = change(
            context, execution, stage.name, kind, status=_status(rules), summary=_summary(rules)
        )
        if kind == BEFORE_ENTRY and decided["status"] == SUCCEEDED:
            notices.tell_entry(context, execution, stage.name)
        return decided


def _status(rules: list[Document]) -> str:
    if any(rule["_IsErrored"] for rule in rules):
        return ERRORED
    return SUCCEEDED if all(rule["status"] == SUCCEEDED for rule in rules) else FAILED


def _summary(rules: list[Document]) -> str:
    """Which rules do not hold, and why."""
    return "; ".join(
        f"Rule {rule['ruleName']}: {rule['output']['executionResult']['errorDetails']['message']}"
        for rule in rules
        if rule["status"] == FAILED
    )


def state_of(execution: Document, stage: str, kind: str) -> Document | None:
    """What the present attempt at the stage knows of its condition; None before it is checked.

    Its members are status, summary, lastStatusChange, and Rules: execution ids by names.
    """
    states: Mapping[str, Document] = execution["_Stages"].get(stage, {}).get("Conditions", {})
    return states.get(kind)


def change(
    context: Context, execution: Document, stage: str, kind: str, **members: Any
) -> Document:
    """Change members of the condition's state, and give it."""
    members["lastStatusChange"] = context.clock()

    def set_members(document: Document) -> None:
        states = document["_Stages"][stage].setdefault("Conditions", {})
        states[kind] = {**states.get(kind, {}), **members}

    name = execution_name(execution["pipelineName"], execution["pipelineExecutionId"])
    changed = context.store.update(EXECUTION, name, set_members)
    state: Document = changed["_Stages"][stage]["Conditions"][kind]
    return state


def passed(execution: Document, stage: str) -> Document:
    """What holds for another attempt at the stage's failed actions: how it was entered.

    Ours, as the actions that succeeded are kept then: AWS does not document it.
    """
    state = state_of(execution, stage, BEFORE_ENTRY)
    return {BEFORE_ENTRY: state} if state is not None and state["status"] in PASSED else {}


def abandon(context: Context, execution: Document) -> None:
    """End what is checked now, which nobody waits for any more."""
    for stage, told in execution["_Stages"].items():
        for kind, state in told.get("Conditions", {}).items():
            if state["status"] == IN_PROGRESS:
                abandon_rules(context, execution, state)
                change(context, execution, stage, kind, status=ABANDONED)


def abandon_rules(context: Context, execution: Document, state: Document) -> None:
    """End the rules of a condition that are checked now."""
    ids = execution["pipelineName"], execution["pipelineExecutionId"]
    for rule in state["Rules"].values():
        rule_executions.abandon(context, rule_execution_name(*ids, rule))


def _execution(context: Context, plan: Plan, execution_id: str) -> Document:
    name = execution_name(plan.pipeline, execution_id)
    execution = context.store.get(EXECUTION, name)
    if execution is None:
        raise Missing(EXECUTION, name)
    return execution
