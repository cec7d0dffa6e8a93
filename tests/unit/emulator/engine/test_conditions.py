from typing import Any

import pytest

from emulator.engine.conditions import all_hold, holds, read_conditions
from emulator.engine.definition import Condition
from emulator.engine.members import Members
from emulator.engine.references import Scope, UnresolvedReference

SCOPE = Scope({"Limit": 5}, {}, lambda _: {}, lambda *_: "", lambda _: b"")


def read(*raw: Any) -> tuple[tuple[Condition, ...], list[str]]:
    faults: list[str] = []
    conditions = read_conditions({"Conditions": list(raw)}, Members({}, "Step 'C'", faults))
    return conditions, faults


def compare(kind: str, left: Any, right: Any) -> bool:
    (condition,), _ = read({"Type": kind, "LeftValue": left, "RightValue": right})
    return holds(condition, SCOPE)


@pytest.mark.parametrize(
    ("kind", "smaller", "equal", "larger"),
    [
        ("Equals", False, True, False),
        ("GreaterThan", False, False, True),
        ("GreaterThanOrEqualTo", False, True, True),
        ("LessThan", True, False, False),
        ("LessThanOrEqualTo", True, True, False),
    ],
)
def test_each_comparison_on_numbers(kind: str, smaller: bool, equal: bool, larger: bool) -> None:
    limit = {"Get": "Parameters.Limit"}

    assert compare(kind, 4.5, limit) is smaller
    assert compare(kind, 5.0, limit) is equal
    assert compare(kind, 6, limit) is larger


@pytest.mark.parametrize(
    ("left", "right", "is_equal"),
    [("a", "a", True), ("a", "b", False), (True, True, True), (True, 1, False), ("5", 5, True)],
)
def test_equality_of_other_values(left: Any, right: Any, is_equal: bool) -> None:
    assert compare("Equals", left, right) is is_equal


def test_text_that_says_a_number_is_compared_as_one() -> None:
    assert compare("LessThan", "9", 10) is True
    assert compare("GreaterThan", 10, "9.5") is True


@pytest.mark.parametrize(("left", "right"), [("a", 1), (True, 1), ([1], 2), (None, 1)])
def test_values_without_an_order_are_refused(left: Any, right: Any) -> None:
    with pytest.raises(UnresolvedReference, match="LessThan cannot order"):
        compare("LessThan", left, right)


def test_in_not_and_or() -> None:
    is_in = {"Type": "In", "QueryValue": {"Get": "Parameters.Limit"}, "Values": [1, 5]}
    (inside, outside, either, neither), faults = read(
        is_in,
        {"Type": "Not", "Condition": is_in},
        {"Type": "Or", "Conditions": [{"Type": "Not", "Condition": is_in}, is_in]},
        {"Type": "Or", "Conditions": []},
    )

    assert faults == []
    assert [holds(c, SCOPE) for c in (inside, outside, either, neither)] == [
        True,
        False,
        True,
        False,
    ]
    assert all_hold((inside, either), SCOPE) is True
    assert all_hold((inside, outside), SCOPE) is False


def test_every_fault_of_a_list_of_conditions_is_noted_with_its_place() -> None:
    _, faults = read(
        {"Type": "Equals", "LeftValue": 1},
        {"Type": "Between", "LeftValue": 1},
        {"Type": "Not", "Condition": {"Type": "In", "QueryValue": 1}},
        {"Type": "Or", "Conditions": ["x"]},
        {},
        {"Type": "Equals", "LeftValue": {"a": 1, "b": 2}, "RightValue": [1]},
        {"Type": "In", "QueryValue": [], "Values": [1, {"Get": "Parameters.Limit"}, [2]]},
    )

    assert faults == [
        "Step 'C': Conditions[0]: RightValue is required.",
        "Step 'C': Conditions[1]: unknown condition 'Between'; the conditions are: Equals,"
        " GreaterThan, GreaterThanOrEqualTo, LessThan, LessThanOrEqualTo, In, Not, Or.",
        "Step 'C': Conditions[2].Condition: Values is required.",
        "Step 'C': Conditions[3].Conditions[0]: must be an object, not 'x'.",
        "Step 'C': Conditions[3].Conditions[0]: Type is required.",
        "Step 'C': Conditions[4]: Type is required.",
        "Step 'C': Conditions[5]: LeftValue must be a single value or an expression, not"
        " {'a': 1, 'b': 2}.",
        "Step 'C': Conditions[5]: RightValue must be a single value or an expression, not [1].",
        "Step 'C': Conditions[6]: Values[2] must be a single value or an expression, not [2].",
        "Step 'C': Conditions[6]: QueryValue must be a single value or an expression, not [].",
    ]
