"""Expected texts: the examples of "Amazon EventBridge input transformation" of the user guide."""

import json

import pytest

from emulator.services.events.inputs import Occasion, input_faults, render, value_at
from emulator.services.events.inputs.json_paths import MISSING, InvalidPath
from emulator.services.events.inputs.templates import InvalidTemplate

EVENT = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2015-11-11T21:29:54Z",
    "region": "us-east-1",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
    "detail": {"instance-id": "i-0123456789", "state": "RUNNING"},
}
PATHS = {
    "timestamp": "$.time",
    "instance": "$.detail.instance-id",
    "state": "$.detail.state",
    "resource": "$.resources[0]",
    "detail": "$.detail",
    "nothing": "$.detail.nothing",
}
RULE_ARN = "arn:aws:events:us-east-2:123456789012:rule/example"
OCCASION = Occasion(EVENT, RULE_ARN, "example", 1447277394.7)


def transformed(template):
    target = {"Id": "1", "InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": template}}
    assert input_faults(target) == []
    return render(target, OCCASION)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'),
        (
            '"instance \\"<instance>\\" is in <state>"',
            '"instance \\"i-0123456789\\" is in RUNNING"',
        ),
        (
            '{\n  "instance" : <instance>,\n  "state": <state>\n}',
            '{"instance":"i-0123456789","state":"RUNNING"}',
        ),
        (
            '{"instance" : <instance>, "state": "<state>",'
            ' "instanceStatus": "instance \\"<instance>\\" is in <state>"}',
            '{"instance":"i-0123456789","state":"RUNNING",'
            '"instanceStatus":"instance \\"i-0123456789\\" is in RUNNING"}',
        ),
        (
            '{"instance": <instance>, "state": [9, <state>, true], "Transformed": "Yes"}',
            '{"instance":"i-0123456789","state":[9,"RUNNING",true],"Transformed":"Yes"}',
        ),
        ('"<aws.events.rule-name> triggered"', '"example triggered"'),
        ('{"ruleArn": <aws.events.rule-arn>}', f'{{"ruleArn":"{RULE_ARN}"}}'),
        ('{"at": <aws.events.event.ingestion-time>}', '{"at":"2015-11-11T21:29:54Z"}'),
        ('{"r": <resource>}', f'{{"r":"{EVENT["resources"][0]}"}}'),
        # A variable whose path is not in the event does not appear.
        ('"state <state>, nothing <nothing>."', '"state RUNNING, nothing ."'),
        # Objects within quotes lose theirs.
        ('"<detail>"', '"{instance-id: i-0123456789, state: RUNNING}"'),
        ('"first <state>"\n"second <instance>"', '"first RUNNING"\n"second i-0123456789"'),
    ],
)
def test_a_template_is_filled_as_documented(template, expected):
    assert transformed(template) == expected


def test_the_event_has_its_detail_in_one_reserved_variable_only():
    template = '{"short": <aws.events.event>, "whole": <aws.events.event.json>}'
    found = json.loads(transformed(template))
    assert found["whole"] == EVENT
    assert found["short"] == {name: EVENT[name] for name in EVENT if name != "detail"}


def test_a_value_that_is_missing_outside_of_quotes_leaves_no_json():
    with pytest.raises(InvalidTemplate, match="expected JSON"):
        transformed('{"nothing": <nothing>}')


def test_a_value_with_a_placeholder_in_it_is_not_filled_again():
    event = {**EVENT, "detail": {"state": "<instance>"}}
    target = {
        "Id": "1",
        "InputTransformer": {
            "InputPathsMap": {"state": "$.detail.state", "instance": "$.id"},
            "InputTemplate": '"<state>"',
        },
    }
    assert render(target, Occasion(event, RULE_ARN, "example", 0)) == '"<instance>"'


def test_without_a_choice_the_target_gets_the_event():
    assert json.loads(render({"Id": "1"}, OCCASION)) == EVENT


def test_a_constant_and_a_part_are_given_as_they_are():
    assert render({"Id": "1", "Input": '{"a": 1}'}, OCCASION) == '{"a": 1}'
    assert render({"Id": "1", "InputPath": "$.detail.state"}, OCCASION) == '"RUNNING"'
    assert json.loads(render({"Id": "1", "InputPath": "$"}, OCCASION)) == EVENT
    assert render({"Id": "1", "InputPath": "$.detail.nothing"}, OCCASION) == "null"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.detail['instance-id']", "i-0123456789"),
        ('$["detail-type"]', "EC2 Instance State-change Notification"),
        ("$.resources[*]", EVENT["resources"]),
        ("$.detail.*", ["i-0123456789", "RUNNING"]),
        ("$.resources[1]", MISSING),
        ("$.source.x", MISSING),
    ],
)
def test_a_path_finds_its_value(path, expected):
    assert value_at(EVENT, path) == expected


@pytest.mark.parametrize("path", ["detail", "$detail", "$.a..b", "$.a[", "$.a[-1]"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(InvalidPath, match="path|expected"):
        value_at(EVENT, path)


def test_all_faults_of_a_target_come_at_once():
    target = {
        "Id": "t",
        "Input": "{",
        "InputPath": "detail",
        "InputTransformer": {
            "InputPathsMap": {"aws.mine": "$.a", "b": "b"},
            "InputTemplate": '"<c>"',
        },
    }
    faults = input_faults(target)
    assert faults == [
        "Only one of Input, InputPath, InputTransformer can be given for target t.",
        "JSON syntax error in input for target t.",
        "InputPath for target t is not valid: a JSON path begins with $, got 'detail'.",
        "InputPathsMap for target t has the reserved name aws.mine: names cannot begin with AWS.",
        "InputPathsMap for target t: b is not valid: a JSON path begins with $, got 'b'.",
        "InputTemplate for target t contains invalid placeholder c.",
    ]


def test_a_template_that_cannot_become_json_is_refused_with_its_target():
    target = {"Id": "t", "InputTransformer": {"InputTemplate": "the rule <aws.events.rule-name>"}}
    (fault,) = input_faults(target)
    assert fault.startswith("InputTemplate for target t is not valid: expected JSON")
