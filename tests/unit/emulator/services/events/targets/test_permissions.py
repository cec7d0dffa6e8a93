"""Statements as Lambda's AddPermission makes them."""

import pytest

from emulator.services.events.targets.permissions import allows

RULE = "arn:aws:events:us-east-1:123456789012:rule/r"
STATEMENT = {
    "Sid": "s",
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
}


def source_arn(arn):
    return {"Condition": {"ArnLike": {"AWS:SourceArn": arn}}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        (source_arn(RULE), True),
        (source_arn("arn:aws:events:*:123456789012:rule/*"), True),
        (source_arn(RULE.replace("rule/r", "rule/?")), True),
        (source_arn(f"{RULE}-other"), False),
        (source_arn("a*" * 700 + "b"), False),
        ({"Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}}}, True),
        ({"Condition": {"StringEquals": {"AWS:SourceAccount": "111122223333"}}}, False),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, False),
        ({"Principal": "*"}, True),
        ({"Action": "lambda:GetFunction"}, False),
    ],
)
def test_a_statement_lets_the_rule_or_not(changes, expected):
    assert allows([{**STATEMENT, **changes}], RULE) is expected


def test_without_a_statement_nothing_is_allowed():
    assert not allows([], RULE)
