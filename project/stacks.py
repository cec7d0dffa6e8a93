"""A CloudFormation stack: made what it is to be, and watched until it is."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

Show = Callable[[str], object]
_POLL_SECONDS = 1.0
_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
_NO_CHANGE = "No updates are to be performed"


class StackFailed(Exception):
    """A stack did not become what it was to be; the message has the first resource's reason."""


def find(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """The stack of this name or id; None if there is none."""
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        return None
    return found


def deploy(
    cloudformation: Any, name: str, template: str, parameters: Mapping[str, str], show: Show
) -> dict[str, str]:
    """Create the stack or update it, wait, and give its outputs.

    Raises:
        StackFailed: It was rolled back.
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
        if find(cloudformation, name) is None:
            cloudformation.create_stack(**request)
        else:
            cloudformation.update_stack(**request)
    except ClientError as error:
        if _NO_CHANGE not in error.response["Error"]["Message"]:
            raise
    while (stack := watch.look())["StackStatus"].endswith("_IN_PROGRESS"):
        time.sleep(_POLL_SECONDS)
    if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise StackFailed(f"Stack {name} is {stack['StackStatus']}: {watch.first_fault}")
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}


class Watch:
    """Tells each event of a stack once, from now on.

    Attributes:
        first_fault: What the first resource that failed says, "" while none has.
    """

    def __init__(self, cloudformation: Any, name: str, show: Show) -> None:
        self._cloudformation = cloudformation
        self._name = name
        self._show = show
        self._told = {event["EventId"] for event in self._events()}
        self.first_fault = ""

    def look(self) -> dict[str, Any]:
        """Tell what is new, and give the stack as it was before that; empty before there is one."""
        stack = find(self._cloudformation, self._name) or {}
        for event in reversed(self._events()):
            if event["EventId"] not in self._told:
                self._told.add(event["EventId"])
                self._tell(event)
        return stack

    def _tell(self, event: Mapping[str, Any]) -> None:
        status, reason = event["ResourceStatus"], event.get("ResourceStatusReason", "")
        if status.endswith("_FAILED") and not self.first_fault:
            self.first_fault = f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
        if not status.endswith("_IN_PROGRESS"):
            line = f"{status:20}  {event['LogicalResourceId']:28}  {event['ResourceType']}"
            self._show(f"{line}  {reason}".rstrip())

    def _events(self) -> list[dict[str, Any]]:
        """The stack's events, newest first; none before it is there."""
        try:
            answer = self._cloudformation.describe_stack_events(StackName=self._name)
        except ClientError as error:
            if "does not exist" not in error.response["Error"]["Message"]:
                raise
            return []
        events: list[dict[str, Any]] = answer["StackEvents"]
        return events
