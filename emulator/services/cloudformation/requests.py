"""What CreateStack, UpdateStack and CreateChangeSet have in common: what a stack is to be."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from emulator import moto
from emulator.context import Context, Request
from emulator.errors import AwsError, unsupported
from emulator.services.clients import client
from emulator.services.cloudformation.account_resources import resources_of
from emulator.services.cloudformation.definitions import Definition
from emulator.services.cloudformation.records import stack_error
from emulator.services.cloudformation.scopes import scope_of
from emulator.services.cloudformation.support import (
    AUTO_EXPAND,
    check_support,
    missing_capabilities,
    property_value_faults,
)
from emulator.services.cloudformation.template.checks import check
from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.errors import TemplateError, raise_any
from emulator.services.cloudformation.template.graph import creation_order, dependencies
from emulator.services.cloudformation.template.parameter_checks import parameter_faults
from emulator.services.cloudformation.template.parameters import parameter_values
from emulator.services.cloudformation.template.reading import (
    document_of,
    outline_of,
    template_of,
)
from emulator.services.cloudformation.template.rules import check_rules
from emulator.services.cloudformation.template.scope import ParameterValue
from emulator.services.cloudformation.template_urls import fetch
from emulator.services.cloudformation.transforming import transformed
from emulator.services.cloudformation.transforms.declarations import declared

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


@dataclass(frozen=True)
class Submission:
    """What a request says, checked as far as it is known before transforms are carried out.

    Attributes:
        body: The template as a document, with its transforms unless it is one that is taken over.
        outline: Pending where there are transforms to carry out.
        values: Of the parameters that are given, and of those that are to stay.
    """

    body: Mapping[str, Any]
    outline: Definition
    values: tuple[Mapping[str, str], Mapping[str, str]]
    resource_types: Sequence[str] | None
    capabilities: Sequence[str]

    @property
    def is_pending(self) -> bool:
        """Whether there are transforms to carry out."""
        return self.outline.is_pending


def submitted(
    context: Context, request: Request, previous: Definition | None = None, *, is_reviewed: bool
) -> Submission:
    """What the request says; ``is_reviewed`` where what transforms make of it can be looked at.

    Raises:
        AwsError: ValidationError with all faults of the request, and of the template and the
            parameters as far as transforms have no say in them;
            InsufficientCapabilitiesException; UnsupportedByEmulator.
    """
    check_request(context, request)
    text = template_text(context, request, previous.text if previous else None)
    is_kept = bool(request.get("UsePreviousTemplate")) and previous is not None
    # "AWS::LanguageExtensions transform": a template that stays is used as it was processed.
    processed = previous.processed if is_kept and previous is not None else None
    original = document_of(text)
    body = original if processed is None else document_of(processed)
    transforms = declared(original)
    if transforms and processed is None and not is_reviewed:
        _check_expansion(request)
    template = replace(outline_of(body), transforms=transforms)
    raise_any(list(parameter_faults(template)))
    values = _parameters(request, template, previous)
    parameters = parameter_values(template, *values, ssm=lambda name: _ssm_value(context, name))
    tags = _tags(request) if "Tags" in request or previous is None else previous.tags
    return Submission(
        body,
        Definition(text, template, parameters, tags, processed),
        values,
        request.get("ResourceTypes"),
        request.get("Capabilities", []),
    )


def wanted(context: Context, stack: Mapping[str, Any], submission: Submission) -> Definition:
    """What the stack is to be, its transforms carried out and everything checked.

    ``stack`` has the StackName and the StackId that it has or is to get.

    Raises:
        AwsError: ValidationError with all faults of the template, a transform that failed;
            InsufficientCapabilitiesException; UnsupportedByEmulator.
    """
    definition = _processed(context, stack, submission)
    template = definition.template
    check(template)
    _check_types(template, submission.resource_types)
    check_support(template)
    _check_resolved(context, stack, definition)
    _check_capabilities(template, submission.capabilities)
    return definition


def _processed(context: Context, stack: Mapping[str, Any], submission: Submission) -> Definition:
    outline, body = submission.outline, submission.body
    processed = outline.processed
    if submission.is_pending:
        body = transformed(context, stack, outline, body)
        processed = json.dumps(body)
        # The limit is of what comes out as well.
        document_of(processed)
    template = replace(
        template_of(body, is_extended=outline.is_extended),
        transforms=outline.template.transforms,
    )
    parameters = _values_after(context, template, submission) if processed else outline.parameters
    return Definition(outline.text, template, parameters, outline.tags, processed)


def _values_after(
    context: Context, template: Template, submission: Submission
) -> Mapping[str, ParameterValue]:
    """The parameters' values once a macro may have changed which there are."""
    given, kept = (
        {name: text for name, text in texts.items() if name in template.parameters}
        for texts in submission.values
    )
    raise_any(list(parameter_faults(template)))
    return parameter_values(template, given, kept, ssm=lambda name: _ssm_value(context, name))


def _check_expansion(request: Request) -> None:
    if AUTO_EXPAND not in request.get("Capabilities", []):
        raise _insufficient([AUTO_EXPAND])


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
    check_rules(definition.template, scope, lambda type_name: resources_of(context, type_name))
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
        raise _insufficient(missing)


def _insufficient(missing: Sequence[str]) -> AwsError:
    return AwsError(
        "InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(missing)}]"
    )
