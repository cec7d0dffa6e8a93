"""What a template comes to with given parameters: its conditions, and its resources rendered."""

from collections.abc import Mapping
from typing import Any

_GONE = object()


def parameters_of(template: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given parameters and the defaults of the others."""
    unknown = set(given) - set(template["Parameters"])
    assert not unknown
    defaults = {
        name: parameter["Default"]
        for name, parameter in template["Parameters"].items()
        if "Default" in parameter
    }
    return defaults | dict(given)


def resources(template: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of each resource that is made; Ref and GetAtt of resources are their names."""
    parameters = parameters_of(template, given)
    return {
        name: render(resource["Properties"], template, parameters)
        for name, resource in template["Resources"].items()
        if "Condition" not in resource or holds(resource["Condition"], template, parameters)
    }


def refusals(template: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """What the template's rules say of the parameters; nothing if it takes them."""
    parameters = parameters_of(template, given)
    return [
        assertion["AssertDescription"]
        for rule in template["Rules"].values()
        if render(rule["RuleCondition"], template, parameters)
        for assertion in rule["Assertions"]
        if not render(assertion["Assert"], template, parameters)
    ]


def holds(name: str, template: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    """Whether a condition is met."""
    found = render(template["Conditions"][name], template, parameters)
    assert isinstance(found, bool)
    return found


def render(value: Any, template: Mapping[str, Any], parameters: Mapping[str, Any]) -> Any:
    """The value with its functions applied, those that the templates' conditions use."""

    def apply(member: Any) -> Any:
        return render(member, template, parameters)

    if isinstance(value, list):
        return [item for item in map(apply, value) if item is not _GONE]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (name, argument), *_ = value.items()
        if name == "Ref":
            return _GONE if argument == "AWS::NoValue" else parameters.get(argument, argument)
        if name == "Condition" and isinstance(argument, str):
            return holds(argument, template, parameters)
        if name == "Fn::If":
            condition, first, second = argument
            return apply(first if holds(condition, template, parameters) else second)
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](apply(argument))
        if name == "Fn::FindInMap":
            table, first, second = apply(argument)
            return template["Mappings"][table][first][second]
        if name == "Fn::Sub" and isinstance(argument, str):
            for known, text in parameters.items():
                argument = argument.replace(f"${{{known}}}", str(text))
            return argument
    rendered = {key: apply(member) for key, member in value.items()}
    return {key: member for key, member in rendered.items() if member is not _GONE}


def _equals(pair: list[Any]) -> bool:
    return str(pair[0]) == str(pair[1])


_FUNCTIONS = {
    "Fn::Equals": _equals,
    "Fn::Not": lambda found: not found[0],
    "Fn::And": all,
    "Fn::Or": any,
    "Fn::Contains": lambda found: found[1] in found[0],
    "Fn::Join": lambda found: found[0].join(found[1] or []),
    "Fn::GetAtt": lambda found: found[0],
}
