"""Flags and the environment behind them."""

import argparse

import pytest

from pipelines.command_line import (
    UsageError,
    add_target_flags,
    pairs,
    region_from,
    target_from,
)

ROLE = "arn:aws:iam::123456789012:role/name"
ENVIRONMENT = {"ROLE": ROLE, "ARTIFACT_BUCKET": "my-bucket", "AWS_REGION": "eu-west-1"}


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_target_flags(parser, "ROLE")
    return parser.parse_args(words)


def test_the_build_environment_gives_what_no_flag_does() -> None:
    target = target_from(parsed(), ENVIRONMENT, "ROLE")
    assert (target.role_arn, target.bucket, target.region) == (ROLE, "my-bucket", "eu-west-1")


def test_a_flag_wins_over_the_environment() -> None:
    target = target_from(parsed("--default-bucket", "other-bucket"), ENVIRONMENT, "ROLE")
    assert target.bucket == "other-bucket"


def test_all_that_is_missing_is_named_with_the_variables() -> None:
    with pytest.raises(UsageError) as raised:
        target_from(parsed(), {}, "ROLE")
    assert str(raised.value) == (
        "Missing: --role-arn (or ROLE), --default-bucket (or ARTIFACT_BUCKET), "
        "--region (or AWS_REGION or AWS_DEFAULT_REGION)."
    )


def test_a_malformed_role_is_a_fault_of_the_command() -> None:
    with pytest.raises(UsageError, match="role_arn: got 'admin'"):
        target_from(parsed("--role-arn", "admin"), ENVIRONMENT, "ROLE")


def test_the_region_may_come_from_either_variable() -> None:
    assert region_from(parsed(), {"AWS_DEFAULT_REGION": "eu-west-2"}) == "eu-west-2"
    with pytest.raises(UsageError, match="--region"):
        region_from(parsed(), {})


def test_pairs_keep_what_follows_the_first_equals_sign() -> None:
    assert pairs(["A=1", "B=s3://b/x=y", "C="], "--parameter") == {
        "A": "1",
        "B": "s3://b/x=y",
        "C": "",
    }


def test_all_pairs_that_are_none_are_named() -> None:
    with pytest.raises(UsageError, match=r"--tag: got 'a', '=b', expected NAME=VALUE"):
        pairs(["a", "x=y", "=b"], "--tag")


def test_a_name_that_is_given_two_values_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--tag: got a twice: '1' and '2'"):
        pairs(["a=1", "b=1", "b=1", "a=2"], "--tag")
