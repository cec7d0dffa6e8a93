"""Pipeline parameters: as a definition declares them and as an execution sets them.

Source: `sagemaker.core.workflow.parameters` and StartPipelineExecution's PipelineParameters,
whose values are all text.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulator.engine.definition import Definition, Parameter, Scalar
from emulator.engine.members import Members
from emulator.errors import listed

_NAME = re.compile(r"[A-Za-z0-9\-_]{1,256}")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (float, int),
    "Boolean": (bool,),
}


def read_parameter(raw: Any, faults: list[str]) -> Parameter | None:
    """The declared parameter, or None when its name or type cannot be told."""
    name = raw.get("Name", "?") if isinstance(raw, dict) else "?"
    members = Members(raw, f"Parameter '{name}'", faults)
    members.refuse_unknown("Name", "Type", "DefaultValue", "EnumValues")
    taken_name = members.take("Name", str, is_required=True)
    # AWS's own example leaves the type of a text parameter out. Source:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-experiments-default.html
    parameter_type = members.take("Type", str) or "String"
    if parameter_type not in _PYTHON_TYPES:
        members.fault(f"unknown Type '{parameter_type}'; the types are: {', '.join(_PYTHON_TYPES)}")
        return None
    if taken_name is None:
        return None
    if not _NAME.fullmatch(taken_name):
        members.fault(
            "the name may have letters, digits, '-' and '_' only, 1 to 256 of them:"
            " StartPipelineExecution takes no other"
        )
    default = members.raw.get("DefaultValue")
    enum_values = tuple(members.take("EnumValues", list) or [])
    misfits = [value for value in enum_values if not _is_of_type(value, parameter_type)]
    if misfits:
        members.fault(f"EnumValues {_listed(misfits)} are not of type {parameter_type}")
    if default is not None and not _is_of_type(default, parameter_type):
        members.fault(f"DefaultValue {default!r} is not of type {parameter_type}")
    elif default is not None and enum_values and default not in enum_values:
        members.fault(f"DefaultValue {default!r} is not among EnumValues {_listed(enum_values)}")
    return Parameter(taken_name, parameter_type, default, enum_values)


def execution_values(
    definition: Definition, given: Iterable[Mapping[str, str]]
) -> tuple[dict[str, Scalar], list[str]]:
    """Each parameter's value in an execution, and every fault of those that were given.

    ``given`` has the shape of StartPipelineExecution's PipelineParameters.
    """
    faults: list[str] = []
    texts = _texts(definition, given, faults)
    values: dict[str, Scalar] = {}
    for parameter in definition.parameters:
        if parameter.name in texts:
            value = _converted(parameter, texts[parameter.name], faults)
        else:
            value = parameter.default
            if value is None:
                faults.append(
                    f"Parameter '{parameter.name}' of type {parameter.type} is required: it has"
                    " no DefaultValue and was not given."
                )
        if value is not None:
            values[parameter.name] = value
    return values, faults


def as_given(value: Scalar) -> str:
    """A value as PipelineParameters writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(
    definition: Definition, given: Iterable[Mapping[str, str]], faults: list[str]
) -> dict[str, str]:
    known = [parameter.name for parameter in definition.parameters]
    texts: dict[str, str] = {}
    for element in given:
        name = element["Name"]
        if name not in known:
            faults.append(
                f"Parameter '{name}' is unknown; the pipeline has: {listed(known, ', ') or 'none'}."
            )
        elif name in texts:
            faults.append(f"Parameter '{name}' is given twice.")
        else:
            texts[name] = element["Value"]
    return texts


def _converted(parameter: Parameter, text: str, faults: list[str]) -> Scalar | None:
    try:
        value = _CONVERTERS[parameter.type](text)
    except (ValueError, KeyError):
        faults.append(f"Parameter '{parameter.name}': {text!r} is not of type {parameter.type}.")
        return None
    if parameter.enum_values and value not in parameter.enum_values:
        faults.append(
            f"Parameter '{parameter.name}': {text!r} is not among EnumValues"
            f" {_listed(parameter.enum_values)}."
        )
        return None
    return value


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"{text!r} is not an Integer")
    return int(text)


def _float(text: str) -> float:
    """As JSON writes numbers: Python's own reader takes ``nan``, ``1_0`` and more."""
    value = float(text)
    if not _FLOAT.fullmatch(text) or not math.isfinite(value):
        raise ValueError(f"{text!r} is not a Float")
    return value


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


_CONVERTERS: Mapping[str, Callable[[str], Scalar]] = {
    "String": str,
    "Integer": _integer,
    "Float": _float,
    "Boolean": _boolean,
}


def _is_of_type(value: Any, parameter_type: str) -> bool:
    if isinstance(value, bool) and parameter_type != "Boolean":
        return False
    return isinstance(value, _PYTHON_TYPES[parameter_type])


def _listed(values: Iterable[Scalar]) -> str:
    return ", ".join(repr(value) for value in values)
