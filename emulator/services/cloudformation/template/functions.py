"""What is a function in a template, and the shape that each one's argument has to have."""

import re
from collections.abc import Callable, Mapping
from typing import Any

CONDITION_FUNCTIONS = frozenset({"Condition", "Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"})
# What rules alone have: they look up what AWS knows of a parameter's value, as a subnet's zone.
REF_ALL, VALUE_OF, VALUE_OF_ALL = "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"
RULE_LOOKUPS = frozenset({REF_ALL, VALUE_OF, VALUE_OF_ALL})
GET_STACK_OUTPUT = "Fn::GetStackOutput"
LENGTH, TO_JSON_STRING, TRANSFORM = "Fn::Length", "Fn::ToJsonString", "Fn::Transform"
FOR_EACH = "Fn::ForEach"
# What Fn::Equals may compare. Source: "Condition functions" in the template reference, and the
# schema of Fn::Equals in cfn-lint.
COMPARED_FUNCTIONS = frozenset(
    {"Fn::FindInMap", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::Sub", "Fn::ToJsonString", "Ref"}
)
NO_VALUE = "AWS::NoValue"
# The member of Fn::FindInMap's fourth element.
DEFAULT_VALUE = "DefaultValue"

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_.:]+")
_MOST_OPERANDS = 10


def function_of(value: Any) -> tuple[str, Any] | None:
    """Name and argument if the value is a function, conditions' ``Condition`` aside."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((name, argument),) = value.items()
    return (name, argument) if name == "Ref" or name.startswith("Fn::") else None


def condition_of(value: Any) -> tuple[str, Any] | None:
    """Name and argument if the value is one of the functions that conditions are made of."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((name, argument),) = value.items()
    return (name, argument) if name in CONDITION_FUNCTIONS else None


def variables(text: str) -> list[str]:
    """The names in the ``${}`` of Fn::Sub's text; what is escaped as ``${!x}`` is none."""
    names = [name.strip() for name in _VARIABLE.findall(text)]
    return [name for name in names if not name.startswith("!")]


def substituted(text: str, value_of: Callable[[str], str]) -> str:
    """Fn::Sub's text with its variables replaced and its escapes resolved."""

    def replace(match: re.Match[str]) -> str:
        name = match[1].strip()
        return f"${{{name[1:]}}}" if name.startswith("!") else value_of(name)

    return _VARIABLE.sub(replace, text)


def sub_parts(argument: Any) -> tuple[str, Mapping[str, Any]]:
    """Text and own variables of Fn::Sub; its shape has to be right."""
    if isinstance(argument, str):
        return argument, {}
    text, own = argument
    return text, own


def attribute_parts(argument: Any) -> tuple[str, Any]:
    """Logical id and attribute of Fn::GetAtt, whose attribute may be a Ref; its shape is right."""
    if isinstance(argument, str):
        logical_id, _, attribute = argument.partition(".")
        return logical_id, attribute
    logical_id, attribute = argument
    return logical_id, attribute


def is_loop(key: str) -> bool:
    """Whether a key of a mapping is an Fn::ForEach, which has its own name behind it."""
    return key == FOR_EACH or key.startswith(f"{FOR_EACH}::")


def is_extension(name: str) -> bool:
    """Whether only templates with the transform AWS::LanguageExtensions have the function."""
    return name in (LENGTH, TO_JSON_STRING) or is_loop(name)


def shape_fault(name: str, argument: Any) -> str | None:
    """What is wrong with a function's argument as it is written, in AWS's wording."""
    if name not in _SHAPES:
        return f"Template error: {name} is no function of CloudFormation"
    is_right, message = _SHAPES[name]
    return None if is_right(argument) else f"Template error: {message}"


def _is_value(value: Any) -> bool:
    """Whether it is a scalar, or a function that may give one."""
    return not isinstance(value, list | dict) or function_of(value) is not None


def _is_list(value: Any) -> bool:
    return isinstance(value, list) or function_of(value) is not None


def _is_pair(argument: Any) -> bool:
    return isinstance(argument, list) and len(argument) == 2


def _is_join(argument: Any) -> bool:
    return _is_pair(argument) and isinstance(argument[0], str) and _is_list(argument[1])


def _is_split(argument: Any) -> bool:
    return (
        _is_pair(argument)
        and isinstance(argument[0], str)
        and bool(argument[0])
        and _is_value(argument[1])
    )


def _is_select(argument: Any) -> bool:
    if not _is_pair(argument) or not _is_list(argument[1]):
        return False
    index = argument[0]
    return function_of(index) is not None or re.fullmatch(r"\d+", str(index)) is not None


def _is_sub(argument: Any) -> bool:
    if isinstance(argument, str):
        return _has_variable_names(argument)
    return (
        _is_pair(argument)
        and isinstance(argument[0], str)
        and isinstance(argument[1], dict)
        and function_of(argument[1]) is None
        and all(_is_value(value) for value in argument[1].values())
        and _has_variable_names(argument[0])
    )


def _has_variable_names(text: str) -> bool:
    return all(_VARIABLE_NAME.fullmatch(name) for name in variables(text))


def _is_get_att(argument: Any) -> bool:
    if isinstance(argument, str):
        return bool(re.fullmatch(r"[^.]+\..+", argument))
    if not _is_pair(argument) or not isinstance(argument[0], str) or not argument[0]:
        return False
    attribute = argument[1]
    function = function_of(attribute)
    return bool(attribute) and (
        isinstance(attribute, str) or (bool(function) and "Ref" in attribute)
    )


def _is_find_in_map(argument: Any) -> bool:
    # The fourth needs no transform any more. Source: cfn-lint's issue 4627.
    if not isinstance(argument, list) or len(argument) not in (3, 4):
        return False
    options = argument[3:] or [{DEFAULT_VALUE: None}]
    is_option = isinstance(options[0], dict) and set(options[0]) == {DEFAULT_VALUE}
    return is_option and all(map(_is_value, argument[:3]))


def _is_get_stack_output(argument: Any) -> bool:
    if not isinstance(argument, dict):
        return False
    required, others = {"StackName", "OutputName"}, {"Region", "RoleArn"}
    return required <= set(argument) <= required | others and all(map(_is_value, argument.values()))


def _is_cidr(argument: Any) -> bool:
    return (
        isinstance(argument, list)
        and len(argument) in (2, 3)
        and all(_is_value(part) for part in argument)
    )


def _is_if(argument: Any) -> bool:
    return isinstance(argument, list) and len(argument) == 3 and isinstance(argument[0], str)


def _is_operands(argument: Any) -> bool:
    return (
        isinstance(argument, list)
        and 2 <= len(argument) <= _MOST_OPERANDS
        and all(condition_of(operand) for operand in argument)
    )


def _is_not(argument: Any) -> bool:
    return isinstance(argument, list) and len(argument) == 1 and bool(condition_of(argument[0]))


def _is_text(argument: Any) -> bool:
    return isinstance(argument, str)


def _is_structure(argument: Any) -> bool:
    return isinstance(argument, dict | list)


_OPERANDS = "every {} object requires a list of at least 2 and at most 10 boolean parameters."
_SHAPES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "Condition": (_is_text, "All Conditions must be of type string"),
    "Fn::And": (_is_operands, _OPERANDS.format("Fn::And")),
    "Fn::Base64": (_is_value, "every Fn::Base64 object must have a String-typed value."),
    "Fn::Cidr": (
        _is_cidr,
        "every Fn::Cidr object requires two or three parameters, (1) an IP block, (2) a count and "
        "(3) the number of subnet bits.",
    ),
    "Fn::Equals": (_is_pair, "Fn::Equals requires a list argument with two elements"),
    "Fn::FindInMap": (
        _is_find_in_map,
        "every Fn::FindInMap object requires three parameters, the map name, map key and the "
        "attribute for return value",
    ),
    "Fn::GetAZs": (_is_value, "every Fn::GetAZs object must have a String-typed value."),
    "Fn::GetAtt": (
        _is_get_att,
        "every Fn::GetAtt object requires two non-empty parameters, the resource name and the "
        "resource attribute",
    ),
    GET_STACK_OUTPUT: (
        _is_get_stack_output,
        "every Fn::GetStackOutput object requires the parameters StackName and OutputName, and may "
        "have Region and RoleArn",
    ),
    "Fn::If": (_is_if, "Fn::If requires a list argument with three elements"),
    "Fn::ImportValue": (_is_value, "every Fn::ImportValue object must have a String-typed value."),
    "Fn::Join": (
        _is_join,
        "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
        "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) "
        "to be joined.",
    ),
    "Fn::Not": (_is_not, "every Fn::Not object requires a list with exactly 1 boolean parameter."),
    "Fn::Or": (_is_operands, _OPERANDS.format("Fn::Or")),
    "Fn::Select": (
        _is_select,
        "Fn::Select requires a list argument with two elements: an integer index and a list",
    ),
    "Fn::Split": (
        _is_split,
        "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string "
        "to be split or a function that returns a string to be split.",
    ),
    "Fn::Sub": (
        _is_sub,
        "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a "
        "string as first argument, and an optional second argument to specify a mapping of values "
        "to replace in the string",
    ),
    TO_JSON_STRING: (
        _is_structure,
        "every Fn::ToJsonString object must have an object or an array to be made text",
    ),
    "Ref": (_is_text, "All References must be of type string"),
}
