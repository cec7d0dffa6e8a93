"""Fn::ForEach: keys, collections, and whatever is wrong with one.

Source: Fn::ForEach in the template reference.
"""

import pytest

from emulator.services.cloudformation.template.errors import TemplateError
from tests.unit.emulator.services.cloudformation.transforms.documents import extended

TOPIC = "{Type: AWS::SNS::Topic}"


def topics(loop: str, head: str = "") -> list[str]:
    """The logical ids that a loop of topics gives."""
    return list(extended(f"{head}Resources:\n  Fn::ForEach::Topics: {loop}\n")["Resources"])


@pytest.mark.parametrize(
    ("collection", "expected"),
    [
        ("[Success, Failure]", ["TopicSuccess", "TopicFailure"]),
        ("[]", []),
        ("[1, true]", ["Topic1", "Topictrue"]),
        ("!Ref List", ["Topica", "Topicb"]),
        ("!FindInMap [M, us-east-1, Names]", ["Topicx", "Topicy"]),
        ("!FindInMap [M, !Ref AWS::Region, Names]", ["Topicx", "Topicy"]),
        ('!Split ["|", "p|q"]', ["Topicp", "Topicq"]),
        ("[!Ref Name, z]", ["Topicn", "Topicz"]),
    ],
)
def test_collections_are_lists_or_functions_that_give_some(
    collection: str, expected: list[str]
) -> None:
    head = (
        'Parameters: {List: {Type: CommaDelimitedList, Default: "a, b"}, '
        "Name: {Type: String, Default: n}}\n"
        "Mappings: {M: {us-east-1: {Names: [x, y]}}}\n"
    )
    assert topics(f"[N, {collection}, {{'Topic${{N}}': {TOPIC}}}]", head) == expected


def test_the_ampersand_makes_a_name_of_what_has_other_characters() -> None:
    found = extended(
        "Resources:\n  Fn::ForEach::Addresses:\n    - Address\n    - [10.0.0.1/32, 10.0.0.2/32]\n"
        "    - 'Rule&{Address}': {Type: T, Properties: {Cidr: !Ref Address, "
        "Name: 'rule ${Address}', Id: 'rule&{Address}', Cost: '${Other} &{Other}'}}\n"
    )

    assert list(found["Resources"]) == ["Rule1000132", "Rule1000232"]
    assert found["Resources"]["Rule1000132"]["Properties"] == {
        "Cidr": "10.0.0.1/32",
        "Name": "rule 10.0.0.1/32",
        "Id": "rule1000132",
        "Cost": "${Other} &{Other}",
    }


def test_a_collection_may_depend_on_the_loop_around_it() -> None:
    found = extended(
        "Mappings: {Sizes: {A: {Names: [one]}, B: {Names: [two, three]}}}\n"
        "Resources:\n  Fn::ForEach::Outer:\n    - Group\n    - [A, B]\n"
        "    - Fn::ForEach::Inner:\n"
        "        - Name\n        - !FindInMap [Sizes, !Ref Group, Names]\n"
        f"        - '${{Group}}${{Name}}': {TOPIC}\n"
    )

    assert list(found["Resources"]) == ["Aone", "Btwo", "Bthree"]


def test_conditions_are_repeated_and_can_be_used() -> None:
    found = extended(
        "Conditions:\n  Fn::ForEach::Stages: [S, [dev, prod], "
        "{'Is${S}': !Equals [!Ref S, prod]}]\n"
        "Resources:\n  A: {Type: T, Properties: {P: !If [Isprod, 1, 2], Q: !If [Isdev, 1, 2]}}\n"
    )

    assert list(found["Conditions"]) == ["Isdev", "Isprod"]
    assert found["Resources"]["A"]["Properties"] == {"P": 1, "Q": 2}


@pytest.mark.parametrize(
    ("loop", "message"),
    [
        ("text", "[/Resources/Fn::ForEach::Topics] layout is incorrect"),
        ("[N, [a]]", "layout is incorrect"),
        ("['', [a], {}]", "layout is incorrect"),
        ("[[N], [a], {}]", "layout is incorrect"),
        ("[N, text, {}]", "layout is incorrect"),
        ("[N, [a], text]", "layout is incorrect"),
        ("[N, !Ref Text, {}]", "Fn::ForEach::Topics: the collection must be a list of texts"),
        ("[N, !Ref Secret, {}]", "CommaDelimitedList without NoEcho"),
        ("[N, !GetAtt A.Arns, {}]", "known before anything is made"),
        ("[N, [[a]], {}]", "must be a list of texts"),
        ("[Text, [a], {}]", "the identifier Text is a parameter's or a resource's name"),
        ("[A, [a], {}]", "the identifier A is a parameter's or a resource's name"),
        (
            f"[N, [a, b], {{Topic: {TOPIC}}}]",
            "Duplicate key 'Topic' when merging keys to parent object in Fn::ForEach",
        ),
        (
            f"[N, [A], {{'${{N}}': {TOPIC}}}]",
            "Duplicate key 'A' when merging keys to parent object in Fn::ForEach",
        ),
        (
            "[N, [a], {'Fn::ForEach::Inner': [N, [b], {}]}]",
            "the identifier N is that of a loop around it",
        ),
        (
            "[N, [a], {'Fn::ForEach::Topics': [K, [b], {}]}]",
            "the name Topics is another loop's",
        ),
        ("[N, [a], {'Fn::ForEach::Text': [K, [b], {}]}]", "the name Text is a parameter's"),
        ("[N, [a], {'Fn::ForEach': [K, [b], {}]}]", "a loop is named Fn::ForEach::NAME"),
    ],
)
def test_a_loop_that_is_none(loop: str, message: str) -> None:
    head = (
        "Parameters: {Text: {Type: String, Default: t}, "
        'Secret: {Type: CommaDelimitedList, NoEcho: true, Default: "a,b"}}\n'
    )
    with pytest.raises(TemplateError) as refusal:
        extended(f"{head}Resources:\n  Fn::ForEach::Topics: {loop}\n  A: {TOPIC}\n")
    assert refusal.value.message.startswith("Transform AWS::LanguageExtensions failed with: ")
    assert message in refusal.value.message


def test_sections_that_take_no_loop() -> None:
    with pytest.raises(TemplateError) as refusal:
        extended(
            "Mappings: {Fn::ForEach::M: [N, [a], {'${N}': {}}]}\n"
            f"Metadata: {{Fn::ForEach::T: [N, [a], {{}}]}}\nResources: {{A: {TOPIC}}}\n"
        )
    for place in ("[/Mappings/Fn::ForEach::M]", "[/Metadata/Fn::ForEach::T]"):
        assert f"{place} Fn::ForEach can be used in Conditions, Outputs, Resources alone" in (
            refusal.value.message
        )


def nested(levels: int, items: str) -> str:
    """Loops within each other."""
    body = "{'" + "".join(f"${{I{level}}}" for level in range(levels)) + f"': {TOPIC}}}"
    for level in reversed(range(levels)):
        body = f"{{'Fn::ForEach::L{level}': [I{level}, {items}, {body}]}}"
    return body


def test_five_loops_within_each_other_are_the_most() -> None:
    assert list(extended(f"Resources: {nested(5, '[a]')}\n")["Resources"]) == ["aaaaa"]
    with pytest.raises(TemplateError) as refusal:
        extended(f"Resources: {nested(6, '[a]')}\n")
    assert "more than 5 loops are within each other" in refusal.value.message


def test_loops_without_measure_end() -> None:
    items = "[" + ",".join(map(str, range(10, 50))) + "]"
    with pytest.raises(TemplateError) as refusal:
        extended(f"Resources: {nested(5, items)}\n")
    assert refusal.value.message == (
        "Transform AWS::LanguageExtensions failed with: All loops together take more than 10000 "
        "turns"
    )
