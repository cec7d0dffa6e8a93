"""VariableCheck's operators. Source: "VariableCheck" of the rule structure reference."""

import pytest

from emulator.services.codepipeline.rules import holds


@pytest.mark.parametrize(
    ("variable", "operator", "value", "expected"),
    [
        ("main", "EQ", "main", True),
        ("main", "EQ", "Main", False),
        ("", "NE", "none", True),
        ("none", "NE", "none", False),
        ("update the docs", "CONTAINS", "update", True),
        ("update", "CONTAINS", "update the docs", False),
        ("release-12", "MATCHES", r"release-\d+", True),
        ("a release-12", "MATCHES", r"release-\d+", False),
        ("a.b", "MATCHES", r"a\.b", True),
    ],
)
def test_a_variable_is_compared_as_its_operator_says(
    variable: str, operator: str, value: str, expected: bool
) -> None:
    assert holds(variable, operator, value) is expected
