"""Templates: checked, summed up, given back."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.services.cloudformation.change_set_records import existing_change_set
from emulator.services.cloudformation.records import existing_stack, stack_error
from emulator.services.cloudformation.requests import template_text
from emulator.services.cloudformation.support import needed_capabilities
from emulator.services.cloudformation.template.checks import check
from emulator.services.cloudformation.template.document import Parameter, Template
from emulator.services.cloudformation.template.reading import read


@blocking
def validate_template(context: Context, request: Request) -> Answer:
    """What the template asks for, once it has been found to hold together.

    Raises:
        AwsError: ValidationError: with every fault.
    """
    template = read(template_text(context, request))
    check(template)
    return {
        "Description": template.description,
        "Parameters": [_shown_parameter(each) for each in template.parameters.values()],
        **_capabilities(template),
        "DeclaredTransforms": list(template.transforms),
    }


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
        text = existing_stack(context, request["StackName"])["_Definition"]["Template"]
    else:
        text = template_text(context, request)
    template = read(text)
    check(template)
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
        "ResourceTypes": [each.type for each in template.resources.values()],
        "Version": template.format_version,
        "DeclaredTransforms": list(template.transforms),
    }


def _constraints(parameter: Parameter) -> dict[str, Any]:
    allowed = parameter.allowed_values
    return {} if allowed is None else {"AllowedValues": list(allowed)}


def get_template(context: Context, request: Request) -> Answer:
    """The template of a stack or a change set, as it was given.

    Raises:
        AwsError: ValidationError; ChangeSetNotFound.
    """
    if "ChangeSetName" in request:
        text = existing_change_set(context, request)["_Definition"]["Template"]
    elif "StackName" in request:
        stack = existing_stack(context, request["StackName"])
        if "_Definition" not in stack:
            raise stack_error(f"Stack {stack['StackName']} has no template yet.")
        text = stack["_Definition"]["Template"]
    else:
        raise stack_error("StackName or ChangeSetName must be specified.")
    return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}


OPERATIONS: Mapping[str, Handler] = {
    "ValidateTemplate": validate_template,
    "GetTemplateSummary": get_template_summary,
    "GetTemplate": get_template,
}
