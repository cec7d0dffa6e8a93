"""When a delivery is tried again, and when it is given up. Pure.

Source: RetryPolicy in the API reference, and "How EventBridge retries delivering events": 24 hours
and 185 times with exponential back-off, unless the target says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ATTEMPTS, _AGE = "MaximumRetryAttempts", "MaximumEventAgeInSeconds"
_DEFAULTS = {_ATTEMPTS: 185, _AGE: 86_400}
_LONGEST_WAIT_SECONDS = 600


@dataclass(frozen=True)
class GivenUp:
    """There is no further attempt.

    Attributes:
        condition: The member of the RetryPolicy that was exhausted.
    """

    condition: str


def next_attempt(
    policy: Mapping[str, Any], attempts: int, ingestion_time: float, now: float
) -> float | GivenUp:
    """When to try again after so many attempts have failed; times are epoch seconds.

    The waits are 1, 2, 4 seconds and so on, up to 10 minutes.
    """
    policy = {**_DEFAULTS, **policy}
    retries = attempts - 1
    if retries >= policy[_ATTEMPTS]:
        return GivenUp(_ATTEMPTS)
    at = now + min(2**retries, _LONGEST_WAIT_SECONDS)
    return GivenUp(_AGE) if at > ingestion_time + policy[_AGE] else at
