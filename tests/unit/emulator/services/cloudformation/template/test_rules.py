"""Rules, by the example of the User Guide's page on them."""

from collections.abc import Mapping

import pytest

from emulator.services.cloudformation.template.checks import check
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.reading import read
from emulator.services.cloudformation.template.rules import check_rules
from tests.unit.emulator.services.cloudformation.template.templates import BUCKET, scope_of

TEMPLATE = """
Parameters:
  Environment: {Type: String}
  InstanceType: {Type: String}
  Zones: {Type: CommaDelimitedList, Default: "a,b"}
Rules:
  testInstanceType:
    RuleCondition: !Equals [!Ref Environment, test]
    Assertions:
      - Assert: {'Fn::Contains': [[a1.medium], !Ref InstanceType]}
        AssertDescription: 'For a test environment, the instance type must be a1.medium'
  prodInstanceType:
    RuleCondition: !Equals [!Ref Environment, prod]
    Assertions:
      - Assert: {'Fn::Contains': [[a1.large], !Ref InstanceType]}
        AssertDescription: 'For a production environment, the instance type must be a1.large'
      - Assert: !Not [{'Fn::EachMemberIn': [!Ref Zones, [a, b, c]]}]
  always:
    Assertions:
      - Assert: !Or [!Equals [x, x], {'Fn::EachMemberEquals': [!Ref Zones, a]}]
"""


def unasked(type_name: str) -> Mapping[str, Mapping[str, str]]:
    """The resources of an account where nothing looks any up."""
    raise AssertionError(f"asked for {type_name}")


@pytest.mark.parametrize(
    ("environment", "instance_type", "faults"),
    [
        ("test", "a1.medium", ()),
        ("dev", "a1.nano", ()),
        (
            "test",
            "a1.large",
            (
                "Rule testInstanceType is not satisfied: For a test environment, the instance type "
                "must be a1.medium",
            ),
        ),
        (
            "prod",
            "a1.medium",
            (
                "Rule prodInstanceType is not satisfied: For a production environment, the "
                "instance type must be a1.large",
                "Rule prodInstanceType is not satisfied: an assertion of it does not hold",
            ),
        ),
    ],
)
def test_parameters_have_to_satisfy_the_rules_whose_conditions_are_met(
    environment: str, instance_type: str, faults: tuple[str, ...]
) -> None:
    template = read(TEMPLATE + BUCKET)
    check(template)
    scope = scope_of(template, {"Environment": environment, "InstanceType": instance_type})
    if not faults:
        check_rules(template, scope, unasked)
        return
    with pytest.raises(TemplateError) as refusal:
        check_rules(template, scope, unasked)
    assert refusal.value.faults == faults


def test_rules_that_cannot_be_evaluated_are_refused() -> None:
    template = read(
        BUCKET + "Rules:\n"
        "  R: {RuleCondition: !Condition C, Assertions: [{Assert: !Equals [!Ref Bucket, b]}]}\n"
        "  S: {Assertions: [{AssertDescription: x}, {Assert: !Not [{'Fn::Contains': [a]}]}]}\n"
    )
    with pytest.raises(TemplateError) as refusal:
        check(template)
    assert refusal.value.faults == (
        "Template format error: rule R can be made of [Fn::And, Fn::Contains, "
        "Fn::EachMemberEquals, Fn::EachMemberIn, Fn::Equals, Fn::Not, Fn::Or] alone",
        "Template format error: every assertion of rule S must have an Assert",
        "Template format error: Fn::Contains in rule S requires a list of 2 elements",
        "Template format error: Unresolved dependencies [Bucket]. Rules can reference parameters "
        "alone",
    )
