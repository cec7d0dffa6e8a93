"""A target's Input, InputPath or InputTransformer, applied to an event."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator.json_text import read_json
from emulator.services.events.inputs.json_paths import MISSING, InvalidPath, read_path, value_at
from emulator.services.events.inputs.templates import RESERVED, fill, template_fault

_EXCLUSIVE = ("Input", "InputPath", "InputTransformer")


@dataclass(frozen=True)
class Occasion:
    """An event that a rule has matched.

    Attributes:
        ingestion_time: When the bus received the event, in epoch seconds.
    """

    event: Mapping[str, Any]
    rule_arn: str
    rule_name: str
    ingestion_time: float


def input_faults(target: Mapping[str, Any]) -> list[str]:
    """What is wrong with how a target's input is made."""
    target_id = target["Id"]
    given = [member for member in _EXCLUSIVE if member in target]
    faults = []
    if len(given) > 1:
        faults.append(f"Only one of {', '.join(given)} can be given for target {target_id}.")
    if "Input" in target and not _is_json(target["Input"]):
        faults.append(f"JSON syntax error in input for target {target_id}.")
    if "InputPath" in target:
        fault = _path_fault(target["InputPath"])
        if fault:
            faults.append(f"InputPath for target {target_id} is not valid: {fault}.")
    if "InputTransformer" in target:
        faults += _transformer_faults(target["InputTransformer"], target_id)
    return faults


def _transformer_faults(transformer: Mapping[str, Any], target_id: str) -> list[str]:
    paths: Mapping[str, str] = transformer.get("InputPathsMap", {})
    faults = []
    for name, path in paths.items():
        if name.lower().startswith("aws.") or name in RESERVED:
            faults.append(
                f"InputPathsMap for target {target_id} has the reserved name {name}: names cannot"
                " begin with AWS."
            )
        fault = _path_fault(path)
        if fault:
            faults.append(f"InputPathsMap for target {target_id}: {name} is not valid: {fault}.")
    fault = template_fault(transformer["InputTemplate"], paths)
    if fault:
        faults.append(f"InputTemplate for target {target_id} {fault}")
    return faults


def _path_fault(path: str) -> str | None:
    try:
        read_path(path)
    except InvalidPath as error:
        return str(error)
    return None


def _is_json(text: str) -> bool:
    try:
        read_json(text, is_strict=True)
    except ValueError:
        return False
    return True


def render(target: Mapping[str, Any], occasion: Occasion) -> str:
    """The text that the target is given.

    Raises:
        InvalidTemplate: The template gives no JSON with this event's values.
    """
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        part = value_at(occasion.event, target["InputPath"])
        return _json(None if part is MISSING else part)
    if "InputTransformer" not in target:
        return _json(occasion.event)
    transformer = target["InputTransformer"]
    values = {
        name: value_at(occasion.event, path)
        for name, path in transformer.get("InputPathsMap", {}).items()
    }
    return fill(transformer["InputTemplate"], {**values, **_reserved_values(occasion)})


def _reserved_values(occasion: Occasion) -> dict[str, Any]:
    event = dict(occasion.event)
    without_detail = {name: value for name, value in event.items() if name != "detail"}
    ingested = datetime.fromtimestamp(occasion.ingestion_time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    values = (occasion.rule_arn, occasion.rule_name, without_detail, event, ingested)
    return dict(zip(RESERVED, values, strict=True))


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
