"""What each rule of a condition checks.

Source: "Rule structure reference" of the user guide: VariableCheck and LambdaInvoke.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emulator.context import Context
from emulator.services.codepipeline.actions.lambda_jobs import (
    TOTAL_SECONDS,
    FailedByFunction,
    Question,
    ask,
)
from emulator.services.codepipeline.artifacts import Artifact
from emulator.services.codepipeline.declaration.conditions import (
    CONTAINS,
    EQ,
    LAMBDA_INVOKE,
    MATCHES,
    NE,
    VARIABLE_CHECK,
)
from emulator.services.codepipeline.declaration.plan import Plan, Rule


class NotMet(Exception):
    """The rule was checked, and does not hold; the message says why, the code as of what kind."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Check:
    """One execution of one rule.

    Attributes:
        configuration: The declared one with its variables resolved.
        is_wanted: Whether the condition still waits for the rule.
    """

    context: Context
    plan: Plan
    rule: Rule
    configuration: Mapping[str, str]
    inputs: tuple[Artifact, ...]
    is_wanted: Callable[[], bool]


_HOLDS: Mapping[str, Callable[[str, str], bool]] = {
    EQ: lambda variable, value: variable == value,
    NE: lambda variable, value: variable != value,
    CONTAINS: lambda variable, value: value in variable,
    MATCHES: lambda variable, value: re.fullmatch(value, variable) is not None,
}


def holds(variable: str, operator: str, value: str) -> bool:
    """Whether a variable's value is as a VariableCheck asks."""
    return _HOLDS[operator](variable, value)


def _check_variable(check: Check) -> str:
    given = check.configuration
    variable, operator, value = given["Variable"], given["Operator"], given["Value"]
    name = check.rule.configuration["Variable"]
    told = f"{name} is {variable!r}, checked by {operator} {value!r}"
    if not holds(variable, operator, value):
        raise NotMet("JobFailed", told)
    return told


def _ask_function(check: Check) -> str:
    minutes = check.rule.timeout_minutes
    question = Question(
        check.context,
        check.configuration,
        check.inputs,
        (),
        check.plan.encryption_key,
        check.is_wanted,
        TOTAL_SECONDS if minutes is None else minutes * 60,
    )
    try:
        answer = ask(question)
    except FailedByFunction as failure:
        raise NotMet(failure.code, failure.message) from failure
    summary: str = answer.get("executionDetails", {}).get("summary", "")
    return summary


# Each gives its summary, or raises NotMet; whatever else it raises, it could not check.
PERFORM: Mapping[str, Callable[[Check], str]] = {
    VARIABLE_CHECK: _check_variable,
    LAMBDA_INVOKE: _ask_function,
}
