"""Steps that decide: condition and fail."""

from collections.abc import Sequence
from typing import Any


def less_than(left: Any, right: Any) -> Any:
    """Holds when left < right, both read when the pipeline runs."""
    from sagemaker.core.workflow.conditions import ConditionLessThan

    return ConditionLessThan(left, right)


def at_most(left: Any, right: Any) -> Any:
    """Holds when left <= right, both read when the pipeline runs."""
    from sagemaker.core.workflow.conditions import ConditionLessThanOrEqualTo

    return ConditionLessThanOrEqualTo(left, right)


def greater_than(left: Any, right: Any) -> Any:
    """Holds when left > right, both read when the pipeline runs."""
    from sagemaker.core.workflow.conditions import ConditionGreaterThan

    return ConditionGreaterThan(left, right)


def at_least(left: Any, right: Any) -> Any:
    """Holds when left >= right, both read when the pipeline runs."""
    from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo

    return ConditionGreaterThanOrEqualTo(left, right)


def condition_step(
    name: str, conditions: Sequence[Any], then: Sequence[Any], otherwise: Sequence[Any]
) -> Any:
    """A step that runs the steps of `then` if all conditions hold, else those of `otherwise`."""
    from sagemaker.mlops.workflow.condition_step import ConditionStep

    return ConditionStep(
        name, conditions=list(conditions), if_steps=list(then), else_steps=list(otherwise)
    )


def fail_step(name: str, message: Any) -> Any:
    """A step that ends the execution as Failed, with this message as the reason."""
    from sagemaker.mlops.workflow.fail_step import FailStep

    return FailStep(name, error_message=message)
