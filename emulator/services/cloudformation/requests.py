"""What CreateStack, UpdateStack and CreateChangeSet have in common: what a stack is to be."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from emulator import moto
from emulator.context import Context, Request
from emulator.errors import AwsError, unsupported
from emulator.services.clients import client
from emulator.services.cloudformation.definitions import Definition
from emulator.services.cloudformation.records import stack_error
from emulator.services.cloudformation.scopes import scope_of
from emulator.services.cloudformation.support import (
    check_support,
    missing_capabilities,
    property_value_faults,
)
from emulator.services.cloudformation.template.checks import check
from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.graph import creation_order, dependencies
from emulator.services.cloudformation.template.parameters import parameter_values
from emulator.services.cloudformation.template.reading import read
from emulator.services.cloudformation.template.rules import check_rules
from emulator.services.cloudformation.template_urls import fetch

_BODY_BYTES = 51_200
_UNSUPPORTED = (
    "DeploymentConfig",
    "DisableValidation",
    "ImportExistingResources",
    "NotificationARNs",
    "ResourcesToImport",
    "StackPolicyBody",
    "StackPolicyDuringUpdateBody",
    "StackPolicyDuringUpdateURL",
    "StackPolicyURL",
)


def template_text(context: Context, request: Request, previous: str | None = None) -> str:
    """The template that the request gives, names, or takes over.

    Raises:
        AwsError: ValidationError: none or more than one of them, or nothing is there.
    """
    if request.get("UsePreviousTemplate"):
        if previous is None or "TemplateBody" in request or "TemplateURL" in request:
            raise stack_error(
                "UsePreviousTemplate needs a stack that has a template, and no other template."
            )
        return previous
    if ("TemplateBody" in request) == ("TemplateURL" in request):
        raise stack_error("Either Template URL or Template Body must be specified.")
    if "TemplateURL" in request:
        return fetch(context, request["TemplateURL"])
    _check_size(request["TemplateBody"])
    return str(request["TemplateBody"])


def _check_size(body: str) -> None:
    """Source: TemplateBody of CreateStack; a template in S3 may be larger."""
    size = len(body.encode())
    if size > _BODY_BYTES:
        raise stack_error(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_BODY_BYTES}; this one has {size}. "
            "Put the template into S3 and give its TemplateURL."
        )


def wanted(
    context: Context,
    request: Request,
    stack: Mapping[str, Any],
    previous: Definition | None = None,
) -> Definition:
    """What the stack is to be, once everything of the request has been checked.

    ``stack`` has the StackName and the StackId that it has or is to get.

    Raises:
        AwsError: ValidationError with all faults of the template, of the parameters, of the
            request; InsufficientCapabilitiesException; UnsupportedByEmulator.
    """
    check_request(context, request)
    text = template_text(context, request, previous.text if previous else None)
    template = read(text)
    check(template)
    _check_types(template, request.get("ResourceTypes"))
    check_support(template)
    parameters = parameter_values(
        template,
        *_parameters(request, template, previous),
        ssm=lambda name: _ssm_value(context, name),
    )
    tags = _tags(request) if "Tags" in request or previous is None else previous.tags
    definition = Definition(text, template, parameters, tags)
    _check_resolved(context, stack, definition)
    _check_capabilities(template, request.get("Capabilities", []))
    return definition


def check_request(context: Context, request: Request) -> None:
    """Refuse what the emulator cannot do, and roles that do not exist.

    Raises:
        AwsError: ValidationError; UnsupportedByEmulator.
    """
    found = [name for name in _UNSUPPORTED if request.get(name)]
    monitored = request.get("RollbackConfiguration", {})
    found += [f"RollbackConfiguration.{name}" for name, value in monitored.items() if value]
    if found:
        raise unsupported(f"CloudFormation with {', '.join(found)} is not emulated.")
    role = request.get("RoleARN")
    if role is not None and not moto.role_exists(context, role):
        raise stack_error(
            f"Role {role} is invalid or cannot be assumed. {moto.which_roles(context)}"
        )


def _parameters(
    request: Request, template: Template, previous: Definition | None
) -> tuple[dict[str, str], dict[str, str]]:
    """The values that are given, and those that are to stay."""
    given: dict[str, str] = {}
    kept: dict[str, str] = {}
    faults = []
    for each in request.get("Parameters", []):
        key = each.get("ParameterKey", "")
        if not each.get("UsePreviousValue"):
            given[key] = each.get("ParameterValue", "")
        elif previous is not None and key in previous.parameters:
            kept[key] = previous.parameters[key].text
        else:
            faults.append(
                f"Invalid input for parameter key {key}. Cannot specify usePreviousValue"
                " as true for a parameter key not in the previous template"
            )
    if faults:
        raise TemplateError(faults)
    return given, kept


def _ssm_value(context: Context, name: str) -> str:
    ssm = client(context, "ssm")
    try:
        return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound as error:
        raise KeyError(name) from error


def _tags(request: Request) -> dict[str, str]:
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
    faults = [key for key in tags if key.startswith("aws:")]
    if faults:
        raise stack_error(f"Tag keys cannot start with 'aws:': {', '.join(faults)}")
    if len(tags) != len(request.get("Tags", [])):
        raise stack_error("Duplicate tag keys found. Please note that tag keys are case sensitive.")
    return tags


def _check_resolved(context: Context, stack: Mapping[str, Any], definition: Definition) -> None:
    """Refuse now what could only fail later: rules, conditions, circles, bad values."""
    scope = scope_of(context, stack, definition, lambda _: None)
    check_rules(definition.template, scope)
    graph = dependencies(definition.template, scope.conditions)
    creation_order(graph)
    faults = property_value_faults(definition.template, graph, scope)
    if faults:
        raise TemplateError(faults)


def _check_types(template: Template, allowed: Sequence[str] | None) -> None:
    """Source: ResourceTypes of CreateStack: types, or ``AWS::*``, ``AWS::S3::*``, ``Custom::*``."""
    types = {each.type for each in template.resources.values()}
    others = sorted(
        name for name in types if not any(fnmatchcase(name, each) for each in allowed or ["*"])
    )
    if others:
        raise stack_error(
            f"Resource types [{', '.join(others)}] are not allowed by parameter ResourceTypes"
            f" [{', '.join(allowed or [])}]"
        )


def _check_capabilities(template: Template, given: Sequence[str]) -> None:
    missing = missing_capabilities(template, given)
    if missing:
        raise AwsError(
            "InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(missing)}]"
        )
