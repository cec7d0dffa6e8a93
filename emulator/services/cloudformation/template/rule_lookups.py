"""What rules look up: what there is of a parameter type, and attributes of what parameters name.

The account's resources are an argument, a function from a type such as ``AWS::EC2::Subnet::Id`` to
the resources of the region by id, each with its attributes as rules call them: ``VpcId``,
``Tags.Department``. A type is asked for only when a rule that counts needs it.

Source: Fn::RefAll, Fn::ValueOf, Fn::ValueOfAll, "Supported functions" and "Supported attributes" in
"Rule functions" of the CloudFormation template reference.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.services.cloudformation.template.document import Parameter, Template
from emulator.services.cloudformation.template.errors import raise_any
from emulator.services.cloudformation.template.functions import (
    REF_ALL,
    RULE_LOOKUPS,
    VALUE_OF,
    VALUE_OF_ALL,
    function_of,
)
from emulator.services.cloudformation.template.parameter_types import AWS_SPECIFIC, resource_type
from emulator.services.cloudformation.template.parameters import missing_resource
from emulator.services.cloudformation.template.references import members
from emulator.services.cloudformation.template.resolving import resolve
from emulator.services.cloudformation.template.scope import Scope
from emulator.services.cloudformation.template.shapes import kind, listed

Resources = Callable[[str], Mapping[str, Mapping[str, str]]]

_TAG = "Tags."
# By the types whose resources have attributes, those beside the tags.
_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "AWS::EC2::SecurityGroup::Id": (),
    "AWS::EC2::Subnet::Id": ("AvailabilityZone", "VpcId"),
    "AWS::EC2::VPC::Id": ("DefaultNetworkAcl", "DefaultSecurityGroup"),
}


@dataclass(frozen=True)
class Sources:
    """What the operands of rules are made of.

    Attributes:
        declared: The template's parameters.
        scope: Has their values.
        resources: Those of the account.
    """

    declared: Mapping[str, Parameter]
    scope: Scope
    resources: Resources


def operand(value: Any, sources: Sources) -> Any:
    """What a function of rules compares: a text or a list of texts.

    Raises:
        TemplateError: A parameter names a resource that does not exist.
    """
    lookup = _lookup_of(value)
    if lookup is not None:
        name, argument = lookup
        return _LOOKUPS[name](argument, sources)
    if isinstance(value, list):
        return [operand(item, sources) for item in value]
    return resolve(value, sources.scope)


def operand_faults(value: Any, rule: str, template: Template) -> Iterator[str]:
    """What is wrong with the lookups in an operand of a rule."""
    lookup = _lookup_of(value)
    if lookup is not None:
        name, argument = lookup
        for fault in _FAULTS[name](argument, template):
            yield f"Template format error: {name} in rule {rule} {fault}"
    elif isinstance(value, list):
        for item in value:
            yield from operand_faults(item, rule, template)
    else:
        for name, _ in _lookups(value):
            yield (
                f"Template format error: {name} in rule {rule} can be an operand of a function of "
                "rules alone, not of another function"
            )


def types_of_all(template: Template) -> set[str]:
    """The types of which rules look up all that there is."""
    return {argument for name, argument in _lookups(dict(template.rules)) if name == REF_ALL}


def _lookup_of(value: Any) -> tuple[str, Any] | None:
    function = function_of(value)
    return function if function is not None and function[0] in RULE_LOOKUPS else None


def _lookups(value: Any) -> Iterator[tuple[str, Any]]:
    """Every lookup within a value."""
    lookup = _lookup_of(value)
    if lookup is not None:
        yield lookup
    for member in members(value):
        yield from _lookups(member)


def _ref_all(argument: Any, sources: Sources) -> list[str]:
    """All of the account and the region, whatever the parameters are."""
    return list(sources.resources(argument))


def _value_of(argument: Any, sources: Sources) -> str | list[str]:
    """A text for each value of the parameter: an empty one where a resource has no such tag."""
    name, attribute = argument
    found = [each.get(attribute, "") for each in _named_by([name], sources)]
    is_list = isinstance(sources.scope.parameters[name].resolved, tuple)
    return found if is_list else found[0]


def _value_of_all(argument: Any, sources: Sources) -> list[str]:
    """Of all parameters of the type, lists among them; resources without the tag are left out.

    Source: the examples of Fn::EachMemberEquals, "all parameters of type AWS::EC2::VPC::Id", and
    of Fn::ValueOfAll, "VPCs with that tag".
    """
    wanted, attribute = argument
    names = [each.name for each in sources.declared.values() if resource_type(each.type) == wanted]
    return [each[attribute] for each in _named_by(names, sources) if attribute in each]


def _named_by(names: list[str], sources: Sources) -> list[Mapping[str, str]]:
    """The attributes of the resources that parameters name."""
    found, faults = [], []
    for name in names:
        resources = sources.resources(resource_type(sources.declared[name].type))
        value = sources.scope.parameters[name].resolved
        for each in (value,) if isinstance(value, str) else value:
            if each in resources:
                found.append(resources[each])
            else:
                faults.append(f"Parameter validation failed: {missing_resource(name, each)}")
    raise_any(faults)
    return found


def _ref_all_faults(argument: Any, _: Template) -> Iterator[str]:
    if not isinstance(argument, str):
        yield f"requires a parameter type, not {kind(argument)}"
    elif argument not in AWS_SPECIFIC:
        yield f"requires one of the parameter types {listed(sorted(AWS_SPECIFIC))}, not {argument}"


def _value_of_faults(argument: Any, template: Template) -> Iterator[str]:
    if not _is_pair(argument):
        yield "requires a list of two strings, a parameter's name and an attribute"
        return
    name, attribute = argument
    if name not in template.parameters:
        yield f"requires a parameter of the template, and there is no {name}"
        return
    yield from _attribute_faults(resource_type(template.parameters[name].type), attribute)


def _value_of_all_faults(argument: Any, _: Template) -> Iterator[str]:
    if not _is_pair(argument):
        yield "requires a list of two strings, a parameter type and an attribute"
        return
    yield from _attribute_faults(*argument)


def _is_pair(argument: Any) -> bool:
    """No function is allowed within. Source: "Supported functions"."""
    return (
        isinstance(argument, list)
        and len(argument) == 2
        and all(isinstance(part, str) for part in argument)
    )


def _attribute_faults(type_name: str, attribute: str) -> Iterator[str]:
    if type_name not in _ATTRIBUTES:
        yield f"looks up attributes of {listed(sorted(_ATTRIBUTES))} alone, not of {type_name}"
        return
    is_tag = attribute.startswith(_TAG) and attribute != _TAG
    if not is_tag and attribute not in _ATTRIBUTES[type_name]:
        offered = listed([*_ATTRIBUTES[type_name], f"{_TAG}<key>"])
        yield f"cannot look up {attribute} of {type_name}, which offers {offered}"


_LOOKUPS: Mapping[str, Callable[[Any, Sources], str | list[str]]] = {
    REF_ALL: _ref_all,
    VALUE_OF: _value_of,
    VALUE_OF_ALL: _value_of_all,
}
_FAULTS: Mapping[str, Callable[[Any, Template], Iterator[str]]] = {
    REF_ALL: _ref_all_faults,
    VALUE_OF: _value_of_faults,
    VALUE_OF_ALL: _value_of_all_faults,
}
