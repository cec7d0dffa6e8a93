"""Documents as Describe operations tell them, and lists of them by pages."""

from collections.abc import Callable, Sequence
from typing import Any

from emulator.context import Answer
from emulator.page_tokens import entry_before, token_after
from emulator.store import Document


def public(document: Document) -> Answer:
    """What a Describe operation tells of a document."""
    return {key: value for key, value in document.items() if not key.startswith("_")}


def page_of(
    documents: Sequence[Document],
    show: Callable[[Document], Any],
    list_name: str,
    token: str | None,
    size: int,
) -> tuple[list[Any], str | None]:
    """One page of a list, and the token of the next, None behind the last.

    Raises:
        ValueError: The token is none that this list gave.
    """
    start = int(entry_before(list_name, token)) if token else 0
    end = start + size
    shown = [show(document) for document in documents[start:end]]
    return shown, token_after(list_name, str(end)) if end < len(documents) else None
