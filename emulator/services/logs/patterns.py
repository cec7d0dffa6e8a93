"""Filter patterns: which messages an event must have.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from emulator.errors import AwsError, unsupported

# An optional sign, then a phrase in quotes or a word.
_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))\s*')
_WORD = re.compile(r"[\w]+")
_SUPPORTED = 'terms (ERROR), phrases ("a b"), ?term and -term'
_OTHER_FORMS = {"{": "JSON", "[": "space-delimited", "%": "regular expression"}


@dataclass(frozen=True)
class _Term:
    sign: str
    text: str


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """Whether a message matches: all plain terms, none with a minus; or any with a question mark.

    Raises:
        AwsError: UnsupportedByEmulator for the other forms; InvalidParameterException.
    """
    stripped = pattern.strip()
    form = _OTHER_FORMS.get(stripped[:1])
    if form:
        raise unsupported(
            f"FilterLogEvents with a {form} pattern is not emulated: {pattern!r}."
            f" Supported: {_SUPPORTED}."
        )
    terms = _terms(stripped)
    optional = [term.text for term in terms if term.sign == "?"]
    if optional and len(optional) < len(terms):
        raise unsupported(
            f"FilterLogEvents with ?terms beside others is not emulated: {pattern!r}."
        )
    wanted = [term.text for term in terms if not term.sign]
    unwanted = [term.text for term in terms if term.sign == "-"]

    def matches(message: str) -> bool:
        if optional:
            return any(text in message for text in optional)
        return all(text in message for text in wanted) and not any(
            text in message for text in unwanted
        )

    return matches


def _terms(pattern: str) -> list[_Term]:
    found, position = [], 0
    while position < len(pattern):
        match = _TERM.match(pattern, position)
        if match is None or (match[3] and not _WORD.fullmatch(match[3])):
            raise AwsError(
                "InvalidParameterException",
                f"Invalid filter pattern {pattern!r} at {pattern[position:]!r}: a term with other"
                " than letters, digits and underscores must stand in double quotes.",
            )
        phrase = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3]
        found.append(_Term(match[1], phrase))
        position = match.end()
    return found
