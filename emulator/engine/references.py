"""Expressions in a definition: {"Get": ...}, {"Std:Join": ...} and {"Std:JsonGet": ...}.

Source: the `expr` of SageMaker SDK v3's pipeline variables.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.engine.json_paths import Path, PathNotFound, look_up, parse_path, write_path
from emulator.json_text import read_json

PARAMETERS, STEPS, EXECUTION = "Parameters", "Steps", "Execution"
PROPERTY_FILES = "PropertyFiles"
EXECUTION_VARIABLES = (
    "StartDateTime",
    "CurrentDateTime",
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "TrainingJobName",
    "ProcessingJobName",
)
JOIN, JSON_GET = "Std:Join", "Std:JsonGet"
FUNCTIONS = (JOIN, JSON_GET)

_NAME = re.compile(r"[A-Za-z0-9_\-]+")


class UnresolvedReference(Exception):
    """An expression that has no value in this execution."""


@dataclass(frozen=True)
class Reference:
    """What a Get names: ``root`` is Parameters, Steps or Execution."""

    text: str
    root: str
    name: str
    path: Path

    @property
    def property_file(self) -> str | None:
        """The property file that it names, if it names one."""
        is_one = self.root == STEPS and len(self.path) == 2 and self.path[0] == PROPERTY_FILES
        return str(self.path[1]) if is_one else None


@dataclass(frozen=True)
class Scope:
    """What the expressions of one step may see.

    Attributes:
        parameters: The execution's parameters by name.
        execution: The execution variables by name.
        properties: Gives a finished step's properties.
        property_file_s3_uri: Gives where a step's property file lies.
        read: Gives an object's content by its S3 URI; raises AwsError when it is not there.
    """

    parameters: Mapping[str, Any]
    execution: Mapping[str, Any]
    properties: Callable[[str], Any]
    property_file_s3_uri: Callable[[str, str], str]
    read: Callable[[str], bytes]


def is_expression(value: Any) -> bool:
    """Whether a JSON value stands for another value."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    key = str(next(iter(value)))
    return key == "Get" or key.startswith("Std:")


def expressions(value: Any) -> Iterator[dict[str, Any]]:
    """The outermost expressions within a JSON value."""
    if is_expression(value):
        yield value
    elif isinstance(value, dict):
        for element in value.values():
            yield from expressions(element)
    elif isinstance(value, list):
        for element in value:
            yield from expressions(element)


def parse_reference(text: Any) -> Reference:
    """What a Get's text names.

    Raises:
        ValueError: It is not of the form Root.Name or Root.Name.path; the message says why.
    """
    if not isinstance(text, str):
        raise ValueError(f"Get {text!r} is not text")  # noqa: TRY004 - one fault of many forms
    root, _, rest = text.partition(".")
    if root not in (PARAMETERS, STEPS, EXECUTION):
        raise ValueError(
            f"Get '{text}' must start with '{PARAMETERS}.', '{STEPS}.' or '{EXECUTION}.'"
        )
    name = _NAME.match(rest)
    if name is None:
        raise ValueError(f"Get '{text}' names nothing after '{root}.'")
    path = parse_path(rest[name.end() :])
    if path and root != STEPS:
        raise ValueError(f"Get '{text}': {root}.{name[0]} has no members")
    return Reference(text, root, name[0], path)


def references(value: Any) -> Iterator[Reference]:
    """Every reference within a JSON value, those inside of functions too.

    Raises:
        ValueError: A Get is malformed.
    """
    for expression in expressions(value):
        if "Get" in expression:
            yield parse_reference(expression["Get"])
        else:
            function = next(iter(expression.values()))
            if isinstance(function, dict):
                yield from references(list(function.values()))


def resolve(value: Any, scope: Scope) -> Any:
    """The JSON value with each expression replaced by what it stands for.

    Raises:
        UnresolvedReference: A value is not there; the message says what was looked for and where.
    """
    if is_expression(value):
        key, argument = next(iter(value.items()))
        return _EVALUATORS[key](argument, scope)
    if isinstance(value, dict):
        return {key: resolve(element, scope) for key, element in value.items()}
    if isinstance(value, list):
        return [resolve(element, scope) for element in value]
    return value


def as_text(value: Any) -> str:
    """A resolved value as Std:Join writes it: text bare, other scalars as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _get(text: str, scope: Scope) -> Any:
    reference = parse_reference(text)
    try:
        if reference.root == PARAMETERS:
            return scope.parameters[reference.name]
        if reference.root == EXECUTION:
            return scope.execution[reference.name]
    except KeyError:
        raise UnresolvedReference(f"Get '{text}' has no value in this execution") from None
    try:
        return look_up(scope.properties(reference.name), reference.path)
    except PathNotFound as error:
        raise UnresolvedReference(f"Get '{text}' has no value: {error}") from error


def _join(argument: Mapping[str, Any], scope: Scope) -> str:
    values = resolve(argument["Values"], scope)
    return str(argument.get("On", "")).join(map(as_text, values))


def _json_get(argument: Mapping[str, Any], scope: Scope) -> Any:
    path = parse_path(argument["Path"])
    if "PropertyFile" in argument:
        reference = parse_reference(argument["PropertyFile"]["Get"])
        s3_uri = scope.property_file_s3_uri(reference.name, reference.property_file or "")
    else:
        s3_uri = resolve(argument["S3Uri"], scope)
    try:
        document = read_json(scope.read(s3_uri))
        return look_up(document, path)
    except ValueError as error:
        raise UnresolvedReference(f"JsonGet: {s3_uri} is not JSON: {error}") from error
    except PathNotFound as error:
        raise UnresolvedReference(
            f"JsonGet: {s3_uri} has nothing at path '{write_path(path)}': {error}"
        ) from error


_EVALUATORS: Mapping[str, Callable[[Any, Scope], Any]] = {
    "Get": _get,
    JOIN: _join,
    JSON_GET: _json_get,
}
