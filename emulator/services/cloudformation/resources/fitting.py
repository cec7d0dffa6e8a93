"""Properties of a template fitted to what an operation takes, by botocore's shape of its input."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.model import Shape

from emulator.protocol.models import load_service

_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


class Unfit(Exception):
    """Members that the operation does not take, or values that are none of their type."""

    def __init__(self, operation: str, faults: list[str]) -> None:
        super().__init__(f"{operation} does not take what the template gives: {' '.join(faults)}")


def fitted(service: str, operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """The members as the operation takes them; those that are None are left out.

    Templates write names with a capital and may write any scalar as a string, so names are found
    whatever their case, ``"5"`` becomes 5 and ``"true"`` True. A document where the API has a
    string, such as a policy, becomes JSON. Keys of free maps stay as they are.

    Raises:
        Unfit: All of the members that are not the operation's.
    """
    faults: list[str] = []
    given = {name: value for name, value in members.items() if value is not None}
    shape = load_service(service).operation_model(operation).input_shape
    found: dict[str, Any] = _fit(shape, given, "", faults) if shape else {}
    if faults:
        raise Unfit(operation, faults)
    return found


def _fit(shape: Shape, value: Any, path: str, faults: list[str]) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _fit_structure(shape, value, path, faults)
    if kind == "list":
        return _fit_list(shape, value, path, faults)
    if kind == "map" and isinstance(value, Mapping):
        return {
            key: _fit(shape.value, each, f"{path}.{key}", faults) for key, each in value.items()
        }
    if kind == "blob" and isinstance(value, str):
        return value.encode()
    if kind == "string":
        return _text(value)
    if kind == "boolean" and str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    if kind in _NUMBERS:
        return _number(kind, value, path, faults)
    return value


def _fit_structure(shape: Shape, value: Any, path: str, faults: list[str]) -> Any:
    if not isinstance(value, Mapping):
        faults.append(f"{path or 'The input'} has to be an object, not {value!r}.")
        return value
    names = _names(shape)
    found = {}
    for key, each in value.items():
        name = names.get(key) or names.get(key.casefold())
        if name is None:
            faults.append(f"{path}.{key} is not known.".lstrip("."))
        elif each is not None:
            found[name] = _fit(shape.members[name], each, f"{path}.{key}".lstrip("."), faults)
    return found


def _fit_list(shape: Shape, value: Any, path: str, faults: list[str]) -> Any:
    if not isinstance(value, list | tuple):
        faults.append(f"{path} has to be a list, not {value!r}.")
        return value
    return [_fit(shape.member, each, f"{path}[{i}]", faults) for i, each in enumerate(value)]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


def _number(kind: str, value: Any, path: str, faults: list[str]) -> Any:
    try:
        return _NUMBERS[kind](value)
    except (TypeError, ValueError):
        faults.append(f"{path} has to be a number, not {value!r}.")
        return value


def _names(shape: Shape) -> Mapping[str, str]:
    members = tuple(shape.members)
    return {**{name.casefold(): name for name in members}, **{name: name for name in members}}
