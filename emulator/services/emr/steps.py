"""Operations on steps."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import validation_error
from emulator.services.emr.checks import check_steps
from emulator.services.emr.records import (
    CANCEL_PENDING,
    CANCELLED,
    CLUSTER,
    ENDED_CLUSTER,
    PENDING,
    RUNNING,
    STEP,
    TERMINATING,
    enter,
    existing_cluster,
    existing_job_flow,
    existing_step,
    new_id,
    page,
    step_name,
    steps_of,
)
from emulator.services.spark import runs
from emulator.services.spark.listing import public
from emulator.store import Document

_STEPS_AT_ONCE = 256
_SUMMARY = ("Id", "Name", "Config", "ActionOnFailure", "Status")
# Asked to stop by TERMINATE_PROCESS, a step is killed at once.
_AT_ONCE = "TERMINATE_PROCESS"


def add_job_flow_steps(context: Context, request: Request) -> Answer:
    """Add steps to a cluster; it runs them one after the other.

    Raises:
        AwsError: ValidationException; UnsupportedByEmulator.
    """
    cluster_id, role_arn = request["JobFlowId"], request.get("ExecutionRoleArn")
    cluster = existing_job_flow(context, cluster_id)
    if len(request["Steps"]) > _STEPS_AT_ONCE:
        raise validation_error(f"A maximum of {_STEPS_AT_ONCE} steps are allowed in each request.")
    check_steps(context, request["Steps"], role_arn)
    added = [new_step(context, cluster, step, role_arn) for step in request["Steps"]]
    ids = [step["Id"] for step in added]

    def append(document: Document) -> None:
        if document["Status"]["State"] in (*ENDED_CLUSTER, TERMINATING):
            raise validation_error(
                "A job flow that is shutting down, terminated, or finished may not be modified."
            )
        document["_Pending"] = document["_Pending"] + ids

    with context.store.transaction():
        context.store.update(CLUSTER, cluster_id, append)
        for step in added:
            keep(context, cluster_id, step)
    return {"StepIds": ids}


def new_step(
    context: Context, cluster: Document, step: Mapping[str, Any], role_arn: str | None
) -> Document:
    """A step's document, as it waits for its turn."""
    jar = step["HadoopJarStep"]
    return {
        "Id": new_id("s"),
        "Name": step["Name"],
        "Config": {
            "Jar": jar["Jar"],
            "Properties": {},
            "Args": list(jar.get("Args", ())),
        },
        # Ours: with StepConfig the member is optional, and AWS's documents name no default.
        "ActionOnFailure": step.get("ActionOnFailure", "CONTINUE"),
        "Status": {
            "State": PENDING,
            "StateChangeReason": {},
            "Timeline": {"CreationDateTime": context.clock()},
        },
        **({"ExecutionRoleArn": role_arn} if role_arn else {}),
        **({"LogUri": cluster["LogUri"]} if "LogUri" in cluster else {}),
        "_ClusterId": cluster["Id"],
    }


def keep(context: Context, cluster_id: str, step: Document) -> None:
    """Keep a new step."""
    context.store.insert(STEP, step_name(cluster_id, step["Id"]), step)


def describe_step(context: Context, request: Request) -> Answer:
    """DescribeStep."""
    return {"Step": public(existing_step(context, request["ClusterId"], request["StepId"]))}


def list_steps(context: Context, request: Request) -> Answer:
    """ListSteps, newest first."""
    cluster_id = request["ClusterId"]
    existing_cluster(context, cluster_id)
    states, ids = request.get("StepStates"), request.get("StepIds")
    found = [
        step
        for step in reversed(steps_of(context, cluster_id))
        if (not states or step["Status"]["State"] in states) and (not ids or step["Id"] in ids)
    ]
    shown, marker = page(
        request, f"ListSteps/{cluster_id}", found, lambda step: {key: step[key] for key in _SUMMARY}
    )
    return {"Steps": shown, **marker}


def cancel_steps(context: Context, request: Request) -> Answer:
    """Cancel steps: those that wait are CANCELLED, one that runs when its process is gone."""
    cluster_id = request["ClusterId"]
    existing_cluster(context, cluster_id)
    is_at_once = request.get("StepCancellationOption") == _AT_ONCE
    infos = [
        _cancel(context, cluster_id, step_id, is_at_once=is_at_once)
        for step_id in request["StepIds"]
    ]
    return {"CancelStepsInfoList": infos}


def _cancel(context: Context, cluster_id: str, step_id: str, *, is_at_once: bool) -> dict[str, str]:
    if context.store.get(STEP, step_name(cluster_id, step_id)) is None:
        return {"StepId": step_id, "Status": "FAILED", "Reason": f"Step {step_id} does not exist."}
    states: list[str] = []

    def change(step: Document) -> None:
        states.append(step["Status"]["State"])
        if states[-1] == PENDING:
            enter(step, CANCELLED, context.clock(), {"Message": "Cancelled by user"})
        elif states[-1] == RUNNING:
            enter(step, CANCEL_PENDING, context.clock(), {})

    context.store.update(STEP, step_name(cluster_id, step_id), change)
    if states[-1] not in (PENDING, RUNNING):
        reason = f"Step {step_id} is in state {states[-1]}, in which it cannot be cancelled."
        return {"StepId": step_id, "Status": "FAILED", "Reason": reason}
    if states[-1] == RUNNING:
        runs.stop(context, step_id, 0 if is_at_once else None)
    return {"StepId": step_id, "Status": "SUBMITTED"}


OPERATIONS: Mapping[str, Handler] = {
    "AddJobFlowSteps": add_job_flow_steps,
    "DescribeStep": describe_step,
    "ListSteps": list_steps,
    "CancelSteps": cancel_steps,
}
