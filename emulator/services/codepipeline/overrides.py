"""OverrideStageCondition: the stage proceeds as if its condition were met.

Source: the API reference, and "Considerations" of "Configure conditions for a stage" of the user
guide: a condition whose result is SKIP cannot be overridden.
"""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.services.codepipeline import conditions, flow, lifecycle, notices, retries
from emulator.services.codepipeline.declaration.conditions import BEFORE_ENTRY, ON_SUCCESS, SKIP
from emulator.services.codepipeline.declaration.plan import Plan
from emulator.services.codepipeline.records import (
    ERRORED,
    EXECUTION,
    FAILED,
    IN_PROGRESS,
    OVERRIDDEN,
    execution_name,
    existing_pipeline,
    existing_stage,
    plan_of,
)
from emulator.store import Document

_KINDS = {"BEFORE_ENTRY": BEFORE_ENTRY, "ON_SUCCESS": ON_SUCCESS}
_OVERRIDABLE = (IN_PROGRESS, FAILED, ERRORED)


def override_stage_condition(context: Context, request: Request) -> Answer:
    """Let the stage proceed whose condition is checked, or has failed it.

    Raises:
        AwsError: PipelineNotFoundException; StageNotFoundException;
            ConditionNotOverridableException; NotLatestPipelineExecutionException;
            ConflictException.
    """
    name, stage = request["pipelineName"], request["stageName"]
    kind = _KINDS[request["conditionType"]]
    with context.store.transaction():
        declaration = existing_pipeline(context, name)["pipeline"]
        existing_stage(declaration, stage)
        found = context.store.get(EXECUTION, execution_name(name, request["pipelineExecutionId"]))
        if found is None:
            raise _not_overridable(f"there is no execution {request['pipelineExecutionId']}")
        plan = plan_of(context, found)
        state = _overridable(declaration, plan, found, stage, kind)
        is_failed = found["status"] != IN_PROGRESS
        if is_failed:
            retries.refuse_if_overtaken(context, found, stage)
        conditions.abandon_rules(context, found, state)
        conditions.change(context, found, stage, kind, status=OVERRIDDEN, summary="")
        execution = lifecycle.take_again(context, plan, found, stage)
        if kind == BEFORE_ENTRY and not is_failed:
            notices.tell_entry(context, execution, stage)
        flow.start(context, execution)
    return {}


def _overridable(
    declaration: Document, plan: Plan, execution: Document, stage: str, kind: str
) -> Document:
    """The state of the condition, if it can be overridden.

    Raises:
        AwsError: ConditionNotOverridableException.
    """
    condition = next(each for each in plan.stages if each.name == stage).conditions.get(kind)
    state = conditions.state_of(execution, stage, kind)
    execution_id = execution["pipelineExecutionId"]
    if condition is None:
        raise _not_overridable(f"stage '{stage}' has no {kind} condition")
    if condition.result == SKIP:
        raise _not_overridable(f"the {kind} condition of stage '{stage}' has the result {SKIP}")
    if state is None or state["status"] not in _OVERRIDABLE:
        found = "not checked" if state is None else state["status"]
        raise _not_overridable(
            f"the {kind} condition of stage '{stage}' is {found} in execution {execution_id}; "
            f"expected {' or '.join(_OVERRIDABLE)}"
        )
    if execution["status"] not in (IN_PROGRESS, FAILED):
        raise _not_overridable(f"execution {execution_id} is {execution['status']}")
    if execution["pipelineVersion"] != declaration["version"]:
        raise _not_overridable(
            f"the pipeline's structure changed from version {execution['pipelineVersion']} to "
            f"{declaration['version']}; start a new execution"
        )
    return state


def _not_overridable(reason: str) -> AwsError:
    return AwsError("ConditionNotOverridableException", f"Unable to override: {reason}.")


OPERATIONS: Mapping[str, Handler] = {"OverrideStageCondition": override_stage_condition}
