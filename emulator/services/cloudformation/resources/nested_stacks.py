"""Stacks within stacks, and handles to wait for.

Source: AWS::CloudFormation::Stack and AWS::CloudFormation::WaitConditionHandle in the template
reference; "Embedded stack ... was not successfully created" is AWS's status reason.
"""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.context import Context
from emulator.services.cloudformation.definitions import from_document, template_to_restore
from emulator.services.cloudformation.records import STACK
from emulator.services.cloudformation.resources.own_bucket import kept_template, presigned_put
from emulator.services.cloudformation.resources.provider import (
    Naming,
    Provider,
    ResourceFailed,
    Work,
    by_name,
)
from emulator.services.cloudformation.template_urls import fetch
from emulator.store import Document

_SERVICE = "cloudformation"
_UNCHANGED = "No updates are to be performed."
_TEMPLATE = "_Template"
_HANDLE_VALID_SECONDS = 24 * 3600


def _request(work: Work, template: str) -> dict[str, Any]:
    """What the parent says to its stack: its capabilities, its role and its tags, too."""
    parameters = work.properties.get("Parameters", {})
    return {
        "TemplateURL": kept_template(work, template),
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": _text(value)}
            for key, value in parameters.items()
        ],
        "Capabilities": work.stack.get("Capabilities", []),
        "Tags": work.own_tag_list(),
        "RoleARN": work.stack.get("RoleARN"),
    }


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_text(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _create(work: Work) -> str:
    template = fetch(work.context, work.properties["TemplateURL"])
    answer = work.call(
        _SERVICE,
        "CreateStack",
        StackName=work.name,
        **_request(work, template),
        **work.given("TimeoutInMinutes"),
    )
    stack_id = str(answer["StackId"])
    _adopt(work, stack_id)
    work.made(stack_id)
    stack = _settled(work, stack_id)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise ResourceFailed(
            f"Embedded stack {stack_id} was not successfully created: {_why(work, stack_id)}"
        )
    return stack_id


def _adopt(work: Work, stack_id: str) -> None:
    parent = work.stack["StackId"]

    def adopt(stack: Document) -> None:
        stack |= {"ParentId": parent, "RootId": work.stack.get("RootId", parent)}

    work.context.store.update(STACK, stack_id, adopt)


def _settled(work: Work, stack_id: str) -> Mapping[str, Any]:
    found: dict[str, Any] = {}

    def is_settled() -> bool:
        found.update(_described(work, stack_id))
        return not str(found["StackStatus"]).endswith("_IN_PROGRESS")

    work.wait(is_settled)
    return found


def _described(work: Work, stack_id: str) -> dict[str, Any]:
    answer = work.call(_SERVICE, "DescribeStacks", StackName=stack_id)
    found: dict[str, Any] = answer["Stacks"][0]
    return found


def _why(work: Work, stack_id: str) -> str:
    """Why the stack within failed: the reason with which its failure began."""
    events = work.call(_SERVICE, "DescribeStackEvents", StackName=stack_id)["StackEvents"]
    begun = ("ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "CREATE_FAILED")
    for event in events:
        is_of_stack = event["PhysicalResourceId"] == stack_id
        if is_of_stack and event["ResourceStatus"] in begun:
            return str(event.get("ResourceStatusReason", ""))
    return str(_described(work, stack_id).get("StackStatusReason", ""))


def _update(work: Work) -> None:
    """Update the stack within, or put it back to the template that it had."""
    stack_id = work.physical_id
    former = work.attributes.get(_TEMPLATE)
    template = former or fetch(work.context, work.properties["TemplateURL"])
    if _described(work, stack_id)["StackStatus"] == "UPDATE_IN_PROGRESS":
        work.call(_SERVICE, "CancelUpdateStack", StackName=stack_id)
    _settled(work, stack_id)
    try:
        work.call(_SERVICE, "UpdateStack", StackName=stack_id, **_request(work, template))
    except ClientError as error:
        if error.response["Error"]["Message"] != _UNCHANGED:
            raise
        return
    stack = _settled(work, stack_id)
    if stack["StackStatus"] != "UPDATE_COMPLETE":
        raise ResourceFailed(
            f"Embedded stack {stack_id} was not successfully updated. Currently in "
            f"{stack['StackStatus']} with reason: {_why(work, stack_id)}"
        )


def _delete(work: Work) -> None:
    stack: Mapping[str, Any] = _described(work, work.physical_id)
    if stack["StackStatus"] != "CREATE_IN_PROGRESS":  # only a creation can be cut off by it
        stack = _settled(work, work.physical_id)
    stack_id = stack["StackId"]
    work.call(_SERVICE, "DeleteStack", StackName=stack_id)
    if stack["StackStatus"] == "CREATE_IN_PROGRESS":
        work.wait(lambda: _described(work, stack_id)["StackStatus"] != "CREATE_IN_PROGRESS")
    stack = _settled(work, stack_id)
    if stack["StackStatus"] != "DELETE_COMPLETE":
        raise ResourceFailed(
            f"Embedded stack {stack_id} was not successfully deleted: "
            f"{stack.get('StackStatusReason', '')}"
        )


def _attributes(work: Work) -> Mapping[str, Any]:
    stack = _described(work, work.physical_id)
    outputs = {f"Outputs.{o['OutputKey']}": o["OutputValue"] for o in stack.get("Outputs", [])}
    kept = work.context.store.get(STACK, stack["StackId"]) or {}
    return {**outputs, _TEMPLATE: template_to_restore(from_document(kept["_Definition"]))}


def _fingerprint(context: Context, properties: Mapping[str, Any]) -> str:
    """The template may be another at the same address."""
    return hashlib.sha256(fetch(context, properties["TemplateURL"]).encode()).hexdigest()


def _create_handle(work: Work) -> str:
    return presigned_put(work, str(uuid.uuid4()), _HANDLE_VALID_SECONDS)


PROVIDERS: Mapping[str, Provider] = {
    "AWS::CloudFormation::Stack": Provider(
        properties=frozenset({"TemplateURL", "Parameters", "Tags", "TimeoutInMinutes"}),
        create=_create,
        update=_update,
        delete=_delete,
        attributes=_attributes,
        naming=Naming("", 128),
        identity=by_name,
        fingerprint=_fingerprint,
    ),
    "AWS::CloudFormation::WaitConditionHandle": Provider(
        properties=frozenset(),
        create=_create_handle,
        delete=lambda _: None,
    ),
}
