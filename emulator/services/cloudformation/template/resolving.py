"""From values as they are written to what they stand for."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emulator.services.cloudformation.template.cidr import blocks
from emulator.services.cloudformation.template.dynamic_references import replaced
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.functions import (
    DEFAULT_VALUE,
    GET_STACK_OUTPUT,
    NO_VALUE,
    attribute_parts,
    function_of,
    shape_fault,
    sub_parts,
    substituted,
    variables,
)
from emulator.services.cloudformation.template.scope import Scope, Unknown
from emulator.services.cloudformation.template.shapes import kind, text_of

# What a member that is to be left out resolves to, until it is left out.
_NOTHING = object()
# As much as a template itself may have.
_MOST_CHARACTERS = 1_048_576


def resolve(value: Any, scope: Scope) -> Any:
    """The value with every function and dynamic reference replaced by what it gives.

    What is made from something Unknown is Unknown; mappings and lists keep their known members.
    A member that is ``AWS::NoValue`` is left out; a whole value that is one is None.

    Raises:
        TemplateError: A function cannot be carried out.
        AwsError: UnsupportedByEmulator, for ``{{resolve:ssm-secure:...}}``.
    """
    found = _resolve(value, scope)
    return None if found is _NOTHING else _with_dynamic_references(found, scope)


def unknowns(value: Any) -> Iterator[Unknown]:
    """All that is not known yet in a resolved value."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from unknowns(member)
    elif isinstance(value, list):
        for item in value:
            yield from unknowns(item)


def _with_dynamic_references(value: Any, scope: Scope) -> Any:
    """Last of all, as AWS does: Fn::Base64 and Fn::Split see the reference, not its value."""
    if isinstance(value, str):
        return replaced(value, scope.dynamic_reference)
    if isinstance(value, dict):
        return {key: _with_dynamic_references(member, scope) for key, member in value.items()}
    if isinstance(value, list):
        return [_with_dynamic_references(item, scope) for item in value]
    return value


def _resolve(value: Any, scope: Scope) -> Any:
    function = function_of(value)
    if function is not None:
        return _call(*function, scope)
    if isinstance(value, dict):
        members = ((key, _resolve(member, scope)) for key, member in value.items())
        return {key: member for key, member in members if member is not _NOTHING}
    if isinstance(value, list):
        items = (_resolve(item, scope) for item in value)
        return [item for item in items if item is not _NOTHING]
    return value


def _call(name: str, argument: Any, scope: Scope) -> Any:
    fault = shape_fault(name, argument)
    if fault or name not in _FUNCTIONS:
        raise TemplateError([fault or f"Template error: {name} is allowed in conditions alone"])
    return _FUNCTIONS[name](argument, scope)


def _ref(name: str, scope: Scope) -> Any:
    if name == NO_VALUE:
        return _NOTHING
    pseudo = scope.pseudo.values()
    if name in pseudo:
        return pseudo[name]
    if name in scope.parameters:
        value = scope.parameters[name].resolved
        return list(value) if isinstance(value, tuple) else value
    return scope.ref(name)


def _get_att(argument: Any, scope: Scope) -> Any:
    logical_id, attribute = attribute_parts(argument)
    resolved = _resolve(attribute, scope)
    return _unless_unknown([resolved], lambda: scope.get_att(logical_id, text_of(resolved)))


def _sub(argument: Any, scope: Scope) -> Any:
    text, own = sub_parts(argument)
    named = variables(text)
    # Each once, however often it comes, as nested ones would be resolved without end.
    values = {name: _variable(name, own, scope) for name in dict.fromkeys(named)}

    def made() -> str:
        texts = {
            name: _text(value, "Fn::Sub", f"the variable {name}") for name, value in values.items()
        }
        _check_size(len(text) + sum(len(texts[name]) for name in named), "Fn::Sub")
        return substituted(text, texts.__getitem__)

    return _unless_unknown(list(values.values()), made)


def _variable(name: str, own: Mapping[str, Any], scope: Scope) -> Any:
    if name in own:
        return _resolve(own[name], scope)
    return _get_att(name, scope) if "." in name else _ref(name, scope)


def _join(argument: Any, scope: Scope) -> Any:
    delimiter, items = argument[0], _list(_resolve(argument[1], scope), "Fn::Join")

    def joined() -> str:
        texts = [_text(item, "Fn::Join", "an item") for item in items]
        _check_size(sum(len(delimiter) + len(text) for text in texts), "Fn::Join")
        return str(delimiter.join(texts))

    return _unless_unknown(items, joined)


def _split(argument: Any, scope: Scope) -> Any:
    text = _resolve(argument[1], scope)
    return _unless_unknown(
        [text], lambda: _text(text, "Fn::Split", "the source").split(argument[0])
    )


def _select(argument: Any, scope: Scope) -> Any:
    index, items = _resolve(argument[0], scope), _resolve(argument[1], scope)
    if isinstance(index, Unknown):
        return index
    if isinstance(items, Unknown):
        return items
    known = _list(items, "Fn::Select")
    number = _number(index, "Fn::Select", "the index")
    if not 0 <= number < len(known):
        raise TemplateError(
            [f"Template error: Fn::Select cannot select nonexistent value at index {number}"]
        )
    return known[number]


def _if(argument: Any, scope: Scope) -> Any:
    name, if_true, if_false = argument
    if name not in scope.conditions:
        raise TemplateError([f"Template error: unresolved condition dependency {name} in Fn::If"])
    return _resolve(if_true if scope.conditions[name] else if_false, scope)


def _find_in_map(argument: Any, scope: Scope) -> Any:
    keys = [_resolve(key, scope) for key in argument[:3]]
    unknown = next(unknowns(keys), None)
    if unknown is not None:
        return unknown
    name, top, second = (_text(key, "Fn::FindInMap", "a key") for key in keys)
    if name not in scope.mappings:
        raise TemplateError(
            [
                f"Template error: Mapping named '{name}' is not present in the 'Mappings' section "
                "of template."
            ]
        )
    found = scope.mappings[name].get(top, {})
    if second in found:
        return found[second]
    if len(argument) > 3:
        return _resolve(argument[3][DEFAULT_VALUE], scope)
    raise TemplateError([f"Template error: Unable to get mapping for {name}::{top}::{second}"])


def _import_value(argument: Any, scope: Scope) -> Any:
    name = _resolve(argument, scope)
    return _unless_unknown(
        [name], lambda: scope.import_value(_text(name, "Fn::ImportValue", "the name"))
    )


def _get_stack_output(argument: Any, scope: Scope) -> Any:
    parts = {name: _resolve(value, scope) for name, value in argument.items()}
    given = {name: value for name, value in parts.items() if value is not _NOTHING}

    def output() -> Any:
        return scope.stack_output(
            {name: _text(value, GET_STACK_OUTPUT, name) for name, value in given.items()}
        )

    return _unless_unknown(list(given.values()), output)


def _base64(argument: Any, scope: Scope) -> Any:
    text = _resolve(argument, scope)

    def encoded() -> str:
        found = _text(text, "Fn::Base64", "the value")
        _check_size(len(found), "Fn::Base64")
        return base64.b64encode(found.encode()).decode()

    return _unless_unknown([text], encoded)


def _cidr(argument: Any, scope: Scope) -> Any:
    parts = [_resolve(part, scope) for part in argument]
    return _unless_unknown(parts, lambda: blocks([text_of(part) for part in parts]))


def _get_azs(argument: Any, scope: Scope) -> Any:
    region = _resolve(argument, scope)
    return _unless_unknown(
        [region],
        lambda: list(
            scope.availability_zones(
                _text(region, "Fn::GetAZs", "the region") or scope.pseudo.region
            )
        ),
    )


def _to_json_string(argument: Any, scope: Scope) -> Any:
    value = _resolve(argument, scope)
    return _unless_unknown([value], lambda: json_text(value))


def json_text(value: Any) -> str:
    """What Fn::ToJsonString makes of a value: without spaces, members in the template's order."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _unless_unknown(values: list[Any], compute: Callable[[], Any]) -> Any:
    return next(unknowns(values), None) or compute()


def _check_size(size: int, function: str) -> None:
    """Nested functions double a text with every level."""
    if size > _MOST_CHARACTERS:
        raise TemplateError(
            [f"Template error: {function} makes a text of more than {_MOST_CHARACTERS} characters"]
        )


def _text(value: Any, function: str, what: str) -> str:
    if isinstance(value, dict | list) or value is _NOTHING:
        raise TemplateError(
            [f"Template error: {function} needs a string as {what}, not {_shown(value)}"]
        )
    return text_of(value)


def _shown(value: Any) -> str:
    """The kind of a value and not the value, which a parameter with NoEcho may have given."""
    return NO_VALUE if value is _NOTHING else kind(value)


def _list(value: Any, function: str) -> list[Any]:
    if isinstance(value, Unknown):
        return [value]
    if not isinstance(value, list):
        raise TemplateError([f"Template error: {function} needs a list, not {_shown(value)}"])
    return value


def _number(value: Any, function: str, what: str) -> int:
    try:
        return int(text_of(value))
    except ValueError:
        raise TemplateError(
            [f"Template error: {function} needs a whole number as {what}, not {_shown(value)}"]
        ) from None


_FUNCTIONS: Mapping[str, Callable[[Any, Scope], Any]] = {
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _get_azs,
    "Fn::GetAtt": _get_att,
    GET_STACK_OUTPUT: _get_stack_output,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json_string,
    "Ref": _ref,
}
