"""The same patterns asked of moto's matcher, over values of every kind.

Left out is where moto differs from AWS's own matcher: numbers that are booleans in Python, arrays
of objects, ``exists`` of what is no leaf, and numbers and ``anything-but`` in an array.
"""

import itertools
import json

import pytest

from emulator.services.events.patterns import matches, read_pattern

VALUES = [
    *("", "a", "A", "ab", "abc", "b", "x/lib/y", "us-east-1", "10.0.0.7", "10.0.1.7", "*", "0"),
    *(0, 1, 5, 5.5, -3, 1e3, None),
    *(["a"], ["b", "abc"], ["10.0.0.9", "x"], [None]),
]
MATCHERS = [
    *("a", "", "ab", 0, 5, 5.0, 1000, None),
    *({"prefix": text} for text in ("a", "us-", "")),
    *({"suffix": text} for text in ("c", "-1", "")),
    *({"equals-ignore-case": text} for text in ("a", "ABC", "")),
    {"prefix": {"equals-ignore-case": "AB"}},
    {"suffix": {"equals-ignore-case": "BC"}},
    *({"wildcard": text} for text in ("a*", "*b*", "*/lib/*", "*", "a*c")),
    *({"cidr": text} for text in ("10.0.0.0/24", "10.0.0.0/8")),
    *({"numeric": terms} for terms in (["=", 5], [">", 0, "<=", 5], ["<", 0], [">=", 5.5])),
    *({"anything-but": value} for value in ("a", 5, ["a", "b"], [0, 5])),
    *({"anything-but": {"prefix": "a"}}, {"anything-but": {"suffix": "c"}}),
    *({"anything-but": {"equals-ignore-case": "A"}}, {"anything-but": {"wildcard": "a*"}}),
    *({"exists": True}, {"exists": False}),
]


@pytest.fixture(scope="module")
def moto_matches():
    models = pytest.importorskip("moto.events.models")
    return lambda pattern, event: models.EventPattern.load(json.dumps(pattern)).matches_event(event)


def agrees(matcher, value):
    """Whether moto is as AWS's matcher for such a pair."""
    is_negative = isinstance(matcher, dict) and "anything-but" in matcher
    return not (is_negative and isinstance(value, list))


@pytest.mark.parametrize("matcher", MATCHERS, ids=json.dumps)
def test_moto_finds_the_same(moto_matches, matcher):
    pattern = {"detail": {"field": [matcher]}}
    for value in VALUES:
        event = {"detail": {"field": value, "other": 1}}
        if agrees(matcher, value):
            found = matches(read_pattern(json.dumps(pattern)), event)
            assert found is moto_matches(pattern, event), f"{matcher} and {value!r}"


def test_moto_finds_the_same_of_alternatives(moto_matches):
    for one, other in itertools.pairwise(MATCHERS):
        pattern = {"detail": {"$or": [{"field": [one]}, {"other": [other]}]}}
        for value in VALUES:
            event = {"detail": {"field": value, "other": "a"}}
            if agrees(one, value):
                found = matches(read_pattern(json.dumps(pattern)), event)
                assert found is moto_matches(pattern, event), f"{pattern} and {value!r}"
