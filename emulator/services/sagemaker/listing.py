"""Filters, order and pages, the same for every List operation of SageMaker."""

from collections.abc import Iterable, Sequence
from typing import Any

from emulator.errors import validation_error
from emulator.page_tokens import entry_before, token_after
from emulator.store import Document

DEFAULT_MAX_RESULTS = 10
_LIST = "sagemaker"


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
    chosen.sort(key=lambda document: _sortable(document.get(sort_key)), reverse=is_descending)
    start = _start(request.get("NextToken"))
    end = start + request.get("MaxResults", DEFAULT_MAX_RESULTS)
    summaries = [{key: d[key] for key in summary_keys if key in d} for d in chosen[start:end]]
    return summaries, token_after(_LIST, str(end)) if end < len(chosen) else None


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


def _sortable(value: Any) -> tuple[bool, Any]:
    """Resources without the value come first, as None cannot be compared."""
    return (value is not None, value)


def _start(token: str | None) -> int:
    try:
        return 0 if token is None else int(entry_before(_LIST, token))
    except ValueError as error:
        raise validation_error(f"NextToken {token!r} is none that this operation gave.") from error
