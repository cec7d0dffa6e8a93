"""Requests and answers of the model server.

Source: "Data Formats for Object2Vec Inference" and "Encoder Embeddings for Object2Vec".
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from object2vec_image.examples import sequence_fault
from object2vec_image.hyperparameters import Settings

JSON = "application/json"
JSON_LINES = "application/jsonlines"
LONGEST = 5000
FAULTS_TOLD = 5
INPUTS = ("in0", "in1")


class PayloadFault(Exception):
    """A request that cannot be answered, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Request:
    """The sequences of a request by input: both are scored, one alone is encoded."""

    sequences: Mapping[str, list[list[int]]]


def parse(body: bytes, content_type: str, settings: Settings) -> Request:
    """Read a request.

    Raises:
        PayloadFault: 415 for another content type, 400 with the first faults of the instances.
    """
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    if kind not in (JSON, JSON_LINES):
        raise PayloadFault(
            415, f"Content type {kind or 'none'} is not supported; use {JSON} or {JSON_LINES}"
        )
    instances = _instances(body) if kind == JSON else _lines(body)
    if not instances:
        raise PayloadFault(400, "the request has no instances")
    longest = _longest(parameters, settings)
    names = _input_names(instances)
    faults = [
        f"instance {number}: {fault}"
        for number, instance in enumerate(instances)
        for fault in [_instance_fault(instance, names, longest, settings)]
        if fault
    ]
    if faults:
        more = f"; and {len(faults) - FAULTS_TOLD} more" if len(faults) > FAULTS_TOLD else ""
        raise PayloadFault(400, "; ".join(faults[:FAULTS_TOLD]) + more)
    return Request({name: [instance[name] for instance in instances] for name in names})


def _instances(body: bytes) -> list[Any]:
    content = _json(body, "the body")
    instances = content.get("instances") if isinstance(content, dict) else None
    if not isinstance(instances, list):
        raise PayloadFault(400, 'expected {"instances": [{"in0": [...], "in1": [...]}, ...]}')
    return instances


def _lines(body: bytes) -> list[Any]:
    lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    return [_json(line, f"line {number}") for number, line in lines]


def _json(text: bytes, where: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise PayloadFault(400, f"{where} is not JSON: {error}") from error


def _longest(parameters: str, settings: Settings) -> tuple[int, int]:
    """The most tokens of each input: the encoders' own, or what the content type says."""
    given = re.search(r"infer_max_seqlens\s*=\s*([^;]*)", parameters)
    if given is None:
        first, second = settings.encoders
        return first.max_seq_len, second.max_seq_len
    numbers = [text.strip() for text in given.group(1).split(",")]
    if len(numbers) != len(INPUTS) or not all(
        text.isdecimal() and 1 <= int(text) <= LONGEST for text in numbers
    ):
        raise PayloadFault(
            400,
            f"infer_max_seqlens is {given.group(1)!r}, expected two whole numbers from 1 to "
            f"{LONGEST}",
        )
    return int(numbers[0]), int(numbers[1])


def _input_names(instances: Sequence[Any]) -> tuple[str, ...]:
    first = instances[0]
    names = tuple(name for name in INPUTS if isinstance(first, dict) and name in first)
    if not names:
        raise PayloadFault(400, "instance 0: expected an object with in0, in1 or both")
    return names


def _instance_fault(
    instance: Any, names: tuple[str, ...], longest: tuple[int, int], settings: Settings
) -> str | None:
    if not isinstance(instance, dict):
        return "expected an object"
    present = tuple(name for name in INPUTS if name in instance)
    if present != names:
        return f"has {' and '.join(present) or 'neither input'}, the first {' and '.join(names)}"
    for name, encoder, most in zip(INPUTS, settings.encoders, longest, strict=True):
        fault = sequence_fault(name, instance[name], encoder, most) if name in names else None
        if fault:
            return fault
    return None


def chosen_accept(accept: str) -> str:
    """The type of the answer.

    Raises:
        PayloadFault: 406 when the client takes neither.
    """
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for kind in wanted:
        if kind in ("", "*/*", "application/*"):
            return JSON
        if kind in (JSON, JSON_LINES):
            return kind
    raise PayloadFault(406, f"Accept type {accept} is not supported; use {JSON} or {JSON_LINES}")


def encode(rows: Sequence[Mapping[str, Any]], accept: str) -> bytes:
    """The answer for each instance, in one of the two types."""
    if accept == JSON_LINES:
        return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows).encode()
    return json.dumps({"predictions": list(rows)}, separators=(",", ":")).encode()
