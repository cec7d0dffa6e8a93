"""The order of results and the pages that they come in."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.errors import validation_error
from emulator.page_tokens import entry_before, token_after
from emulator.services.sagemaker.search.filters import NUMBER
from emulator.services.sagemaker.search.properties import Kind, Property
from emulator.store import Document

DEFAULT_MAX_RESULTS = 10
_NO_VALUE = 2


@dataclass(frozen=True)
class Position:
    """Where a record stands, whatever comes and goes around it.

    Records without a value come last in either order, by their ids.

    Attributes:
        rank: 0 for a number, 1 for a text, 2 for no value.
    """

    rank: int
    value: Any
    identity: str

    def key(self) -> tuple[Any, ...]:
        """Sorts in ascending order."""
        return (self.rank, self.value, self.identity)


def position(found: Property, record: Mapping[str, Any], identity: str) -> Position:
    """The position of a record by a property; of several values by the first."""
    value = next(iter(found.read(record)), None)
    if found.kind is Kind.MIXED and isinstance(value, str) and NUMBER.fullmatch(value):
        value = float(value)
    is_comparable = not (isinstance(value, float) and math.isnan(value))
    if value is None or found.kind is Kind.STRUCTURE or not is_comparable:
        return Position(_NO_VALUE, 0, identity)
    if isinstance(value, (int, float)):  # also a Boolean, as a number
        return Position(0, value, identity)
    return Position(1, str(value), identity)


def page(
    placed: Iterable[tuple[Position, Document]],
    request: Mapping[str, Any],
    *,
    is_descending: bool,
) -> tuple[list[Document], str | None]:
    """One page of the records in order, and the token of the next.

    Raises:
        AwsError: ValidationException, if NextToken is none that this search gave.
    """
    ordered = sorted(placed, key=lambda each: each[0].key(), reverse=is_descending)
    if is_descending:  # those without a value stay behind the others
        ordered.sort(key=lambda each: each[0].rank == _NO_VALUE)
    list_name = _list_name(request)
    start = _passed(
        [each[0] for each in ordered],
        list_name,
        request.get("NextToken"),
        is_descending=is_descending,
    )
    end = start + request.get("MaxResults", DEFAULT_MAX_RESULTS)
    documents = [document for _, document in ordered[start:end]]
    if end >= len(ordered):
        return documents, None
    last = ordered[end - 1][0]
    return documents, token_after(list_name, json.dumps([last.rank, last.value, last.identity]))


def _list_name(request: Mapping[str, Any]) -> str:
    """A token is of use in the search that gave it, and in no other."""
    asked = {key: request.get(key) for key in ("SearchExpression", "SortBy", "SortOrder")}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    return f"sagemaker/search/{request['Resource']}/{digest}"


def _passed(
    positions: Sequence[Position], list_name: str, token: str | None, *, is_descending: bool
) -> int:
    if token is None:
        return 0
    try:
        last = Position(*json.loads(entry_before(list_name, token)))
        return sum(not _is_behind(each, last, is_descending=is_descending) for each in positions)
    except (ValueError, TypeError) as error:
        raise validation_error(f"NextToken {token!r} is none that this search gave.") from error


def _is_behind(one: Position, last: Position, *, is_descending: bool) -> bool:
    if (one.rank == _NO_VALUE) != (last.rank == _NO_VALUE):
        return one.rank == _NO_VALUE
    return one.key() < last.key() if is_descending else one.key() > last.key()
