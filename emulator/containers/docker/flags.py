"""Flags as Docker's command line takes them: ``--tag x``, ``--tag=x``, ``-t x``, ``-tx``.

Source: the command line of Docker 28, whose words of refusal these are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_TRUE = ("1", "t", "T", "true", "TRUE", "True")
_FALSE = ("0", "f", "F", "false", "FALSE", "False")


@dataclass(frozen=True)
class Flag:
    """A flag of a command."""

    name: str
    short: str = ""
    takes_value: bool = True


class FlagInvalid(ValueError):
    """A flag that the command has not, or that lacks its value; the message is Docker's."""


@dataclass
class Given:
    """What was given: the values of each flag in their order, and all other words."""

    values: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether a flag without a value is on; of several the last one counts."""
        return self.last(name) in _TRUE

    def last(self, name: str) -> str | None:
        """The value that counts of a flag that is given once."""
        return self.values.get(name, [None])[-1]


def parse_flags(flags: Sequence[Flag], words: Sequence[str]) -> Given:
    """Tell the flags from the other words.

    Raises:
        FlagInvalid: There is no such flag, or its value is missing or wrong.
    """
    by_name = {flag.name: flag for flag in flags}
    by_short = {flag.short: flag for flag in flags if flag.short}
    given, rest = Given(), list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            given.words += rest
            break
        if word.startswith("--"):
            _long(word, by_name, rest, given)
        elif word.startswith("-") and word != "-":
            _shorts(word, by_short, rest, given)
        else:
            given.words.append(word)
    return given


def _long(word: str, by_name: Mapping[str, Flag], rest: list[str], given: Given) -> None:
    name, has_value, value = word[2:].partition("=")
    flag = by_name.get(name)
    if flag is None:
        raise FlagInvalid(f"unknown flag: --{name}")
    if flag.takes_value and not has_value:
        if not rest:
            raise FlagInvalid(f"flag needs an argument: --{name}")
        value = rest.pop(0)
    _keep(flag, value if flag.takes_value or has_value else "true", given)


def _shorts(word: str, by_short: Mapping[str, Flag], rest: list[str], given: Given) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        flag = by_short.get(letter)
        if flag is None:
            raise FlagInvalid(f"unknown shorthand flag: {letter!r} in {word}")
        if not flag.takes_value:
            _keep(flag, "true", given)
            continue
        if not letters and not rest:
            raise FlagInvalid(f"flag needs an argument: {letter!r} in {word}")
        _keep(flag, letters.removeprefix("=") if letters else rest.pop(0), given)
        return


def _keep(flag: Flag, value: str, given: Given) -> None:
    if not flag.takes_value and value not in (*_TRUE, *_FALSE):
        raise FlagInvalid(
            f'invalid argument "{value}" for "--{flag.name}" flag: strconv.ParseBool: parsing '
            f'"{value}": invalid syntax'
        )
    given.values.setdefault(flag.name, []).append(value)
