"""Positions of records, and pages of them."""

import math
import random
from typing import Any

import pytest

from emulator.errors import AwsError
from emulator.services.sagemaker.search.ordering import Position, page, position
from emulator.services.sagemaker.search.properties import Kind, Property

REQUEST = {"Resource": "TrainingJob", "MaxResults": 3}


def mixed(value: Any) -> Position:
    found = Property(Kind.MIXED, ("x",), lambda record: iter(record["x"]))
    return position(found, {"x": [value]}, "id")


def test_numbers_come_before_texts_and_what_has_no_order_behind_both() -> None:
    values = ["b", "10", 9.0, "a", "nan", math.nan]
    ordered = sorted(values, key=lambda value: mixed(value).key())
    assert ordered[:2] == [9.0, "10"]
    assert ordered[2:5] == ["a", "b", "nan"]  # the text is no number, as in API_Filter
    assert math.isnan(ordered[5])


@pytest.mark.parametrize("is_descending", [True, False])
def test_pages_go_on_where_the_last_ended_whatever_comes_and_goes(is_descending: bool) -> None:
    drawn = random.Random(3)
    values = [drawn.choice([None, 1, 2, 3]) for _ in range(40)]
    positions = [
        Position(2 if value is None else 0, value or 0, f"job-{number}")
        for number, value in enumerate(values)
    ]
    placed = [(each, {"name": each.identity}) for each in positions]
    seen: list[str] = []
    token, request = None, dict(REQUEST)
    while True:
        if token:
            request["NextToken"] = token
        # One that was shown is deleted before each page.
        placed = [each for each in placed if each[1]["name"] not in seen[-1:]]
        found, token = page(placed, request, is_descending=is_descending)
        seen += [document["name"] for document in found]
        if token is None:
            break
    assert sorted(seen) == sorted(each.identity for each in positions)
    shown = {each.identity: each for each in positions}
    ranks = [shown[name].rank for name in seen]
    assert ranks == sorted(ranks)
    numbers = [shown[name].value for name in seen if shown[name].rank == 0]
    assert numbers == sorted(numbers, reverse=is_descending)


@pytest.mark.parametrize("token", ["", "x", "W10=", "e30="])
def test_a_token_of_others_is_refused(token: str) -> None:
    placed = [(Position(0, 1, "a"), {"name": "a"})]
    with pytest.raises(AwsError, match="none that this search gave"):
        page(placed, {**REQUEST, "NextToken": token}, is_descending=True)
