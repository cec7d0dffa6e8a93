"""Conditions over the parameters, by the User Guide's examples."""

import pytest

from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.reading import read
from tests.unit.emulator.services.cloudformation.template.templates import BUCKET, scope_of

# "Condition functions" in the template reference, "Conditions" in the User Guide.
TEMPLATE = f"""
Parameters:
  EnvType: {{Type: String, Default: test}}
  Size: {{Type: Number, Default: 1}}
  Zones: {{Type: CommaDelimitedList, Default: "a,b"}}
Mappings:
  Types: {{us-east-1: {{Kind: old}}}}
Conditions:
  Later: !And [!Condition CreateProdResources, !Equals [!Ref Size, 1]]
  CreateProdResources: !Equals [!Ref EnvType, prod]
  MyNot: !Not [!Equals [!Ref EnvType, prod]]
  MyOr: !Or [!Condition CreateProdResources, !Equals [!Select [1, !Ref Zones], b]]
  OfRegion: !Equals [!FindInMap [Types, !Ref "AWS::Region", Kind], old]
  OfText: !Equals [!Sub "${{EnvType}}-${{AWS::StackName}}", !Join ["-", [test, demo]]]
  OfLists: !Equals [!Ref Zones, !Split [",", "a,b"]]
  OfKinds: !Equals ["true", true]
  OfCase: !Equals [Prod, prod]
{BUCKET}
"""


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("prod", {"CreateProdResources": True, "Later": True, "MyNot": False, "MyOr": True}),
        ("test", {"CreateProdResources": False, "Later": False, "MyNot": True, "MyOr": True}),
    ],
)
def test_conditions_follow_the_parameters(environment: str, expected: dict[str, bool]) -> None:
    found = scope_of(read(TEMPLATE), {"EnvType": environment}).conditions
    assert {name: found[name] for name in expected} == expected
    assert list(found)[:2] == ["Later", "CreateProdResources"]


def test_what_is_compared_may_be_made_by_functions() -> None:
    found = scope_of(read(TEMPLATE)).conditions
    assert {name: found[name] for name in ("OfRegion", "OfText", "OfLists")} == {
        "OfRegion": True,
        "OfText": True,
        "OfLists": True,
    }


def test_texts_are_compared_exactly_and_numbers_and_booleans_as_texts() -> None:
    found = scope_of(read(TEMPLATE)).conditions
    assert (found["OfKinds"], found["OfCase"]) == (True, False)


def test_a_key_that_is_not_in_a_mapping_is_told() -> None:
    template = read(
        "Mappings:\n  M: {us-east-1: {Key: v}}\n"
        "Conditions:\n  C: !Equals [!FindInMap [M, !Ref 'AWS::Region', !Ref 'AWS::StackName'], x]\n"
        + BUCKET
    )
    with pytest.raises(TemplateError) as refusal:
        scope_of(template)
    assert refusal.value.message == "Template error: Unable to get mapping for M::us-east-1::demo"
