"""What a step offers to others: the members of its Describe answer, and how lists are keyed.

Source: `Properties` of SageMaker SDK v3, which reads the same botocore shapes.
"""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from emulator.engine.definition import Step
from emulator.engine.json_paths import Path, write_path
from emulator.engine.lineage_arguments import entity_names
from emulator.engine.step_shapes import step_shape
from emulator.engine.step_types import EMULATED

# A list of these may be asked for an element by this member instead of by its position.
_KEY_MEMBERS: Mapping[str, str] = {
    "ProcessingInput": "InputName",
    "ProcessingOutput": "OutputName",
    "Channel": "ChannelName",
    "MetricData": "MetricName",
    "ProductionVariant": "VariantName",
    "ProductionVariantSummary": "VariantName",
    "HyperParameterTrainingJobDefinition": "DefinitionName",
    "Tag": "Key",
}
_WITH_OUTPUTS = ("Lambda", "Callback")
_VALUE_TYPES: Mapping[str, str] = {
    "string": "String",
    "integer": "Integer",
    "long": "Integer",
    "float": "Float",
    "double": "Float",
    "boolean": "Boolean",
}


class Keyed(list[Any]):
    """A list whose elements may be asked for by name too."""

    def __init__(self, elements: Iterable[Any], key_member: str) -> None:
        super().__init__(elements)
        self._key_member = key_member

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        for element in self:
            if element.get(self._key_member) == key:
                return element
        raise KeyError(key)


def keyed(described: Mapping[str, Any], step_type: str) -> dict[str, Any]:
    """A Describe answer whose lists of named elements can be asked by name."""
    properties = dict(described)
    for shape in _shapes(step_type):
        for name, member in shape.members.items():
            if name in properties:
                properties[name] = _keyed(properties[name], member)
    return properties


def property_fault(step: Step, path: Path) -> str | None:
    """Why the step does not have the property, or None when it does."""
    if not path:
        return f"it must name a property; step '{step.name}' offers: {_offers(step)}"
    if path[0] == "PropertyFiles":
        names = [file.name for file in step.property_files]
        is_known = len(path) == 2 and path[1] in names
        return None if is_known else f"step '{step.name}' has property files: {_listed(names)}"
    if step.type == "Condition":
        return None if path == ("Outcome",) else f"step '{step.name}' offers: Outcome"
    if step.type in _WITH_OUTPUTS:
        return _output_parameter_fault(step, path)
    return _shape_fault(step, path)


def _output_parameter_fault(step: Step, path: Path) -> str | None:
    names = [parameter.name for parameter in step.output_parameters]
    if len(path) == 2 and path[0] == "OutputParameters" and path[1] in names:
        return None
    offered = [f"OutputParameters['{name}']" for name in names]
    return f"step '{step.name}' offers: {_listed(offered)}"


def _shape_fault(step: Step, path: Path) -> str | None:
    faults = []
    for shape in _shapes(step.type):
        _, fault = _follow(shape, path, f"step '{step.name}'")
        if fault is None:
            return _entity_fault(step, path) or _output_fault(step, path)
        faults.append(fault)
    if not faults:
        return f"step '{step.name}' of type {step.type} offers no properties"
    for shape, fault in zip(_shapes(step.type), faults, strict=True):
        if path[0] in shape.members:
            return fault
    return f"step '{step.name}' offers: {_offers(step)}"


def _follow(shape: Shape, path: Path, owner: str) -> tuple[Shape, str | None]:
    """The shape at the path; or the last good one and the fault, which tells what it offers."""
    for depth, key in enumerate(path):
        where = f"'{write_path(path[:depth])}' of {owner}" if depth else owner
        if isinstance(shape, StructureShape):
            if key not in shape.members:
                return shape, f"{where} offers: {_listed(shape.members)}"
            shape = shape.members[key]
        elif isinstance(shape, MapShape):
            shape = shape.value
        elif isinstance(shape, ListShape):
            if isinstance(key, str) and shape.member.name not in _KEY_MEMBERS:
                return shape, f"{where} is a list: its elements have positions, not names"
            shape = shape.member
        else:
            return shape, f"{where} is a single value"
    return shape, None


def property_type(step: Step, path: Path) -> str | None:
    """String, Integer, Float or Boolean; None when the property is none of these."""
    if step.type in _WITH_OUTPUTS:
        outputs = step.output_parameters
        return next((p.type for p in outputs if path == ("OutputParameters", p.name)), None)
    for shape in _shapes(step.type):
        found, fault = _follow(shape, path, "")
        if fault is None:
            return value_type(found)
    return None


def value_type(shape: Shape) -> str | None:
    """A shape's type as definitions name it: String, Integer, Float or Boolean, if it is one."""
    return _VALUE_TYPES.get(shape.type_name)


def _entity_fault(step: Step, path: Path) -> str | None:
    """The ARN of an entity must be of one that the Lineage step itself creates."""
    if step.type != "Lineage" or len(path) < 2 or path[0] == "Associations":
        return None
    names = entity_names(step, str(path[0]))
    return None if path[1] in names else f"step '{step.name}' creates: {_listed(names)}"


def _output_fault(step: Step, path: Path) -> str | None:
    """A processing output must be one that the step's own Arguments name."""
    if path[:2] != ("ProcessingOutputConfig", "Outputs") or len(path) < 3:
        return None
    names = output_names(step)
    if path[2] in names or path[2] in range(-len(names), len(names)):
        return None
    return f"step '{step.name}' has outputs: {_listed(names)}"


def output_names(step: Step) -> list[Any]:
    """The names of a Processing step's outputs, as far as its Arguments have the right form."""
    config = step.arguments.get("ProcessingOutputConfig")
    outputs = config.get("Outputs") if isinstance(config, dict) else None
    if not isinstance(outputs, list):
        return []
    return [output.get("OutputName") for output in outputs if isinstance(output, dict)]


def _offers(step: Step) -> str:
    if step.type in _WITH_OUTPUTS:
        return _listed(f"OutputParameters['{p.name}']" for p in step.output_parameters)
    if step.type == "Condition":
        return "Outcome"
    members = (name for shape in _shapes(step.type) for name in shape.members)
    return _listed(dict.fromkeys(members))


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(map(str, names)) or "none"


def _keyed(value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = shape.members
        return {
            name: _keyed(element, members[name]) if name in members else element
            for name, element in value.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        elements = [_keyed(element, shape.member) for element in value]
        key_member = _KEY_MEMBERS.get(shape.member.name)
        return Keyed(elements, key_member) if key_member else elements
    return value


@functools.cache
def _shapes(step_type: str) -> tuple[StructureShape, ...]:
    known = EMULATED[step_type]
    return tuple(step_shape(known.service, name) for name in known.property_shapes)
