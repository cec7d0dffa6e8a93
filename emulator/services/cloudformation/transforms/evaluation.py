"""A value as far as it is known before anything is made; what is not known stays as it is written.

Source: "AWS::LanguageExtensions transform" in the template reference: parameters become literal
values; "Supported functions" of Fn::Length, Fn::ToJsonString, Fn::FindInMap and Fn::ForEach there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emulator.services.cloudformation.template.errors import TemplateError, raise_any
from emulator.services.cloudformation.template.functions import (
    CONDITION_FUNCTIONS,
    DEFAULT_VALUE,
    LENGTH,
    NO_VALUE,
    TO_JSON_STRING,
    condition_of,
    function_of,
    is_loop,
)
from emulator.services.cloudformation.template.references import members
from emulator.services.cloudformation.template.resolving import json_text, resolve, unknowns
from emulator.services.cloudformation.template.scope import Scope
from emulator.services.cloudformation.template.shapes import kind, text_of
from emulator.services.cloudformation.transforms.loops import parts, replaced

# What is to be left out: AWS::NoValue, and null, which the transform lets be written.
LEFT_OUT = object()
# More than any template within the quotas needs; five loops within each other multiply.
_MOST_TURNS = 10_000


@dataclass(frozen=True)
class Known:
    """What a value is evaluated with.

    Attributes:
        scope: Parameters, those without NoEcho alone, mappings and conditions.
        items: Of the loops around, the item that it is the turn of, by identifier.
        faults: What is wrong with the values evaluated so far.
        turns: Those that loops may still take.
    """

    scope: Scope
    items: Mapping[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    turns: Iterator[int] = field(default_factory=lambda: iter(range(_MOST_TURNS)))


def without_secrets(scope: Scope) -> Scope:
    """The scope without parameters with NoEcho: their values have no place in a document."""
    shown = {name: value for name, value in scope.parameters.items() if not value.no_echo}
    return replace(scope, parameters=shown)


def known_value(value: Any, scope: Scope) -> Any:
    """One value as far as it is known.

    Raises:
        TemplateError: A function in it is wrong.
    """
    known = Known(without_secrets(scope))
    found = evaluated(value, known)
    raise_any(known.faults)
    return None if found is LEFT_OUT else found


def evaluated(value: Any, known: Known) -> Any:
    """The value as far as it is known, LEFT_OUT for nothing; faults are kept in ``known``."""
    if value is None:
        return LEFT_OUT
    if isinstance(value, str):
        return replaced(value, known.items)
    if isinstance(value, list):
        return [item for item in (evaluated(each, known) for each in value) if item is not LEFT_OUT]
    if not isinstance(value, dict):
        return value
    function = function_of(value) or condition_of(value)
    if function is None or is_loop(function[0]):
        return evaluated_members(value, known)
    try:
        return _called(*function, known)
    except TemplateError as error:
        known.faults.extend(error.faults)
        return value


def evaluated_members(value: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """A mapping's members, the loops among them as what they give."""
    found: dict[str, Any] = {}
    for key, member in _unrolled(value, known):
        if key in found:
            known.faults.append(
                f"Duplicate key '{key}' when merging keys to parent object in Fn::ForEach"
            )
        elif member is not LEFT_OUT:
            found[key] = member
    return found


def _unrolled(value: Mapping[str, Any], known: Known) -> Iterator[tuple[str, Any]]:
    for key, member in value.items():
        if not is_loop(key):
            yield replaced(key, known.items), evaluated(member, known)
            continue
        identifier, collection, body = parts(member)
        for item in _items(key, evaluated(collection, known), known):
            if next(known.turns, None) is None:
                known.faults.append(f"All loops together take more than {_MOST_TURNS} turns")
                return
            turn = replace(known, items={**known.items, identifier: item})
            yield from evaluated_members(body, turn).items()


def _items(key: str, collection: Any, known: Known) -> list[str]:
    is_list = isinstance(collection, list)
    if is_list and not any(isinstance(item, dict | list) for item in collection):
        return [text_of(item) for item in collection]
    known.faults.append(
        f"{key}: the collection must be a list of texts that is known before anything is made, as "
        "a Ref of a CommaDelimitedList without NoEcho is"
    )
    return []


def _called(name: str, argument: Any, known: Known) -> Any:
    if name in _OWN:
        return _OWN[name](argument, known)
    found = evaluated(argument, known)
    if found is LEFT_OUT:
        raise TemplateError([f"{name} cannot be made of {NO_VALUE} or of null"])
    if name == "Ref" and isinstance(found, str) and found in known.items:
        return known.items[found]
    if name == "Ref" and found == NO_VALUE:
        return LEFT_OUT
    call = {name: found}
    return call if name in CONDITION_FUNCTIONS else _unless_unknown(call, known)


def _unless_unknown(call: dict[str, Any], known: Known) -> Any:
    if _has_open_name(call):
        return call
    found = resolve(call, known.scope)
    return call if any(unknowns(found)) else found


def _has_open_name(call: Mapping[str, Any]) -> bool:
    """Whether a Ref or GetAtt is of a function that is not known: the template's check tells."""
    ((name, argument),) = call.items()
    target = argument[0] if name == "Fn::GetAtt" and isinstance(argument, list) else argument
    return name in ("Ref", "Fn::GetAtt") and isinstance(target, dict)


def _if(argument: Any, known: Known) -> Any:
    is_shaped = isinstance(argument, list) and len(argument) == 3
    name = argument[0] if is_shaped else None
    if not isinstance(name, str) or name not in known.scope.conditions:
        return resolve({"Fn::If": argument}, known.scope)
    return evaluated(argument[1 if known.scope.conditions[name] else 2], known)


def _find_in_map(argument: Any, known: Known) -> Any:
    if not isinstance(argument, list) or len(argument) not in (3, 4):
        return resolve({"Fn::FindInMap": argument}, known.scope)
    keys = [evaluated(key, known) for key in argument[:3]]
    options = argument[3:]
    if any(isinstance(key, dict | list) or key is LEFT_OUT for key in keys):
        return {"Fn::FindInMap": [*keys, *evaluated(options, known)]}
    name, top, second = map(text_of, keys)
    found = known.scope.mappings.get(name, {}).get(top, {}).get(second)
    if found is not None:
        return found
    if options and isinstance(options[0], dict) and set(options[0]) == {DEFAULT_VALUE}:
        return evaluated(options[0][DEFAULT_VALUE], known)
    return resolve({"Fn::FindInMap": [*keys, *options]}, known.scope)


def _length(argument: Any, known: Known) -> int:
    found = evaluated(argument, known)
    if isinstance(found, list):
        return len(found)
    if found is LEFT_OUT:
        told = NO_VALUE
    else:
        told = "a function that is not known" if function_of(found) else kind(found)
    raise TemplateError(
        [f"{LENGTH} needs a list that is known before anything is made, not {told}"]
    )


def _to_json_string(argument: Any, known: Known) -> Any:
    raise_any(list(_json_faults(argument)))
    found = evaluated(argument, known)
    if not isinstance(found, dict | list) or function_of(found):
        raise TemplateError(
            [f"{TO_JSON_STRING} layout is incorrect: it takes an object or an array"]
        )
    return {TO_JSON_STRING: found} if _has_functions(found) else json_text(found)


def _json_faults(value: Any) -> Iterator[str]:
    function = condition_of(value) if isinstance(value, dict) else None
    if function is not None and function[0] != "Condition":
        yield f"{TO_JSON_STRING} does not support {function[0]} intrinsic function"
    if value == {"Ref": "AWS::NotificationARNs"}:
        yield f"{TO_JSON_STRING} does not support AWS::NotificationARNs pseudo parameter"
    for member in members(value):
        yield from _json_faults(member)


def _has_functions(value: Any) -> bool:
    return function_of(value) is not None or any(map(_has_functions, members(value)))


_OWN: Mapping[str, Callable[[Any, Known], Any]] = {
    "Fn::FindInMap": _find_in_map,
    "Fn::If": _if,
    LENGTH: _length,
    TO_JSON_STRING: _to_json_string,
}
