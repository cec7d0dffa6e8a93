"""Deploy: a CloudFormation stack or change set.

Source: "AWS CloudFormation deploy action reference" of the user guide.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.services.clients import client
from emulator.services.codepipeline.actions.cloudformation_inputs import stack_arguments
from emulator.services.codepipeline.actions.work import (
    CONFIGURATION_ERROR,
    JOB_FAILED,
    ActionFailed,
    Result,
    Work,
)
from emulator.services.codepipeline.artifacts import write_files

Stack = Mapping[str, Any]

_NO_UPDATES = "No updates are to be performed"
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_POLL_SECONDS = 0.2
_IN_PROGRESS = "_IN_PROGRESS"
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
# States in which a stack takes no update.
_REPLACED = (
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "CREATE_FAILED",
    "DELETE_FAILED",
    "UPDATE_ROLLBACK_FAILED",
)
_REVIEW = "REVIEW_IN_PROGRESS"


def perform(work: Work) -> Result:
    """Do what the action's mode says."""
    try:
        return _MODES[work.configuration["ActionMode"]](work)
    except ClientError as error:
        raise ActionFailed(CONFIGURATION_ERROR, str(error)) from error


def _create_update(work: Work) -> Result:
    stack = _find(work)
    if stack is None or stack["StackStatus"] == _REVIEW:
        return _create(work)
    return _update(work)


def _replace_on_failure(work: Work) -> Result:
    stack = _find(work)
    if stack is not None and stack["StackStatus"] in _REPLACED:
        _delete(work, stack)
    return _create_update(work)


def _create(work: Work) -> Result:
    arguments = stack_arguments(work, has_policy=True)
    answer = _cloudformation(work).create_stack(**arguments, ClientRequestToken=str(uuid.uuid4()))
    return _settled(work, answer["StackId"], "Stack CREATE")


def _update(work: Work) -> Result:
    arguments = stack_arguments(work, has_policy=True)
    try:
        answer = _cloudformation(work).update_stack(
            **arguments, ClientRequestToken=str(uuid.uuid4())
        )
    except ClientError as error:
        if _NO_UPDATES not in str(error):
            raise
        stack = _find(work) or {}
        return _finish(work, stack, "No updates are to be performed.")
    return _settled(work, answer["StackId"], "Stack UPDATE")


def _change_set_replace(work: Work) -> Result:
    cloudformation, stack = _cloudformation(work), _find(work)
    names = {
        "StackName": work.configuration["StackName"],
        "ChangeSetName": work.configuration["ChangeSetName"],
    }
    is_new = stack is None or stack["StackStatus"] == _REVIEW
    if stack is not None:
        _forget_change_set(cloudformation, names)
    answer = cloudformation.create_change_set(
        **stack_arguments(work, has_policy=False),
        ChangeSetName=names["ChangeSetName"],
        ChangeSetType="CREATE" if is_new else "UPDATE",
    )
    work.report(externalExecutionId=answer["Id"])
    change_set = _wait(lambda: _change_set(work, answer["Id"]))
    reason = change_set.get("StatusReason", "")
    if change_set["Status"] == "FAILED" and not any(each in reason for each in _NO_CHANGES):
        raise ActionFailed(JOB_FAILED, f"Change set {names['ChangeSetName']} failed: {reason}")
    return Result(summary=f"Change set {names['ChangeSetName']} was created. {reason}".rstrip())


def _forget_change_set(cloudformation: Any, names: Mapping[str, str]) -> None:
    try:
        cloudformation.delete_change_set(**names)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ChangeSetNotFound":
            raise


def _change_set_execute(work: Work) -> Result:
    names = {
        "StackName": work.configuration["StackName"],
        "ChangeSetName": work.configuration["ChangeSetName"],
    }
    change_set = _cloudformation(work).describe_change_set(**names)
    if change_set["Status"] == "FAILED":
        # What CHANGE_SET_REPLACE let pass: there is nothing to change.
        return _finish(work, _find(work) or {}, change_set.get("StatusReason", ""))
    _cloudformation(work).execute_change_set(**names)
    return _settled(work, change_set["StackId"], "Change set")


def _delete_only(work: Work) -> Result:
    stack = _find(work)
    if stack is None:
        return Result(summary=f"Stack {work.configuration['StackName']} does not exist")
    _delete(work, stack)
    return Result(summary="Stack DELETE succeeded")


def _delete(work: Work, stack: Stack) -> None:
    role = {"RoleARN": work.configuration["RoleArn"]} if "RoleArn" in work.configuration else {}
    _cloudformation(work).delete_stack(StackName=stack["StackName"], **role)
    ended = _wait(lambda: _described(work, stack["StackId"]))
    if ended["StackStatus"] != "DELETE_COMPLETE":
        raise ActionFailed(JOB_FAILED, failure(work, ended))


def _settled(work: Work, stack_id: str, what: str) -> Result:
    work.report(externalExecutionId=stack_id, externalExecutionUrl=_url(work, stack_id))
    stack = _wait(lambda: _described(work, stack_id))
    if stack["StackStatus"] not in _GOOD:
        raise ActionFailed(JOB_FAILED, failure(work, stack))
    return _finish(work, stack, f"{what} succeeded")


def _finish(work: Work, stack: Stack, summary: str) -> Result:
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
    if work.outputs:
        content = json.dumps(outputs).encode()
        write_files(work.context, work.outputs[0], {work.configuration["OutputFileName"]: content})
    return Result(summary=summary, variables=outputs)


def failure(work: Work, stack: Stack) -> str:
    """The stack's status, and the first resource that failed with its reason."""
    said = f"Stack {stack['StackName']} is {stack['StackStatus']}"
    pages = _cloudformation(work).get_paginator("describe_stack_events")
    first: Mapping[str, Any] | None = None
    for page in pages.paginate(StackName=stack["StackId"]):
        for event in page["StackEvents"]:
            if _is_start(event, stack):
                return _with_cause(said, first)
            if event["ResourceStatus"].endswith("_FAILED"):
                first = event
    return _with_cause(said, first)


def _is_start(event: Mapping[str, Any], stack: Stack) -> bool:
    """Whether the event, of newest first, is that by which the last operation began."""
    is_stack = event.get("PhysicalResourceId") == stack["StackId"]
    return is_stack and event["ResourceStatus"] in (
        "CREATE_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
    )


def _with_cause(said: str, event: Mapping[str, Any] | None) -> str:
    if event is None:
        return said
    return (
        f"{said}: {event['LogicalResourceId']} ({event['ResourceType']}) "
        f"{event['ResourceStatus']}: {event.get('ResourceStatusReason', 'no reason given')}"
    )


def _wait(describe: Callable[[], Stack]) -> Stack:
    """Describe again and again until nothing is in progress."""
    while True:
        found = describe()
        status = found.get("StackStatus") or found["Status"]
        if not (status.endswith((_IN_PROGRESS, "_PENDING"))):
            return found
        time.sleep(_POLL_SECONDS)


def _change_set(work: Work, change_set_id: str) -> Stack:
    found: Stack = _cloudformation(work).describe_change_set(ChangeSetName=change_set_id)
    return {"Status": found["Status"], "StatusReason": found.get("StatusReason", "")}


def _described(work: Work, stack_id: str) -> Stack:
    found: Stack = _cloudformation(work).describe_stacks(StackName=stack_id)["Stacks"][0]
    return found


def _find(work: Work) -> Stack | None:
    try:
        return _described(work, work.configuration["StackName"])
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _cloudformation(work: Work) -> Any:
    return client(work.context, "cloudformation")


def _url(work: Work, stack_id: str) -> str:
    region = work.context.settings.region
    return (
        f"https://console.aws.amazon.com/cloudformation/home?region={region}"
        f"#/stack/detail?stackId={stack_id}"
    )


_MODES: Mapping[str, Callable[[Work], Result]] = {
    "CREATE_UPDATE": _create_update,
    "REPLACE_ON_FAILURE": _replace_on_failure,
    "CHANGE_SET_REPLACE": _change_set_replace,
    "CHANGE_SET_EXECUTE": _change_set_execute,
    "DELETE_ONLY": _delete_only,
}
