"""A CloudFormation stack: made what it is to be, and watched until it is."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from pipelines.stacks import find_stack

Show = Callable[[str], object]
_POLL_SECONDS = 1.0
_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
_STACK_TYPE = "AWS::CloudFormation::Stack"
_NO_CHANGE = "No updates are to be performed"


class StackFailed(Exception):
    """A stack did not become what it was to be; the message has the first resource's reason."""


def deploy(
    cloudformation: Any, name: str, template: str, parameters: Mapping[str, str], show: Show
) -> dict[str, str]:
    """Create the stack or update it, wait, and give its outputs.

    Raises:
        StackFailed: It was rolled back, and how to go on.
    """
    request = {
        "StackName": name,
        "TemplateBody": template,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        "Capabilities": list(_CAPABILITIES),
    }
    watch = Watch(cloudformation, name, show)
    try:
        if find_stack(cloudformation, name) is None:
            cloudformation.create_stack(**request)
        else:
            cloudformation.update_stack(**request)
    except ClientError as error:
        if _NO_CHANGE not in error.response["Error"]["Message"]:
            raise
        show(f"Stack {name} is as it was.")
    while (stack := watch.look())["StackStatus"].endswith("_IN_PROGRESS"):
        time.sleep(_POLL_SECONDS)
    if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise StackFailed(_failure(name, stack["StackStatus"], watch.first_fault))
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}


def _failure(name: str, status: str, fault: str) -> str:
    # A stack whose creation was rolled back cannot be updated any more.
    is_lost = status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
    first = f"remove it by aws cloudformation delete-stack --stack-name {name}, then run" * is_lost
    return (
        f"Stack {name} is {status}: {fault or 'its events tell why'}. Mend the cause, "
        f"{first or 'and run'} this command again."
    )


class Watch:
    """Tells each event of a stack once.

    Args:
        cloudformation: The client.
        name: The stack's name or id.
        show: Gets a line for each event.
        told: Ids of events that need not be told; None for all that there are now.

    Attributes:
        first_fault: What the first resource that failed says, "" while none has; of a stack within
            that is its own first one.
    """

    def __init__(
        self, cloudformation: Any, name: str, show: Show, told: Iterable[str] | None = None
    ) -> None:
        self._cloudformation = cloudformation
        self._name = name
        self._show = show
        self._told = {each["EventId"] for each in self._events()} if told is None else set(told)
        self.first_fault = ""

    def look(self) -> dict[str, Any]:
        """Tell what is new, and give the stack as it was before that; empty before there is one."""
        stack = find_stack(self._cloudformation, self._name) or {}
        for event in reversed(self._events()):
            if event["EventId"] not in self._told:
                self._told.add(event["EventId"])
                self._tell(event)
        return stack

    def _tell(self, event: Mapping[str, Any]) -> None:
        status, reason = event["ResourceStatus"], event.get("ResourceStatusReason", "")
        if _is_fault(event) and not self.first_fault:
            self.first_fault = _fault(self._cloudformation, event)
        if not status.endswith("_IN_PROGRESS"):
            line = f"{status:20}  {event['LogicalResourceId']:28}  {event['ResourceType']}"
            self._show(f"{line}  {reason}".rstrip())

    def _events(self) -> list[dict[str, Any]]:
        return _events(self._cloudformation, self._name)


def _is_fault(event: Mapping[str, Any]) -> bool:
    return bool(event["ResourceStatus"].endswith("_FAILED"))


def _fault(cloudformation: Any, event: Mapping[str, Any]) -> str:
    """What a resource that failed says; a stack within only says which of its own have."""
    nested = event.get("PhysicalResourceId", "")
    if event["ResourceType"] == _STACK_TYPE and nested not in ("", event["StackId"]):
        within = [each for each in _events(cloudformation, nested) if _is_fault(each)]
        if within:
            return f"{event['LogicalResourceId']}, {_fault(cloudformation, within[-1])}"
    reason = event.get("ResourceStatusReason", "no reason given")
    return f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"


def _events(cloudformation: Any, name: str) -> list[dict[str, Any]]:
    """The stack's events, newest first; none before it is there."""
    try:
        answer = cloudformation.describe_stack_events(StackName=name)
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        return []
    events: list[dict[str, Any]] = answer["StackEvents"]
    return events
