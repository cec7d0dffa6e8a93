"""What a client may ask the endpoint: parsing of request bodies, and the errors they can meet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Sequence

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


TOP_K = 10
TOP_K_AT_MOST = 1000
TITLES_AT_MOST = 1000
TITLE_CHARACTERS_AT_MOST = 10_000
FAULTS_SHOWN = 5
FIELDS = ("title", "titles", "top_k")


class RequestRefused(BaseInferenceToolkitError):
    """A request that the client has to change; the toolkit answers it with `status_code`."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(int(status), message, status.phrase)

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True)
class Question:
    """Ask for the titles nearest to each of these; `is_list` says how the client put it."""

    titles: tuple[str, ...]
    top_k: int
    is_list: bool


def parse(body: str | bytes | bytearray, content_type: str) -> Question:
    """Reads a request body: `{"title": "..."}` or `{"titles": [...]}`, each with `"top_k": 10`.

    Raises:
        RequestRefused: 415 for another content type, 400 naming every field at fault.
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RequestRefused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"content type: got {content_type!r}, expected application/json",
        )
    try:
        content = json.loads(body if isinstance(body, str) else bytes(body).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _bad([f"body: not UTF-8 at byte {error.start}"]) from error
    except (ValueError, RecursionError) as error:
        raise _bad([f"body: not JSON: {error}"]) from error
    if not isinstance(content, dict):
        raise _bad([f"body: got {_kind(content)}, expected an object with title or titles"])
    faults = [*_title_faults(content), *_top_k_faults(content), *_unknown_faults(content)]
    if faults:
        raise _bad(faults)
    is_list = "titles" in content
    titles = tuple(content["titles"]) if is_list else (content["title"],)
    return Question(titles, content.get("top_k", TOP_K), is_list)


def _title_faults(content: dict[str, Any]) -> list[str]:
    if ("title" in content) == ("titles" in content):
        got = "both" if "title" in content else "neither"
        return [f"title, titles: got {got}, expected one of them"]
    if "title" in content:
        return _text_faults("title", content["title"])
    titles = content["titles"]
    if not isinstance(titles, list) or not titles:
        return [f"titles: got {_kind(titles)}, expected a list of at least one title"]
    if len(titles) > TITLES_AT_MOST:
        return [f"titles: got {len(titles)}, expected at most {TITLES_AT_MOST}"]
    return [
        fault
        for place, title in enumerate(titles)
        for fault in _text_faults(f"titles[{place}]", title)
    ]


def _text_faults(name: str, value: Any) -> list[str]:
    if not isinstance(value, str):
        return [f"{name}: got {_kind(value)}, expected a string"]
    if len(value) > TITLE_CHARACTERS_AT_MOST:
        return [f"{name}: got {len(value)} characters, expected at most {TITLE_CHARACTERS_AT_MOST}"]
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:  # JSON can write it, the answer's UTF-8 cannot
        return [f"{name}: character {error.start} is half of a surrogate pair"]
    return []


def _top_k_faults(content: dict[str, Any]) -> list[str]:
    top_k = content.get("top_k", TOP_K)
    if isinstance(top_k, bool) or not isinstance(top_k, int):
        return [f"top_k: got {_kind(top_k)}, expected an integer"]
    if not 1 <= top_k <= TOP_K_AT_MOST:
        return [f"top_k: got {top_k}, expected 1 to {TOP_K_AT_MOST}"]
    return []


def _unknown_faults(content: dict[str, Any]) -> list[str]:
    unknown = [name for name in content if name not in FIELDS]
    if not unknown:
        return []
    shown = ", ".join(repr(name[:50]) for name in unknown[:FAULTS_SHOWN])
    return [f"unknown fields: {shown}; expected {', '.join(FIELDS)}"]


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, float):
        return f"the number {value:g}"
    return {dict: "an object", str: "a string", bool: "a boolean", type(None): "null"}.get(
        type(value), "a number"
    )


def _bad(faults: Sequence[str]) -> RequestRefused:
    more = f" (and {len(faults) - FAULTS_SHOWN} more)" if len(faults) > FAULTS_SHOWN else ""
    return RequestRefused(HTTPStatus.BAD_REQUEST, "; ".join(faults[:FAULTS_SHOWN]) + more)
