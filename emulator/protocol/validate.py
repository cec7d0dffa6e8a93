"""A request against its shape: every fault found, in one message, in AWS's words.

botocore's own ParamValidator checks neither patterns, lengths nor enums, which AWS does.

Source: the messages of SageMaker's ValidationException, e.g. "1 validation error detected: Value
'x y' at 'pipelineName' failed to satisfy constraint: Member must satisfy regular expression
pattern: ...".
"""

import base64
import binascii
import functools
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from emulator.errors import listed, validation_error

_SHOWN_CHARACTERS = 200
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_Faults = list[str]


def accept(shape: Shape | None, parameters: dict[str, Any], *, is_strict: bool = False) -> Any:
    """The parameters as handlers get them: timestamps in epoch seconds, blobs as bytes.

    Members that the shape does not know are left out, as AWS does, or are faults if strict.

    Raises:
        AwsError: ValidationException with every fault of the request.
    """
    accepted, faults = check(shape, parameters, is_strict=is_strict)
    if faults:
        noun = "error" if len(faults) == 1 else "errors"
        raise validation_error(f"{len(faults)} validation {noun} detected: {listed(faults, '; ')}")
    return accepted


def check(
    shape: Shape | None,
    parameters: dict[str, Any],
    *,
    is_strict: bool = False,
    is_opaque: Callable[[Any], bool] | None = None,
) -> tuple[Any, list[str]]:
    """The accepted parameters and the faults found on the way.

    An opaque value stands for another one that is not known yet: it is accepted as it is.
    """
    if shape is None:
        return {}, []
    walk = _Walk(is_strict, is_opaque)
    try:
        return walk.accept(shape, parameters, ""), walk.faults
    except RecursionError:  # a shape within itself, such as Search's SearchExpression
        return {}, ["The request is nested too deeply"]


class _Walk:
    def __init__(self, is_strict: bool, is_opaque: Callable[[Any], bool] | None) -> None:
        self.faults: _Faults = []
        self._is_strict = is_strict
        self._is_opaque = is_opaque

    def accept(self, shape: Shape, value: Any, path: str) -> Any:
        if self._is_opaque is not None and self._is_opaque(value):
            return value
        return _READERS[shape.type_name](self, shape, value, path)

    def fault(self, value: Any, path: str, constraint: str) -> None:
        shown = "null" if value is None else f"'{_shown(value)}'"
        self.faults.append(f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}")

    def structure(self, shape: StructureShape, value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self.fault(value, path, "Member must be a structure")
        accepted = {}
        for name, member in shape.members.items():
            member_path = _join(path, name)
            if value.get(name) is not None:
                accepted[name] = self.accept(member, value[name], member_path)
            elif name in shape.required_members:
                self.fault(None, member_path, "Member must not be null")
        if self._is_strict:
            for name in value.keys() - shape.members.keys():
                known = ", ".join(shape.members)
                self.fault(value[name], _join(path, name), f"Member must be one of: {known}")
        return accepted

    def list(self, shape: ListShape, value: Any, path: str) -> Any:
        if not isinstance(value, (list, tuple)):
            return self.fault(value, path, "Member must be a list")
        self._length(shape, value, path)
        return [
            self.accept(shape.member, element, f"{path}.{position}.member")
            for position, element in enumerate(value, 1)
        ]

    def map(self, shape: MapShape, value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self.fault(value, path, "Member must be a map")
        self._length(shape, value, path)
        return {
            self.accept(shape.key, key, f"{path}.key"): self.accept(
                shape.value, element, f"{path}.{key}.member"
            )
            for key, element in value.items()
        }

    def string(self, shape: Shape, value: Any, path: str) -> Any:
        if not isinstance(value, str):
            return self.fault(value, path, "Member must be a string")
        if not value.isascii() and _LONE_SURROGATE.search(value):
            return self.fault(value, path, "Member must be valid Unicode")
        enum = shape.metadata.get("enum")
        if enum and value not in enum:
            self.fault(value, path, f"Member must satisfy enum value set: [{', '.join(enum)}]")
        self._length(shape, value, path)
        pattern = shape.metadata.get("pattern")
        if pattern and not compiled(pattern).fullmatch(value):
            self.fault(value, path, f"Member must satisfy regular expression pattern: {pattern}")
        return value

    def integer(self, shape: Shape, value: Any, path: str) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            return self.fault(value, path, "Member must be an integer")
        self._range(shape, value, path)
        return value

    def number(self, shape: Shape, value: Any, path: str) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return self.fault(value, path, "Member must be a number")
        if not _is_finite(value):
            return self.fault(value, path, "Member must be a finite number")
        self._range(shape, value, path)
        return float(value)

    def boolean(self, shape: Shape, value: Any, path: str) -> Any:
        if not isinstance(value, bool):
            return self.fault(value, path, "Member must be a boolean")
        return value

    def timestamp(self, shape: Shape, value: Any, path: str) -> Any:
        try:
            return _epoch_seconds(value)
        except (TypeError, ValueError, OverflowError):
            return self.fault(value, path, "Member must be a timestamp")

    def blob(self, shape: Shape, value: Any, path: str) -> Any:
        try:
            content = base64.b64decode(value, validate=True) if isinstance(value, str) else value
        except binascii.Error:
            return self.fault(value, path, "Member must be base64")
        if not isinstance(content, (bytes, bytearray)):
            return self.fault(value, path, "Member must be a blob")
        self._length(shape, content, path)
        return bytes(content)

    def _length(self, shape: Shape, value: Any, path: str) -> None:
        least, most = shape.metadata.get("min"), shape.metadata.get("max")
        if least is not None and len(value) < least:
            self.fault(value, path, f"Member must have length greater than or equal to {least}")
        if most is not None and len(value) > most:
            self.fault(value, path, f"Member must have length less than or equal to {most}")

    def _range(self, shape: Shape, value: float, path: str) -> None:
        least, most = shape.metadata.get("min"), shape.metadata.get("max")
        if least is not None and value < least:
            self.fault(value, path, f"Member must have value greater than or equal to {least}")
        if most is not None and value > most:
            self.fault(value, path, f"Member must have value less than or equal to {most}")


_READERS: dict[str, Callable[[_Walk, Any, Any, str], Any]] = {
    "structure": _Walk.structure,
    "list": _Walk.list,
    "map": _Walk.map,
    "string": _Walk.string,
    "character": _Walk.string,
    "integer": _Walk.integer,
    "long": _Walk.integer,
    "float": _Walk.number,
    "double": _Walk.number,
    "boolean": _Walk.boolean,
    "timestamp": _Walk.timestamp,
    "blob": _Walk.blob,
}


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    r"""A model's pattern, which is written for Java, as Python's.

    Java counts a character beyond the basic plane as two surrogates, has ``\p{L}`` and its like
    for the Unicode categories, of which Python's ``re`` knows none, and lets ``$`` be repeated.
    """
    pattern = _CATEGORY_ALONE.sub(r"\1[\2]", pattern)
    for written_for_java, written_for_python in _JAVA_TO_PYTHON.items():
        pattern = pattern.replace(written_for_java, written_for_python)
    return re.compile(re.sub(r"\$\{\d+,\d+\}$", "$", pattern))


# A category that stands for itself, at the beginning or behind a group's or a class's end.
_CATEGORY_ALONE = re.compile(r"(^\^?|[\])(])(\\p\{\w+\})(?!\])")

# Nearly all of the models' categories stand inside of a character class. One that Python cannot
# name is given as a wider one: the emulator then refuses no value that AWS would take.
_JAVA_TO_PYTHON = {
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
    r"\z": r"\Z",
    r"\w-_": r"\w\-_",
    r"\p{Alpha}": "a-zA-Z",
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{ASCII}": r"\x00-\x7F",
    r"\p{Graph}": r"\x21-\x7E",
    r"\p{Print}": r"\x20-\x7E",
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Nd}": r"\d",
    r"\p{Z}": r"\s",
    r"\p{Zs}": r"\s",
    r"\p{M}": r"\u0300-\u036F\u0483-\u1CFF\u1DC0-\u20FF\U00010000-\U0010FFFF",
    r"\p{P}": r"!-/:-@\[-`{-~\u00A1-\u00BF\u2010-\u205E\u3001-\u303F\U00010000-\U0010FFFF",
    r"\p{S}": r"$+<->^`|~\u00A2-\u00F7\u2044-\u2BFF\U00010000-\U0010FFFF",
}


def _epoch_seconds(value: Any) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool):
        raise TypeError("a boolean is no timestamp")
    datetime.fromtimestamp(value, UTC)  # a time beyond the year 9999 could not be read back
    return float(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def _join(path: str, member: str) -> str:
    member = member[:1].lower() + member[1:]
    return f"{path}.{member}" if path else member


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
