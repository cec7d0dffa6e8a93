"""The words of a title: what counts as one, and which carry no meaning."""

from __future__ import annotations

import re

_ENDING = re.compile(r"['\u2019](?:s|t|d|m|ll|re|ve)\b")
_LETTERS = re.compile(r"[^\W\d_]+")

# Words that say how others go together. Without them the neighbours of "The Wind in the Willows"
# are about wind and willows, not about how often "the" stands in a title.
FUNCTION_WORDS = frozenset(
    ("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "the", "to", "with")
)


def split_words(title: str) -> list[str]:
    """The runs of letters in lower case, in order; the ending of "Ender's" is no word.

    Numbers, signs and punctuation are no words, so a title may have none.
    """
    return _LETTERS.findall(_ENDING.sub("", title.lower()))


def title_words(title: str) -> list[str]:
    """The words that stand for a title: all but FUNCTION_WORDS, or all if there are no others."""
    words = split_words(title)
    return [word for word in words if word not in FUNCTION_WORDS] or words


def title_key(title: str) -> str:
    """What spellings of the same title have in common: neither case nor spaces count."""
    return " ".join(title.casefold().split())
