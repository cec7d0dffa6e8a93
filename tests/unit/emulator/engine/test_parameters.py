from typing import Any

import pytest

from emulator.engine.definition import Definition, Parameter
from emulator.engine.parameters import as_given, execution_values

DEFINITION = Definition(
    (
        Parameter("Text", "String", "a", ("a", "b")),
        Parameter("Count", "Integer", 1),
        Parameter("Rate", "Float", 0.5),
        Parameter("IsOn", "Boolean", False),
        Parameter("Needed", "String"),
    ),
    (),
)


def values(**given: str) -> tuple[dict[str, Any], list[str]]:
    return execution_values(DEFINITION, [{"Name": n, "Value": v} for n, v in given.items()])


def test_defaults_hold_where_nothing_is_given() -> None:
    assert values(Needed="x") == (
        {"Text": "a", "Count": 1, "Rate": 0.5, "IsOn": False, "Needed": "x"},
        [],
    )


def test_texts_become_values_of_the_parameters_type() -> None:
    found, faults = values(Text="b", Count="-3", Rate="1e-3", IsOn="true", Needed="5")

    assert faults == []
    assert found == {"Text": "b", "Count": -3, "Rate": 0.001, "IsOn": True, "Needed": "5"}


@pytest.mark.parametrize("text", ["", " 1", "1_0", "\u0663", "0x1", "nan", "1e999", "9" * 5_000])
def test_what_json_would_not_call_a_number_is_none(text: str) -> None:
    assert len(values(Needed="x", Count=text)[1]) == 1
    assert len(values(Needed="x", Rate=text)[1]) == 1


def test_an_empty_text_is_a_value() -> None:
    assert values(Needed="")[0]["Needed"] == ""


def test_every_fault_is_given() -> None:
    _, faults = values(Text="c", Count="1.5", Rate="x", IsOn="yes", Other="1")

    assert len(faults) == 6


def test_a_parameter_given_twice_is_a_fault() -> None:
    given = [{"Name": "Needed", "Value": "1"}, {"Name": "Needed", "Value": "2"}]

    assert execution_values(DEFINITION, given)[1] == ["Parameter 'Needed' is given twice."]


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (3, "3"), (0.1, "0.1"), ("x", "x")])
def test_a_value_is_written_as_it_can_be_given(value: Any, text: str) -> None:
    assert as_given(value) == text
