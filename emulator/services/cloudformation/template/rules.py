"""Rules: what the parameters have to satisfy together, before anything is made.

Source: "Rules" and "Rule-specific intrinsic functions" in the CloudFormation documentation.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.errors import TemplateError, raise_any
from emulator.services.cloudformation.template.references import references
from emulator.services.cloudformation.template.rule_lookups import (
    Resources,
    Sources,
    operand,
    operand_faults,
)
from emulator.services.cloudformation.template.scope import Scope
from emulator.services.cloudformation.template.shapes import listed, text_of

_MOST_OPERANDS = 10


def check_rules(template: Template, scope: Scope, resources: Resources) -> None:
    """Refuse parameters that do not satisfy a rule whose condition is met.

    ``resources`` gives the account's of a type, and is asked once for each that a rule looks up.

    Raises:
        TemplateError: With every assertion that does not hold, and every value that names no
            resource where a rule asks for an attribute of it.
    """
    sources = Sources(template.parameters, scope, cache(resources))
    faults: list[str] = []
    for name, rule in template.rules.items():
        if "RuleCondition" in rule and not _verdict(rule["RuleCondition"], sources, faults):
            continue
        for assertion in rule["Assertions"]:
            if _verdict(assertion["Assert"], sources, faults) is False:
                told = assertion.get("AssertDescription", "an assertion of it does not hold")
                faults.append(f"Rule {name} is not satisfied: {told}")
    raise_any(faults)


def rule_faults(template: Template) -> Iterator[str]:
    """What is wrong with the rules themselves."""
    for name, rule in template.rules.items():
        if "RuleCondition" in rule:
            yield from _boolean_faults(rule["RuleCondition"], name, template)
        for assertion in rule["Assertions"]:
            if not isinstance(assertion, dict) or "Assert" not in assertion:
                yield f"Template format error: every assertion of rule {name} must have an Assert"
            else:
                yield from _boolean_faults(assertion["Assert"], name, template)
    others = {
        reference.name
        for reference in references(template.rules)
        if reference.name not in template.parameters
    }
    if others:
        yield (
            f"Template format error: Unresolved dependencies {listed(sorted(others))}. Rules can "
            "reference parameters alone"
        )


def _boolean_faults(value: Any, rule: str, template: Template) -> Iterator[str]:
    function = _function_of(value)
    if function is None:
        yield f"Template format error: rule {rule} can be made of {listed(_FUNCTIONS)} alone"
        return
    name, arguments = function
    least, most = _COUNTS[name]
    if not isinstance(arguments, list) or not least <= len(arguments) <= most:
        count = least if least == most else f"{least} to {most}"
        yield f"Template format error: {name} in rule {rule} requires a list of {count} elements"
        return
    faults_of = _boolean_faults if name in _LOGICAL else operand_faults
    for argument in arguments:
        yield from faults_of(argument, rule, template)


def _function_of(value: Any) -> tuple[str, Any] | None:
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((name, arguments),) = value.items()
    return (name, arguments) if name in _FUNCTIONS else None


def _verdict(value: Any, sources: Sources, faults: list[str]) -> bool | None:
    """Whether it holds; None where that cannot be told, and ``faults`` is told why."""
    try:
        return _holds(value, sources)
    except TemplateError as error:
        faults += error.faults
        return None


def _holds(value: Any, sources: Sources) -> bool:
    ((name, arguments),) = value.items()
    if name in _LOGICAL:
        return _FUNCTIONS[name]([_holds(argument, sources) for argument in arguments])
    return _FUNCTIONS[name]([operand(argument, sources) for argument in arguments])


def _texts(value: Any) -> set[str]:
    return {text_of(item) for item in (value if isinstance(value, list) else [value])}


def _equals(sides: list[Any]) -> bool:
    left, right = (side if isinstance(side, list) else text_of(side) for side in sides)
    return bool(left == right)


_LOGICAL = frozenset({"Fn::And", "Fn::Not", "Fn::Or"})
_FUNCTIONS: Mapping[str, Callable[[list[Any]], bool]] = {
    "Fn::And": all,
    "Fn::Contains": lambda sides: _texts(sides[1]) <= _texts(sides[0]),
    "Fn::EachMemberEquals": lambda sides: _texts(sides[0]) <= _texts(sides[1]),
    "Fn::EachMemberIn": lambda sides: _texts(sides[0]) <= _texts(sides[1]),
    "Fn::Equals": _equals,
    "Fn::Not": lambda operands: not operands[0],
    "Fn::Or": any,
}
_COUNTS = {
    "Fn::And": (2, _MOST_OPERANDS),
    "Fn::Contains": (2, 2),
    "Fn::EachMemberEquals": (2, 2),
    "Fn::EachMemberIn": (2, 2),
    "Fn::Equals": (2, 2),
    "Fn::Not": (1, 1),
    "Fn::Or": (2, _MOST_OPERANDS),
}
