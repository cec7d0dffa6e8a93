"""All transforms of a document, in their order.

Source: "Macro evaluation order" in the User Guide: what is embedded first, from the deepest
outwards, then those of the Transform section as they are listed, each with what the one before it
gave.
"""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.reading import UNSUPPORTED_STRUCTURE
from emulator.services.cloudformation.transforms.declarations import (
    EXTENSIONS,
    INCLUDE,
    Call,
    embedded_calls,
    embedded_key,
    section_calls,
)
from emulator.services.cloudformation.transforms.evaluation import known_value
from emulator.services.cloudformation.transforms.include import include
from emulator.services.cloudformation.transforms.language_extensions import extend
from emulator.services.cloudformation.transforms.macros import transform_by_macro
from emulator.services.cloudformation.transforms.setting import Setting

_HOSTED = {INCLUDE: include, EXTENSIONS: extend}
_SCALARS = (str, int, float, bool)


def processed(body: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    """The document after its transforms.

    Raises:
        TemplateError: One of them failed.
    """
    rest: Any = {key: value for key, value in body.items() if key != "Transform"}
    rest = _document(_embedded(rest, setting))
    for call in section_calls(body):
        rest = _document(_applied(call, rest, setting))
    return dict(rest)


def _document(value: Any) -> dict[str, Any]:
    """A macro may give anything; what it says to be transformed again is not heard."""
    if not isinstance(value, dict):
        raise TemplateError([UNSUPPORTED_STRUCTURE])
    return {key: member for key, member in value.items() if key != "Transform"}


def _embedded(value: Any, setting: Setting) -> Any:
    if isinstance(value, list):
        return [_embedded(item, setting) for item in value]
    if not isinstance(value, dict):
        return value
    key = embedded_key(value)
    fragment: Any = {
        name: _embedded(member, setting) for name, member in value.items() if name != key
    }
    for call in embedded_calls(value):
        fragment = _applied(call, fragment, setting)
    return fragment


def _applied(call: Call, fragment: Any, setting: Setting) -> Any:
    parameters = {
        name: _parameter(call, name, value, setting) for name, value in call.parameters.items()
    }
    if call.name not in _HOSTED:
        return transform_by_macro(call.name, fragment, parameters, setting)
    return _HOSTED[call.name](fragment, parameters, setting)


def _parameter(call: Call, name: str, value: Any, setting: Setting) -> Any:
    """A parameter of a call, which may refer to those of the template."""
    found = known_value(value, setting.scope)
    items = found if isinstance(found, list) else [found]
    if not all(isinstance(item, _SCALARS) for item in items):
        raise TemplateError(
            [
                f"The value of parameter {name} under transform {call.name} must resolve to a "
                "string, number, boolean or a list of any of these."
            ]
        )
    return found
