"""What a client may ask the endpoint: parsing of request bodies, and the errors they can meet."""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

try:
    from sagemaker_inference.errors import BaseInferenceToolkitError
except ImportError:  # outside a serving image

    class BaseInferenceToolkitError(Exception):  # type: ignore[no-redef]
        """The toolkit's error, as far as this module needs it."""

        def __init__(self, status_code: int, message: str, phrase: str) -> None:
            self.status_code = status_code
            self.message = message
            self.phrase = phrase
            super().__init__(status_code, message, phrase)


TOP_K_AT_MOST = 1000
FAULTS_SHOWN = 5
HEADERS = ("user_id", "user_ind")
Identifier = str | int


class RequestRefused(BaseInferenceToolkitError):
    """A request that the client has to change; the toolkits answer it with `status_code`."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(int(status), message, status.phrase)

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True)
class Pairs:
    """Ask for the rating of each user and item; `is_csv` says which form the client speaks."""

    users: tuple[str, ...]
    items: tuple[str, ...]
    is_csv: bool


@dataclass(frozen=True)
class TopK:
    """Ask for the best items that a user has not rated; the id is answered as it was given."""

    user_id: Identifier
    top_k: int


def parse(body: str | bytes | bytearray, content_type: str) -> Pairs | TopK:
    """Reads a request body.

    Raises:
        RequestRefused: 415 for another content type, 400 naming the field for a bad body.
    """
    kind = content_type.split(";")[0].strip().lower()
    parser = _PARSERS.get(kind)
    if parser is None:
        known = " or ".join(_PARSERS)
        raise RequestRefused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"content type: got {content_type!r}, expected {known}",
        )
    try:
        text = body if isinstance(body, str) else bytes(body).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad([f"body: not UTF-8 at byte {error.start}"]) from error
    if not text.strip():
        raise _bad(["body: empty, expected user_id and item_id, or user_id and top_k"])
    return parser(text)


def _parse_csv(text: str) -> Pairs:
    try:
        rows = [row for row in csv.reader(text.splitlines()) if row]
    except csv.Error as error:
        raise _bad([f"body: not csv: {error}"]) from error
    first = 1
    if rows[0][0].strip() in HEADERS:
        rows, first = rows[1:], 2
    if not rows:
        raise _bad(["body: a header without rows, expected user_id,item_id rows"])
    faults = []
    for number, row in enumerate(rows, first):
        if len(row) != 2:
            faults.append(f"row {number}: got {len(row)} fields, expected user_id,item_id")
            continue
        for field, value in zip(("user_id", "item_id"), row, strict=True):
            if not value.strip():
                faults.append(f"row {number}: {field} is empty")
    if faults:
        raise _bad(faults)
    return Pairs(
        tuple(row[0].strip() for row in rows), tuple(row[1].strip() for row in rows), is_csv=True
    )


def _parse_json(text: str) -> Pairs | TopK:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad([f"body: not JSON: {error}"]) from error
    if isinstance(content, list):
        return _pairs(content, "body")
    if not isinstance(content, dict):
        raise _bad([f"body: got {_kind(content)}, expected an object or a list of pairs"])
    if "instances" in content:
        if not isinstance(content["instances"], list):
            raise _bad([f"instances: got {_kind(content['instances'])}, expected a list"])
        return _pairs(content["instances"], "instances")
    return _top_k(content)


def _pairs(instances: list[Any], name: str) -> Pairs:
    if not instances:
        raise _bad([f"{name}: got an empty list, expected at least one pair"])
    faults: list[str] = []
    pairs = [_pair(value, f"{name}[{place}]", faults) for place, value in enumerate(instances)]
    if faults:
        raise _bad(faults)
    return Pairs(tuple(user for user, _ in pairs), tuple(item for _, item in pairs), is_csv=False)


def _pair(value: Any, name: str, faults: list[str]) -> tuple[str, str]:
    if isinstance(value, dict):
        fields = {f"{name}.{field}": value.get(field, _MISSING) for field in ("user_id", "item_id")}
    elif isinstance(value, list) and len(value) == 2:
        fields = {f"{name}[0] (user_id)": value[0], f"{name}[1] (item_id)": value[1]}
    else:
        faults.append(
            f"{name}: got {_kind(value)}, expected an object with user_id and item_id, "
            "or [user_id, item_id]"
        )
        return "", ""
    for field, identifier in fields.items():
        faults.extend(_identifier_faults(field, identifier))
    user, item = fields.values()
    return str(user).strip(), str(item).strip()


def _top_k(content: dict[str, Any]) -> TopK:
    user_id, top_k = content.get("user_id", _MISSING), content.get("top_k", _MISSING)
    faults = _identifier_faults("user_id", user_id)
    if top_k is _MISSING:
        faults.append("top_k: missing (or give 'instances' to ask for pairs)")
    elif isinstance(top_k, bool) or not isinstance(top_k, int):
        faults.append(f"top_k: got {_kind(top_k)}, expected an integer")
    elif not 1 <= top_k <= TOP_K_AT_MOST:
        faults.append(f"top_k: got {top_k}, expected 1 to {TOP_K_AT_MOST}")
    if faults:
        raise _bad(faults)
    return TopK(user_id, top_k)


def _identifier_faults(name: str, value: Any) -> list[str]:
    if value is _MISSING:
        return [f"{name}: missing"]
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return [f"{name}: got {_kind(value)}, expected a string or an integer"]
    if not str(value).strip():
        return [f"{name}: empty"]
    return []


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return {dict: "an object", str: "a string", bool: "a boolean", type(None): "null"}.get(
        type(value), "a number"
    )


def _bad(faults: Sequence[str]) -> RequestRefused:
    more = f" (and {len(faults) - FAULTS_SHOWN} more)" if len(faults) > FAULTS_SHOWN else ""
    return RequestRefused(HTTPStatus.BAD_REQUEST, "; ".join(faults[:FAULTS_SHOWN]) + more)


_MISSING = object()
_PARSERS: dict[str, Callable[[str], Pairs | TopK]] = {
    "application/json": _parse_json,
    "text/csv": _parse_csv,
}
