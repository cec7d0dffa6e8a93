"""Templates: checked, summed up, given back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.services.cloudformation.change_set_records import existing_change_set
from emulator.services.cloudformation.records import existing_stack, stack_error
from emulator.services.cloudformation.requests import template_text
from emulator.services.cloudformation.support import needed_capabilities
from emulator.services.cloudformation.template.checks import check
from emulator.services.cloudformation.template.document import Parameter, Template
from emulator.services.cloudformation.template.errors import raise_any
from emulator.services.cloudformation.template.parameter_checks import parameter_faults
from emulator.services.cloudformation.template.reading import (
    document_of,
    outline_of,
    template_of,
)
from emulator.services.cloudformation.transforms.declarations import declared


@blocking
def validate_template(context: Context, request: Request) -> Answer:
    """What the template asks for, once it has been found to hold together.

    Of one with transforms only what does not depend on them.

    Raises:
        AwsError: ValidationError: with every fault.
    """
    template, _ = _summed_up(template_text(context, request))
    return {
        "Description": template.description,
        "Parameters": [_shown_parameter(each) for each in template.parameters.values()],
        **_capabilities(template),
        "DeclaredTransforms": list(template.transforms),
    }


def _summed_up(text: str) -> tuple[Template, list[str]]:
    """The template, or what there is of it before its transforms; and its resources' types."""
    body = document_of(text)
    transforms = declared(body)
    if transforms:
        outline = replace(outline_of(body), transforms=transforms)
        raise_any(list(parameter_faults(outline)))
        return outline, _written_types(body)
    template = template_of(body)
    check(template)
    return template, [each.type for each in template.resources.values()]


def _written_types(body: Mapping[str, Any]) -> list[str]:
    resources = body.get("Resources")
    found = resources.values() if isinstance(resources, dict) else ()
    types = (each.get("Type") for each in found if isinstance(each, dict))
    return [each for each in types if isinstance(each, str)]


def _shown_parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "ParameterKey": parameter.name,
        "DefaultValue": parameter.default,
        "NoEcho": parameter.no_echo,
        "Description": parameter.description,
    }


def _capabilities(template: Template) -> dict[str, Any]:
    needed, types = needed_capabilities(template)
    if not needed:
        return {"Capabilities": []}
    reason = f"The following resource(s) require capabilities: [{', '.join(types)}]"
    return {"Capabilities": needed, "CapabilitiesReason": reason}


@blocking
def get_template_summary(context: Context, request: Request) -> Answer:
    """What a template, given or a stack's, has in it.

    Raises:
        AwsError: ValidationError.
    """
    if "StackName" in request:
        text = _of_stack(context, request["StackName"])["Template"]
    else:
        text = template_text(context, request)
    template, types = _summed_up(text)
    parameters = [
        {
            **_shown_parameter(each),
            "ParameterType": each.type,
            "ParameterConstraints": _constraints(each),
        }
        for each in template.parameters.values()
    ]
    return {
        "Description": template.description,
        "Parameters": parameters,
        **_capabilities(template),
        "ResourceTypes": types,
        "Version": template.format_version,
        "DeclaredTransforms": list(template.transforms),
    }


def _constraints(parameter: Parameter) -> dict[str, Any]:
    allowed = parameter.allowed_values
    return {} if allowed is None else {"AllowedValues": list(allowed)}


def get_template(context: Context, request: Request) -> Answer:
    """The template of a stack or a change set, as its transforms made it or as it was given.

    Raises:
        AwsError: ValidationError; ChangeSetNotFound.
    """
    if "ChangeSetName" in request:
        kept = existing_change_set(context, request)["_Definition"]
    elif "StackName" in request:
        kept = _of_stack(context, request["StackName"])
    else:
        raise stack_error("StackName or ChangeSetName must be specified.")
    is_processed = not kept.get("Transforms") or kept["Processed"] is not None
    stages = ["Original", "Processed"] if is_processed else ["Original"]
    stage = request.get("TemplateStage", stages[-1])
    if stage not in stages:
        raise stack_error(
            f"The template has no stage {stage}: its transforms have not been carried out; it has "
            "Original"
        )
    original, processed = kept["Template"], kept.get("Processed")
    body = processed if stage == "Processed" and processed is not None else original
    return {"TemplateBody": body, "StagesAvailable": stages}


def _of_stack(context: Context, name: str) -> Mapping[str, Any]:
    """What the store keeps of the definition of a stack."""
    stack = existing_stack(context, name)
    if "_Definition" not in stack:
        raise stack_error(f"Stack {stack['StackName']} has no template yet.")
    found: Mapping[str, Any] = stack["_Definition"]
    return found


OPERATIONS: Mapping[str, Handler] = {
    "ValidateTemplate": validate_template,
    "GetTemplateSummary": get_template_summary,
    "GetTemplate": get_template,
}
