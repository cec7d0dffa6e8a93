"""What a stack's template is resolved against: its resources, other stacks' exports, secrets."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from emulator import moto
from emulator.context import Context
from emulator.services.clients import client
from emulator.services.cloudformation.definitions import Definition
from emulator.services.cloudformation.exports import exports
from emulator.services.cloudformation.records import find_stack, stack_error
from emulator.services.cloudformation.template.conditions import scope_with_conditions
from emulator.services.cloudformation.template.scope import (
    DynamicReference,
    PseudoParameters,
    Scope,
    Unknown,
)
from emulator.store import Document

# Marks a resource that is going to be changed: what it does not offer now, it may offer then.
MAY_CHANGE = "_MayChange"
Find = Callable[[str], Document | None]


def scope_of(
    context: Context,
    stack: Mapping[str, Any],
    definition: Definition,
    find: Find,
    imported: Callable[[str], None] = lambda _: None,
) -> Scope:
    """The scope of a stack; ``find`` gives a resource that is there, None for one that is not.

    ``imported`` is told the name of each export that is used.
    """

    def ref(logical_id: str) -> Any:
        resource = find(logical_id)
        return Unknown(logical_id) if resource is None else resource["PhysicalResourceId"]

    def get_att(logical_id: str, attribute: str) -> Any:
        resource = find(logical_id)
        if resource is None:
            return Unknown(f"{logical_id}.{attribute}")
        return _attribute(resource, attribute)

    def import_value(name: str) -> Any:
        imported(name)
        return _exported(context, name)

    scope = Scope(
        pseudo=pseudo_parameters(context, stack),
        parameters=definition.parameters,
        ref=ref,
        get_att=get_att,
        import_value=import_value,
        stack_output=lambda wanted: _stack_output(context, wanted),
        dynamic_reference=lambda reference: dynamic_value(context, reference),
    )
    return scope_with_conditions(definition.template, scope)


def pseudo_parameters(context: Context, stack: Mapping[str, Any]) -> PseudoParameters:
    """What every template of the stack can refer to."""
    return PseudoParameters(
        account_id=context.settings.account_id,
        region=context.settings.region,
        stack_name=stack["StackName"],
        stack_id=stack["StackId"],
        notification_arns=tuple(stack.get("NotificationARNs") or ()),
    )


def _attribute(resource: Document, attribute: str) -> Any:
    found: Any = resource.get("_Attributes", {})
    if attribute in found:
        return found[attribute]
    properties = resource.get("_Properties", {})
    if attribute in properties:
        return properties[attribute]
    for part in attribute.split("."):
        if not isinstance(found, Mapping) or part not in found:
            if resource.get(MAY_CHANGE):
                return Unknown(f"{resource['LogicalResourceId']}.{attribute}")
            offered = ", ".join(sorted(resource.get("_Attributes", {}))) or "none"
            raise stack_error(
                f"Attribute {attribute} of resource {resource['LogicalResourceId']} "
                f"({resource['ResourceType']}) is not there; it has: {offered}"
            )
        found = found[part]
    return found


def _exported(context: Context, name: str) -> str:
    export = exports(context).get(name)
    if export is None:
        raise stack_error(f"No export named {name} found.")
    return str(export["Value"])


def _stack_output(context: Context, wanted: Mapping[str, str]) -> str:
    """The output of a stack of this account and region, as there are no others."""
    name, region = wanted["StackName"], wanted.get("Region", context.settings.region)
    role = wanted.get("RoleArn")
    if role is not None and not moto.role_exists(context, role):
        raise stack_error(f"Role {role} is invalid or cannot be assumed.")
    stack = find_stack(context, name) if region == context.settings.region else None
    if stack is None:
        raise stack_error(f"Fn::GetStackOutput: stack {name} does not exist in region {region}.")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    if wanted["OutputName"] not in outputs:
        offered = ", ".join(outputs) or "none"
        raise stack_error(
            f"Fn::GetStackOutput: stack {name} has no output {wanted['OutputName']}; it has: "
            f"{offered}."
        )
    return str(outputs[wanted["OutputName"]])


def dynamic_value(context: Context, reference: DynamicReference) -> Any:
    """What a ``{{resolve:...}}`` stands for, read as any client would.

    Raises:
        ClientError: The parameter or the secret is not there.
        AwsError: ValidationError: the secret has no such key.
    """
    if reference.service == "ssm":
        version = f":{reference.version}" if reference.version else ""
        answer = client(context, "ssm").get_parameter(Name=f"{reference.name}{version}")
        return answer["Parameter"]["Value"]
    chosen = {"VersionStage": reference.version_stage, "VersionId": reference.version_id}
    given = {key: value for key, value in chosen.items() if value is not None}
    answer = client(context, "secretsmanager").get_secret_value(SecretId=reference.name, **given)
    text: str = answer["SecretString"]
    return text if reference.json_key is None else _json_member(reference, text)


def _json_member(reference: DynamicReference, text: str) -> Any:
    try:
        return json.loads(text)[reference.json_key]
    except (ValueError, KeyError, TypeError) as error:
        raise stack_error(
            f"Could not find a value associated with JSONKey {reference.json_key} in the"
            f" SecretString of {reference.name}"
        ) from error
