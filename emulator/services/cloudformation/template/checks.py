"""Whether a template holds together: every fault that needs neither parameters nor resources."""

from collections.abc import Iterator

from emulator.services.cloudformation.schemas import has_type
from emulator.services.cloudformation.template.condition_checks import condition_faults
from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.errors import TemplateError, raise_any
from emulator.services.cloudformation.template.function_checks import function_faults
from emulator.services.cloudformation.template.graph import creation_order, needed
from emulator.services.cloudformation.template.parameter_checks import parameter_faults
from emulator.services.cloudformation.template.reference_checks import reference_faults
from emulator.services.cloudformation.template.references import no_branch
from emulator.services.cloudformation.template.rules import rule_faults
from emulator.services.cloudformation.template.shapes import listed

# "Understand CloudFormation quotas" in the User Guide.
_LIMITS = {"parameters": 200, "resources": 500, "outputs": 200, "mappings": 200}


def check(template: Template) -> None:
    """Refuse a template that cannot become a stack whatever its parameters are.

    Raises:
        TemplateError: With every fault.
    """
    faults = [
        *_limit_faults(template),
        *parameter_faults(template),
        *_type_faults(template),
        *condition_faults(template),
        *function_faults(template),
        *reference_faults(template),
        *rule_faults(template),
    ]
    raise_any(faults)
    raise_any(_circle_faults(template))


def _limit_faults(template: Template) -> Iterator[str]:
    if not template.resources:
        yield "Template format error: At least one Resources member must be defined."
    for name, most in _LIMITS.items():
        count = len(getattr(template, name))
        if count > most:
            yield (
                f"Template format error: Number of {name}, {count}, is greater than maximum "
                f"allowed, {most}"
            )


def _type_faults(template: Template) -> Iterator[str]:
    for resource in template.resources.values():
        if not resource.type:
            yield (
                f"Template format error: [/Resources/{resource.logical_id}] Every Resources object "
                "must contain a Type member."
            )
    unknown = {
        resource.type
        for resource in template.resources.values()
        if resource.type and not has_type(resource.type)
    }
    if unknown:
        yield f"Template format error: Unrecognized resource types: {listed(sorted(unknown))}"


def _circle_faults(template: Template) -> tuple[str, ...]:
    """Circles that are there whatever the conditions are: what is in an Fn::If may be left out."""
    always = {
        logical_id: needed(resource, template, no_branch)
        for logical_id, resource in template.resources.items()
    }
    try:
        creation_order(always)
    except TemplateError as error:
        return error.faults
    return ()
