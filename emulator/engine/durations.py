"""Durations as CacheConfig's ExpireAfter writes them."""

import re

_DAY_SECONDS = 86_400
_DATE_SECONDS = {"y": 365 * _DAY_SECONDS, "m": 30 * _DAY_SECONDS, "w": 7 * _DAY_SECONDS}
_DATE_SECONDS["d"] = _DAY_SECONDS
_TIME_SECONDS = {"h": 3_600, "m": 60, "s": 1}
_NUMBER = r"\d+(?:\.\d+)?"
_DURATION = re.compile(rf"p?((?:{_NUMBER}[ymwd])*)(?:t((?:{_NUMBER}[hms])+))?", flags=re.IGNORECASE)
_PART = re.compile(rf"({_NUMBER})([a-z])")


def parse_duration(text: str) -> float:
    """The seconds of an ISO 8601 duration, whose P may be missing and case is free.

    A year counts 365 days and a month 30. Source:
    https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching-enabling.html, with "30d",
    "5y", "T16m" and "30dT5h" as examples.

    Raises:
        ValueError: The text is no duration.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or not (match[1] or match[2]):
        raise ValueError(
            f"{text!r} is not an ISO 8601 duration such as 'P30D', 'PT1H', '30d' or 'T16m'"
        )
    return _seconds(match[1] or "", _DATE_SECONDS) + _seconds(match[2] or "", _TIME_SECONDS)


def _seconds(parts: str, unit_seconds: dict[str, int]) -> float:
    return sum(float(number) * unit_seconds[unit] for number, unit in _PART.findall(parts.lower()))


def spoken(seconds: float) -> str:
    """A time span for people, in its largest unit."""
    for unit, unit_seconds in (("d", _DAY_SECONDS), ("h", 3_600), ("min", 60)):
        if seconds >= unit_seconds:
            return f"{seconds / unit_seconds:.3g} {unit}"
    return f"{seconds:.3g} s"
