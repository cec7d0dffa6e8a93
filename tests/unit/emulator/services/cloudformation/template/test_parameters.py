"""Values of parameters, and what AWS says of values that it does not take."""

from collections.abc import Mapping

import pytest

from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.parameter_types import resource_type
from emulator.services.cloudformation.template.parameters import parameter_values
from emulator.services.cloudformation.template.reading import read
from emulator.services.cloudformation.template.scope import ParameterValue
from tests.unit.emulator.services.cloudformation.template.templates import BUCKET

STORE = {"/image": "ami-1", "/zones": "a, b"}


def values(
    declarations: str,
    given: Mapping[str, str] | None = None,
    previous: Mapping[str, str] | None = None,
) -> Mapping[str, ParameterValue]:
    template = read(f"Parameters:\n{declarations}\n{BUCKET}")
    return parameter_values(template, given or {}, previous, STORE.__getitem__)


def faults(declarations: str, given: Mapping[str, str]) -> tuple[str, ...]:
    with pytest.raises(TemplateError) as refusal:
        values(declarations, given)
    assert refusal.value.code == "ValidationError"
    return refusal.value.faults


def test_a_value_is_as_given_else_as_before_else_the_default() -> None:
    declared = "\n".join(f"  {name}: {{Type: String, Default: default}}" for name in "ABC")
    found = values(declared, {"A": "given"}, {"A": "before", "B": "before"})
    assert {name: value.text for name, value in found.items()} == {
        "A": "given",
        "B": "before",
        "C": "default",
    }


@pytest.mark.parametrize(
    ("kind", "text", "resolved"),
    [
        ("String", "a,b", "a,b"),
        ("Number", "1.50", "1.50"),
        ("List<Number>", "80, 20", ("80", "20")),
        # "test,dev,prod" of the User Guide's CommaDelimitedList, with the space that it drops.
        ("CommaDelimitedList", "test, dev,prod", ("test", "dev", "prod")),
        ("CommaDelimitedList", "", ("",)),
        ("AWS::EC2::VPC::Id", "vpc-1", "vpc-1"),
        ("List<AWS::EC2::Subnet::Id>", "subnet-1,subnet-2", ("subnet-1", "subnet-2")),
        ("AWS::SSM::Parameter::Name", "/image", "/image"),
        ("AWS::SSM::Parameter::Value<String>", "/image", "ami-1"),
        ("AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "/image", "ami-1"),
        ("AWS::SSM::Parameter::Value<List<String>>", "/zones", ("a", "b")),
        ("AWS::SSM::Parameter::Value<CommaDelimitedList>", "/zones", ("a", "b")),
    ],
)
def test_each_type_gives_ref_a_text_or_a_list(
    kind: str, text: str, resolved: str | tuple[str, ...]
) -> None:
    found = values(f"  P: {{Type: '{kind}'}}", {"P": text})["P"]
    assert (found.text, found.resolved) == (text, resolved)


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::EC2::Subnet::Id",
        "List<AWS::EC2::Subnet::Id>",
        "AWS::SSM::Parameter::Value<AWS::EC2::Subnet::Id>",
        "AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>",
    ],
)
def test_each_value_is_of_the_type_within(kind: str) -> None:
    assert resource_type(kind) == "AWS::EC2::Subnet::Id"


def test_no_echo_is_shown_as_asterisks() -> None:
    found = values("  P: {Type: String, NoEcho: true}\n  Q: {Type: String}", {"P": "x", "Q": "y"})
    assert (found["P"].shown, found["P"].resolved) == ("****", "x")
    assert found["Q"].shown == "y"


@pytest.mark.parametrize(
    ("declaration", "text", "message"),
    [
        (
            "{Type: String, AllowedValues: [a, b]}",
            "c",
            "Parameter 'P' must be one of AllowedValues",
        ),
        (
            "{Type: CommaDelimitedList, AllowedValues: [a, b]}",
            "a,c",
            "Parameter 'P' must be one of AllowedValues",
        ),
        (
            "{Type: String, AllowedPattern: '[a-z]+'}",
            "abc1",
            "Parameter 'P' must match pattern [a-z]+",
        ),
        (
            "{Type: 'AWS::EC2::VPC::Id', AllowedPattern: 'vpc-.+'}",
            "x",
            "Parameter 'P' must match pattern vpc-.+",
        ),
        (
            "{Type: String, MinLength: 8}",
            "short",
            "Parameter 'P' must contain at least 8 characters",
        ),
        (
            "{Type: String, MaxLength: 4}",
            "longer",
            "Parameter 'P' must contain at most 4 characters",
        ),
        ("{Type: Number}", "many", "Parameter 'P' must be a number"),
        ("{Type: List<Number>}", "1,x", "Parameter 'P' must be a number"),
        ("{Type: Number, MinValue: 5}", "4.9", "Parameter 'P' must be a number not less than 5"),
        ("{Type: Number, MaxValue: 5}", "6", "Parameter 'P' must be a number not greater than 5"),
        # "Malformed input-Parameter" in the User Guide, worded as CreateStack answers today.
        (
            "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: must be lower}",
            "A",
            "Parameter P failed to satisfy constraint: must be lower",
        ),
    ],
)
def test_tells_which_constraint_a_value_does_not_satisfy(
    declaration: str, text: str, message: str
) -> None:
    assert faults(f"  P: {declaration}", {"P": text}) == (message,)


def test_the_constraints_of_an_ssm_type_are_on_the_name() -> None:
    declared = "  P: {Type: 'AWS::SSM::Parameter::Value<String>', AllowedValues: [/image]}"
    assert values(declared, {"P": "/image"})["P"].resolved == "ami-1"
    assert faults(declared, {"P": "ami-1"}) == ("Parameter 'P' must be one of AllowedValues",)


def test_defaults_have_to_satisfy_the_constraints_too() -> None:
    assert faults("  P: {Type: Number, Default: 9, MaxValue: 5}", {}) == (
        "Parameter 'P' must be a number not greater than 5",
    )


def test_tells_every_fault_at_once() -> None:
    declared = (
        "  A: {Type: String}\n  B: {Type: String}\n  C: {Type: Number}\n"
        "  D: {Type: String, AllowedValues: [x]}"
    )
    assert faults(declared, {"C": "c", "D": "d", "X": "", "Y": ""}) == (
        "Parameters: [X, Y] do not exist in the template",
        "Parameters: [A, B] must have values",
        "Parameter 'C' must be a number",
        "Parameter 'D' must be one of AllowedValues",
    )


def test_an_empty_text_is_a_value() -> None:
    assert values("  P: {Type: String}", {"P": ""})["P"].text == ""


def test_tells_of_ssm_parameters_that_there_are_not() -> None:
    kind = "AWS::SSM::Parameter::Value<String>"
    assert faults(f"  P: {{Type: {kind}}}\n  Q: {{Type: {kind}}}", {"P": "/a", "Q": "/b"}) == (
        "Unable to fetch parameters [/a, /b] from parameter store for this account.",
    )
