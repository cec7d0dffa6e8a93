"""The OutputParameters of Lambda and Callback steps."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.engine.definition import OutputParameter
from emulator.engine.references import as_text

_MAX_VALUE_CHARACTERS = 1_024
_BOOLEANS = {"true": True, "false": False}
_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "String": as_text,
    "Integer": int,
    "Float": float,
    "Boolean": lambda value: value if isinstance(value, bool) else _BOOLEANS[str(value).lower()],
}


def typed_outputs(
    declared: tuple[OutputParameter, ...], returned: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The declared outputs in their types, and what is wrong with those that were returned."""
    faults: list[str] = []
    outputs = {parameter.name: _output(parameter, returned, faults) for parameter in declared}
    return outputs, faults


def listed_outputs(outputs: Mapping[str, Any]) -> list[dict[str, str]]:
    """Outputs as a step's Metadata shows them."""
    return [
        {"Name": name, "Value": as_text(value)[:_MAX_VALUE_CHARACTERS]}
        for name, value in outputs.items()
    ]


def _output(parameter: OutputParameter, returned: Mapping[str, Any], faults: list[str]) -> Any:
    if parameter.name not in returned:
        faults.append(f"no output '{parameter.name}' (it has: {', '.join(returned) or 'nothing'})")
        return None
    value = returned[parameter.name]
    try:
        return _CONVERTERS[parameter.type](value)
    except (ValueError, TypeError, KeyError):
        faults.append(f"output '{parameter.name}' as {value!r}, which is no {parameter.type}")
        return None
