"""A step's CacheConfig and RetryPolicies, as a definition writes them.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching-enabling.html
"""

from emulator.engine.definition import CacheConfig, RetryPolicy
from emulator.engine.durations import parse_duration
from emulator.engine.members import Members
from emulator.engine.step_types import EMULATED

EXCEPTION_TYPES = (
    "Step.SERVICE_FAULT",
    "Step.THROTTLING",
    "SageMaker.JOB_INTERNAL_ERROR",
    "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
)
_DEFAULT_MAX_ATTEMPTS = 5


def read_cache(members: Members, step_type: str) -> CacheConfig | None:
    """A step's CacheConfig, if it has one that can be read."""
    raw = members.take("CacheConfig", dict)
    if raw is None:
        return None
    if EMULATED[step_type].cache_attributes is None:
        members.fault(f"steps of Type '{step_type}' take no CacheConfig")
        return None
    cache = members.inner("CacheConfig", raw)
    cache.refuse_unknown("Enabled", "ExpireAfter")
    is_enabled = cache.take("Enabled", bool, is_required=True) or False
    expire_after = cache.take("ExpireAfter", str)
    expire_after_seconds = None
    if expire_after is not None:
        try:
            expire_after_seconds = parse_duration(expire_after)
        except ValueError as error:
            cache.fault(f"ExpireAfter: {error}")
    return CacheConfig(is_enabled, expire_after_seconds)


def read_retry_policies(members: Members, step_type: str) -> tuple[RetryPolicy, ...]:
    """A step's RetryPolicies, in the order in which they are tried."""
    raw_policies = members.take("RetryPolicies", list) or []
    if raw_policies and not EMULATED[step_type].is_retryable:
        members.fault(f"steps of Type '{step_type}' take no RetryPolicies")
        return ()
    policies = []
    for number, raw in enumerate(raw_policies):
        policy = members.inner(f"RetryPolicies[{number}]", raw)
        types = policy.take("ExceptionType", list, is_required=True) or []
        for exception_type in types:
            if exception_type not in EXCEPTION_TYPES:
                policy.fault(
                    f"unknown ExceptionType {exception_type!r}; the types are: "
                    + ", ".join(EXCEPTION_TYPES)
                )
        policies.append(_read_limits(policy, tuple(map(str, types))))
    return tuple(policies)


def _read_limits(policy: Members, exception_types: tuple[str, ...]) -> RetryPolicy:
    policy.refuse_unknown(
        "ExceptionType", "IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin"
    )
    interval_seconds = policy.number("IntervalSeconds", least=0, most=43_200, default=1.0)
    backoff_rate = policy.number("BackoffRate", least=0, default=2.0)
    max_attempts = policy.number("MaxAttempts", least=0, most=20, is_whole=True)
    expire_after_minutes = policy.number("ExpireAfterMin", least=0, most=14_400)
    if max_attempts is not None and expire_after_minutes is not None:
        policy.fault("give either MaxAttempts or ExpireAfterMin, not both")
    if max_attempts is None and expire_after_minutes is None:
        max_attempts = _DEFAULT_MAX_ATTEMPTS
    return RetryPolicy(
        exception_types=exception_types,
        interval_seconds=interval_seconds or 0.0,
        backoff_rate=backoff_rate or 0.0,
        max_attempts=None if max_attempts is None else int(max_attempts),
        expire_after_minutes=expire_after_minutes,
    )
