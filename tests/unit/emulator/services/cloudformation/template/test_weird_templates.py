"""Whatever a template says, it is taken or refused as the caller's fault, with no other error."""

import contextlib
import json
import random
from typing import Any

import pytest

from emulator.errors import AwsError
from emulator.services.cloudformation.schemas import coerced, property_faults
from emulator.services.cloudformation.template.checks import check
from emulator.services.cloudformation.template.conditions import scope_with_conditions
from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.graph import creation_order, dependencies
from emulator.services.cloudformation.template.parameters import parameter_values
from emulator.services.cloudformation.template.reading import read
from emulator.services.cloudformation.template.resolving import resolve
from emulator.services.cloudformation.template.rules import check_rules
from emulator.services.cloudformation.template.scope import Scope
from tests.unit.emulator.services.cloudformation.template.templates import PSEUDO

NAMES = ["A", "B", "P", "C", "M", "AWS::Region", "AWS::NoValue", "Arn", "a", "b-c", "", "0"]
SCALARS = [*NAMES, "${A}", "${A.Arn}", "${!A", "{{resolve:ssm:x}}", 0, -1, 1.5, True, 10**30]
MEMBERS = ["Type", "Properties", "DependsOn", "Condition", "Default", "Value", "Export", "Name"]
TYPES = [
    *["AWS::S3::Bucket", "AWS::SNS::Topic", "Custom::X"],
    *["String", "Number", "List<Number>", "AWS::EC2::Subnet::Id"],
]
SECTIONS = ["Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Rules", "Transform"]
# By function, the kinds of what its argument is made of, when it is made rightly.
SHAPES: dict[str, Any] = {
    "Fn::Base64": "text",
    "Fn::Cidr": ["text", "index", "index"],
    "Fn::Contains": ["list", "text"],
    "Fn::FindInMap": ["mapping", "key", "key"],
    "Fn::GetAZs": "text",
    "Fn::GetAtt": ["resource", "attribute"],
    "Fn::If": ["condition", "any", "any"],
    "Fn::ImportValue": "text",
    "Fn::Join": ["key", "list"],
    "Fn::Length": "list",
    "Fn::Select": ["index", "list"],
    "Fn::Split": ["key", "text"],
    "Fn::Sub": "sub",
    "Ref": "name",
}
WORDS: dict[str, list[Any]] = {
    "attribute": ["Arn", "TopicArn", {"Ref": "P"}],
    "condition": ["C", "D"],
    "index": [0, "1", 2, {"Ref": "P"}],
    "key": ["a", "b", "-"],
    "mapping": ["M", {"Ref": "P"}],
    "name": ["A", "P", "AWS::NoValue", "AWS::NotificationARNs", "AWS::StackName"],
    "resource": ["A"],
    "sub": ["${A}-${P}", "${A.Arn}", ["${X}", {"X": {"Ref": "P"}}], "${AWS::Region}${!P}"],
}


def argument(chance: random.Random, kind: Any, depth: int) -> Any:
    """What a function has to be given, or at times anything."""
    if chance.random() < 0.05:
        return value(chance, depth)
    if isinstance(kind, list):
        return [argument(chance, part, depth) for part in kind]
    if kind == "list":
        return [value(chance, depth) for _ in range(chance.randrange(4))]
    return chance.choice(WORDS[kind]) if kind in WORDS else value(chance, depth)


def value(chance: random.Random, depth: int) -> Any:
    """Some value, more often than not a function."""
    kind = chance.random()
    if depth <= 0 or kind < 0.3:
        return chance.choice(SCALARS)
    if kind < 0.4:
        return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind < 0.5:
        return {chance.choice(NAMES + MEMBERS): value(chance, depth - 1) for _ in range(3)}
    name = chance.choice(list(SHAPES))
    return {name: argument(chance, SHAPES[name], depth - 1)}


def boolean(chance: random.Random, depth: int) -> Any:
    """A condition, mostly a right one."""
    name = chance.choice(["Fn::And", "Fn::Or", "Fn::Not", "Condition", "Fn::Equals"])
    if depth <= 0 or name == "Fn::Equals":
        return {"Fn::Equals": [chance.choice(["1", {"Ref": "P"}]), value(chance, 1)]}
    if name == "Condition":
        return {name: chance.choice(["C", "D"])}
    return {name: [boolean(chance, depth - 1) for _ in range(1 if name == "Fn::Not" else 2)]}


def looked_up(chance: random.Random) -> Any:
    """What a rule compares: some value, or something of the account."""
    name = chance.choice(["Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll", ""])
    words = ["P", "VpcId", "Tags.a", "AWS::EC2::Subnet::Id", value(chance, 1)]
    argument = chance.choice(words) if name == "Fn::RefAll" else chance.choices(words, k=2)
    return {name: argument} if name else value(chance, 1)


def shaped(chance: random.Random) -> dict[str, Any]:
    """A template that is one at first sight."""
    return {
        "Parameters": {"P": {"Type": chance.choice(TYPES[3:]), "Default": "1"}},
        "Mappings": {"M": {"a": {"a": "x", "b": ["y"]}}},
        "Conditions": {"C": boolean(chance, 1), "D": {"Fn::Equals": ["a", {"Ref": "P"}]}},
        "Resources": {
            "A": {"Type": chance.choice(TYPES[:3])},
            "B": {"Type": chance.choice(TYPES[:3]), "Properties": {"P": value(chance, 3)}},
        },
        "Outputs": {"O": {"Value": value(chance, 2)}},
        "Rules": {"R": {"Assertions": [{"Assert": {"Fn::Equals": ["1", looked_up(chance)]}}]}},
    }


def shapeless(chance: random.Random) -> dict[str, Any]:
    """Sections of anything."""
    return {name: value(chance, 4) for name in chance.sample(SECTIONS, 4)}


def use(template: Template) -> None:
    """All that is done with a template that has passed its check."""
    parameters = parameter_values(template, {}, ssm=lambda name: name)
    scope = scope_with_conditions(template, Scope(PSEUDO, parameters=parameters))
    with contextlib.suppress(TemplateError):
        check_rules(template, scope, lambda _: {"1": {"VpcId": "1"}})
    creation_order(dependencies(template, scope.conditions))
    for resource in template.resources.values():
        properties = resolve(resource.properties, scope)
        coerced(resource.type, properties)
        property_faults(resource.type, properties)
    for output in template.outputs.values():
        resolve([output.value, output.export_name], scope)


def unchecked(template: Template) -> None:
    """What must not break even on a value that no check has seen."""
    for resource in template.resources.values():
        resolve(resource.properties, Scope(PSEUDO))


def outcome(text: str) -> str:
    """How far a template comes."""
    reached = "read"
    try:
        template = read(text)
        with contextlib.suppress(AwsError):
            unchecked(template)
        reached = "checked"
        check(template)
        reached = "used"
        use(template)
    except AwsError:
        return reached
    return "taken"


@pytest.mark.parametrize(
    ("make", "outcomes"),
    [(shaped, {"checked", "used", "taken"}), (shapeless, {"read"})],
)
def test_a_strange_template_is_taken_or_refused(make: Any, outcomes: set[str]) -> None:
    texts = [json.dumps(make(random.Random(seed))) for seed in range(400)]
    assert {outcome(text) for text in texts} >= outcomes


@pytest.mark.parametrize(
    "separator", [":", ": ", "\n", "- ", "  ", "{", "!Sub ", "&a ", "*a ", '"']
)
def test_a_strange_text_is_taken_or_refused(separator: str) -> None:
    chance = random.Random(separator)
    words = [*SECTIONS, *MEMBERS, *SHAPES, "- ", "\n  "]
    texts = [separator.join(chance.choices(words, k=8)) for _ in range(300)]
    assert "read" in {outcome(text) for text in texts}


@pytest.mark.parametrize(
    ("opening", "closing"),
    [('{"a":', "}"), ("[", "]"), ('{"Fn::Base64":', "}"), ('{"Fn::Join":["",[', "]]}")],
)
def test_a_deep_value_is_taken_or_refused(opening: str, closing: str) -> None:
    def text(depth: int) -> str:
        start, _, end = json.dumps(
            {
                "Resources": {
                    "A": {"Type": "Custom::A", "Properties": {"ServiceToken": "t", "P": "P!"}}
                }
            }
        ).partition('"P!"')
        return start + opening * depth + '"x"' + closing * depth + end

    assert {outcome(text(depth)) for depth in (10, 30, 45, 90, 95, 100, 300, 900)} >= {
        "read",
        "taken",
    }
