"""Whether all that a template refers to is there, and has the attributes that are asked of it."""

from collections.abc import Iterable, Iterator
from typing import Any

from emulator.services.cloudformation.schemas import attributes, has_type, offers
from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.references import (
    Reference,
    references,
    resource_values,
)
from emulator.services.cloudformation.template.scope import PSEUDO_PARAMETERS
from emulator.services.cloudformation.template.shapes import listed


def reference_faults(template: Template) -> Iterator[str]:
    """What the resources and outputs refer to that is not there."""
    depends_on = [
        Reference("DependsOn", other)
        for resource in template.resources.values()
        for other in resource.depends_on
    ]
    of_resources = [
        reference
        for resource in template.resources.values()
        for reference in references(resource_values(resource))
    ]
    of_outputs = [
        reference
        for output in template.outputs.values()
        for reference in references([output.value, output.export_name])
    ]
    yield from _unresolved([*depends_on, *of_resources], "Resources", template)
    yield from _unresolved(of_outputs, "Outputs", template)
    for reference in dict.fromkeys(map(_hashable, [*of_resources, *of_outputs])):
        if reference.attribute is not None:
            yield from _attribute_faults(reference, template)


def _hashable(reference: Reference) -> Reference:
    """The reference; an attribute that is a Ref, known only later, is told by its name."""
    if isinstance(reference.attribute, dict):
        return Reference(reference.function, reference.name, "")
    return reference


def _unresolved(found: Iterable[Reference], block: str, template: Template) -> Iterator[str]:
    known = PSEUDO_PARAMETERS | set(template.parameters) | set(template.resources)
    missing = {
        reference.name
        for reference in found
        if reference.attribute is None and not _is_known(reference, known, template)
    }
    if missing:
        yield (
            f"Template format error: Unresolved resource dependencies {listed(sorted(missing))} in "
            f"the {block} block of the template"
        )


def _is_known(reference: Reference, known: Iterable[Any], template: Template) -> bool:
    if reference.function == "DependsOn":
        return reference.name in template.resources
    return reference.name in known


def _attribute_faults(reference: Reference, template: Template) -> Iterator[str]:
    function, name, attribute = reference.function, reference.name, reference.attribute
    if name not in template.resources:
        if function == "Fn::Sub":
            yield (
                "Template error: instance of Fn::Sub references invalid resource attribute "
                f"{name}.{attribute}"
            )
        else:
            yield f"Template error: instance of Fn::GetAtt references undefined resource {name}"
        return
    type_name = template.resources[name].type
    if attribute and has_type(type_name) and not offers(type_name, attribute):
        offered = ", ".join(attributes(type_name)) or "none"
        yield (
            f"Template error: resource {name} does not support attribute type {attribute} in "
            f"{function}; {type_name} offers: {offered}"
        )
