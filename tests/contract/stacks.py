"""A small laboratory for stacks: templates as dicts, and waiting for what becomes of them."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import EmulatorProcess

WAIT_SECONDS = 60
Template = dict[str, Any]


@dataclass
class StackLab:
    """Makes stacks and waits; everything goes through boto3."""

    emulator: EmulatorProcess
    unique: Callable[[str], str]
    made: list[str] = field(default_factory=list)

    @property
    def api(self) -> Any:
        return self.emulator.client("cloudformation")

    def create(self, template: Template, name: str = "", **members: Any) -> str:
        """Begin to create a stack; gives its id."""
        name = name or self.unique("stack").replace("_", "-")
        members.setdefault("Capabilities", ["CAPABILITY_NAMED_IAM"])
        body = json.dumps(template)
        answer = self.api.create_stack(StackName=name, TemplateBody=body, **members)
        return str(answer["StackId"])

    def body(self, template: Template) -> str:
        return json.dumps(template)

    def created(self, template: Template, name: str = "", **members: Any) -> dict[str, Any]:
        return self.settled(self.create(template, name, **members))

    def updated(self, stack_id: str, template: Template, **members: Any) -> dict[str, Any]:
        members.setdefault("Capabilities", ["CAPABILITY_NAMED_IAM"])
        body = json.dumps(template)
        self.api.update_stack(StackName=stack_id, TemplateBody=body, **members)
        return self.settled(stack_id)

    def deleted(self, stack_id: str, **members: Any) -> dict[str, Any]:
        self.api.delete_stack(StackName=stack_id, **members)
        return self.settled(stack_id)

    def settled(self, stack_id: str) -> dict[str, Any]:
        """The stack once nothing is in progress any more."""
        return self.until(stack_id, lambda stack: not stack["StackStatus"].endswith("_PROGRESS"))

    def until(self, stack_id: str, is_reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            stack: dict[str, Any] = self.api.describe_stacks(StackName=stack_id)["Stacks"][0]
            if is_reached(stack):
                return stack
            time.sleep(0.02)
        raise AssertionError(f"{stack} did not get there: {self.told(stack_id)}")

    def events(self, stack_id: str) -> list[dict[str, Any]]:
        """The stack's events, oldest first."""
        pages = self.api.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def told(self, stack_id: str, logical_id: str = "") -> list[tuple[str, str]]:
        """Logical id and status of each event, of one resource or of all; oldest first."""
        return [
            (event["LogicalResourceId"], event["ResourceStatus"])
            for event in self.events(stack_id)
            if logical_id in ("", event["LogicalResourceId"])
        ]

    def reason(self, stack_id: str, logical_id: str, status: str) -> str:
        """Why the resource got into the status, the last time that it did."""
        found = [
            event.get("ResourceStatusReason", "")
            for event in self.events(stack_id)
            if (event["LogicalResourceId"], event["ResourceStatus"]) == (logical_id, status)
        ]
        return str(found[-1])

    def physical_id(self, stack_id: str, logical_id: str) -> str:
        answer = self.api.describe_stack_resource(StackName=stack_id, LogicalResourceId=logical_id)
        return str(answer["StackResourceDetail"]["PhysicalResourceId"])


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def resource(type_name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": type_name, "Properties": properties}


def parameter(value: Any, **members: Any) -> dict[str, Any]:
    """An SSM parameter: the quickest resource there is."""
    return {**resource("AWS::SSM::Parameter", Type="String", Value=value), **members}
