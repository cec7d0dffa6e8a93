"""Filters, order and pages, the same for every List operation of SageMaker."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from emulator.errors import validation_error
from emulator.page_tokens import entry_before, token_after
from emulator.store import Document

DEFAULT_MAX_RESULTS = 10
_Position = list[list[Any]]


def page(
    documents: Iterable[Document],
    request: dict[str, Any],
    *,
    name_key: str,
    summary_keys: Sequence[str],
    time_key: str = "CreationTime",
    status_key: str | None = None,
    sort_keys: dict[str, str] | None = None,
    default_order: str = "Descending",
) -> tuple[list[Document], str | None]:
    """One page of summaries, and the token of the next.

    ``sort_keys`` maps further values of SortBy to the member they sort by.

    Raises:
        AwsError: ValidationException, if NextToken is none that this gave.
    """
    chosen = [d for d in documents if _is_wanted(d, request, name_key, time_key, status_key)]
    keys = {"Name": name_key, "CreationTime": time_key, "Status": status_key, **(sort_keys or {})}
    sort_key = keys.get(request.get("SortBy", "CreationTime")) or time_key
    is_descending = request.get("SortOrder", default_order) == "Descending"
    order = (sort_key, time_key, name_key)
    chosen.sort(key=lambda document: _position(document, order), reverse=is_descending)
    list_name = f"sagemaker/{'/'.join(order)}/{is_descending}"
    start = _passed(
        [_position(document, order) for document in chosen],
        list_name,
        request.get("NextToken"),
        is_descending=is_descending,
    )
    end = start + request.get("MaxResults", DEFAULT_MAX_RESULTS)
    summaries = [{key: d[key] for key in summary_keys if key in d} for d in chosen[start:end]]
    if end >= len(chosen):
        return summaries, None
    return summaries, token_after(list_name, json.dumps(_position(chosen[end - 1], order)))


def _is_wanted(
    document: Document,
    request: dict[str, Any],
    name_key: str,
    time_key: str,
    status_key: str | None,
) -> bool:
    contains = request.get("NameContains", "").lower()
    if contains not in str(document.get(name_key, "")).lower():
        return False
    if status_key and request.get("StatusEquals", document.get(status_key)) != document.get(
        status_key
    ):
        return False
    created, modified = document.get(time_key, 0), document.get("LastModifiedTime", 0)
    return (
        _is_within(created, request, ("CreationTimeAfter", "CreatedAfter"), is_after=True)
        and _is_within(created, request, ("CreationTimeBefore", "CreatedBefore"), is_after=False)
        and _is_within(modified, request, ("LastModifiedTimeAfter",), is_after=True)
        and _is_within(modified, request, ("LastModifiedTimeBefore",), is_after=False)
    )


def _is_within(
    time: float, request: dict[str, Any], names: tuple[str, ...], *, is_after: bool
) -> bool:
    bounds = [request[name] for name in names if name in request]
    return all(time >= bound if is_after else time <= bound for bound in bounds)


def _position(document: Document, order: Sequence[str]) -> _Position:
    """Where the resource stands in the list, whatever comes and goes around it.

    Those without a value come first, as None cannot be compared.
    """
    return [[document.get(key) is not None, document.get(key)] for key in order]


def _passed(
    positions: Sequence[_Position], list_name: str, token: str | None, *, is_descending: bool
) -> int:
    """How many of the sorted positions the pages before have shown, or would have."""
    if token is None:
        return 0
    try:
        last = json.loads(entry_before(list_name, token))
        return sum(each >= last if is_descending else each <= last for each in positions)
    except (ValueError, TypeError) as error:
        raise validation_error(f"NextToken {token!r} is none that this operation gave.") from error
