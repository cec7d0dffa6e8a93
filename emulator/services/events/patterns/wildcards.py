"""Patterns with asterisks, in time that is linear in the text."""

from dataclasses import dataclass

_ESCAPED = "*\\"


class BadWildcard(ValueError):
    """The text is no pattern with wildcards."""


@dataclass(frozen=True)
class Wildcard:
    """The pieces of text between the asterisks, in order; a single piece has none.

    Attributes:
        pieces: What has to occur, one after the other; the first at the beginning, the last at
            the end.
    """

    pieces: tuple[str, ...]

    def matches(self, text: str) -> bool:
        """Whether the whole text is as the pattern says."""
        first, *middle = self.pieces
        if not middle:
            return text == first
        last = middle.pop()
        if len(text) < len(first) + len(last) or not text.startswith(first):
            return False
        position, end = len(first), len(text) - len(last)
        for piece in middle:
            found = text.find(piece, position, end)
            if found < 0:
                return False
            position = found + len(piece)
        return text.endswith(last)


def read_wildcard(text: str) -> Wildcard:
    r"""The pattern of a text in which ``\*`` and ``\\`` stand for themselves.

    Raises:
        BadWildcard: Two asterisks in a row, or another character behind a backslash.
    """
    pieces = [""]
    position, after_asterisk = 0, False
    while position < len(text):
        character = text[position]
        is_asterisk = character == "*"
        if is_asterisk and after_asterisk:
            raise BadWildcard(f"Consecutive wildcard characters at pos {position}")
        if is_asterisk:
            pieces.append("")
        else:
            if character == "\\":
                position += 1
                if text[position : position + 1] not in tuple(_ESCAPED):
                    raise BadWildcard(f"Invalid escape character at pos {position - 1}")
                character = text[position]
            pieces[-1] += character
        after_asterisk = is_asterisk
        position += 1
    return Wildcard(tuple(pieces))
