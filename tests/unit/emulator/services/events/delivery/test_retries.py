"""Source: RetryPolicy in the API reference: 24 hours and 185 attempts unless told otherwise."""

import pytest

from emulator.services.events.delivery.retries import GivenUp, next_attempt


def test_the_waits_double_up_to_ten_minutes():
    waits = [next_attempt({}, attempts, 0, 100) - 100 for attempts in range(1, 13)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]


@pytest.mark.parametrize(
    ("policy", "attempts", "now", "condition"),
    [
        ({}, 186, 100, "MaximumRetryAttempts"),
        ({"MaximumRetryAttempts": 0}, 1, 100, "MaximumRetryAttempts"),
        ({"MaximumRetryAttempts": 2}, 3, 100, "MaximumRetryAttempts"),
        ({}, 20, 86_000, "MaximumEventAgeInSeconds"),
        ({"MaximumEventAgeInSeconds": 60}, 1, 60, "MaximumEventAgeInSeconds"),
    ],
)
def test_a_limit_of_the_policy_ends_the_attempts(policy, attempts, now, condition):
    assert next_attempt(policy, attempts, 0, now) == GivenUp(condition)


def test_within_the_limits_there_is_another_attempt():
    assert next_attempt({"MaximumRetryAttempts": 2}, 2, 0, 100) == 102
    assert next_attempt({"MaximumEventAgeInSeconds": 60}, 1, 0, 59) == 60
