"""The conditions of stages and their rules.

Source: "Configure conditions for a stage" and "Rule structure reference" of the user guide.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from emulator.context import Request
from emulator.services.codepipeline.declaration.configuration import check_counts, check_keys
from emulator.services.codepipeline.declaration.faults import STAGE, STRUCTURE, Faults
from emulator.services.codepipeline.declaration.providers import Provider
from emulator.services.codepipeline.declaration.structure import RETRY, ROLLBACK

BEFORE_ENTRY, ON_SUCCESS, ON_FAILURE = "beforeEntry", "onSuccess", "onFailure"
KINDS = (BEFORE_ENTRY, ON_SUCCESS, ON_FAILURE)
FAIL, SKIP = "FAIL", "SKIP"
VARIABLE_CHECK, LAMBDA_INVOKE = "VariableCheck", "LambdaInvoke"
EQ, NE, CONTAINS, MATCHES = "EQ", "NE", "CONTAINS", "MATCHES"

_RESULTS: Mapping[str, tuple[str, ...]] = {
    BEFORE_ENTRY: (FAIL, SKIP),
    ON_SUCCESS: (FAIL, ROLLBACK),
    ON_FAILURE: (ROLLBACK,),
}
_PROVIDERS: Mapping[str, Provider] = {
    VARIABLE_CHECK: Provider(
        required=("Variable", "Value", "Operator"),
        choices={"Operator": (EQ, NE, CONTAINS, MATCHES)},
    ),
    LAMBDA_INVOKE: Provider(
        required=("FunctionName",), optional=("UserParameters",), inputs=(0, 5)
    ),
}
_NOT_EMULATED = ("CloudWatchAlarm", "CodeBuild", "Commands", "DeploymentWindow")


def declared_in(stage: Mapping[str, Any]) -> Iterator[tuple[str, Request]]:
    """Each kind of condition that the stage has, with the one condition that it is."""
    for kind in KINDS:
        for condition in stage.get(kind, {}).get("conditions", ()):
            yield kind, condition


def rules_in(stage: Request, *kinds: str) -> list[Request]:
    """The rules of these kinds of conditions of the stage, of all if none is given."""
    return [
        rule
        for kind, condition in declared_in(stage)
        if kind in (kinds or KINDS)
        for rule in condition.get("rules", ())
    ]


def check(declaration: Request, faults: Faults) -> None:
    """Add the faults of conditions by themselves."""
    for index, stage in enumerate(declaration["stages"]):
        for kind, condition in declared_in(stage):
            where = f"Stage {stage['name']!r}, {kind} condition"
            _check_condition(where, kind, condition, faults)
            if condition.get("result") == ROLLBACK and index == 0:
                faults.add(STRUCTURE, f"{where}: a stage of sources cannot be rolled back")
        _check_failure(stage, faults)


def _check_condition(where: str, kind: str, condition: Request, faults: Faults) -> None:
    result, rules = condition.get("result"), condition.get("rules", ())
    if result not in _RESULTS[kind]:
        found = f"the result {result}" if result else "no result"
        faults.add(STAGE, f"{where} has {found}; expected {' or '.join(_RESULTS[kind])}")
    if not rules:
        faults.add(STAGE, f"{where} has no rules; expected at least one")
    for name, count in Counter(rule["name"] for rule in rules).items():
        if count > 1:
            faults.add(STAGE, f"{where} has more than one rule with the name {name!r}")
    for rule in rules:
        _check_rule(f"{where}, rule {rule['name']!r}", rule, faults)


def _check_failure(stage: Request, faults: Faults) -> None:
    """Hold a stage to one answer to its failure: a result at once, or a condition's."""
    failure = stage.get(ON_FAILURE, {})
    if not failure.get("conditions"):
        return
    where = f"Stage {stage['name']!r}"
    if failure.get("result") == RETRY or "retryConfiguration" in failure:
        faults.add(STAGE, f"{where}: a stage with onFailure conditions cannot be retried by itself")
    elif "result" in failure:
        faults.add_unsupported(
            f"{where}: onFailure has a result of its own beside its conditions; the emulator takes "
            "one of them"
        )


def _check_rule(where: str, rule: Request, faults: Faults) -> None:
    kind = rule["ruleTypeId"]
    provider = _PROVIDERS.get(kind["provider"])
    if kind["provider"] in _NOT_EMULATED:
        faults.add_unsupported(
            f"{where}: the emulator has no rule {kind['provider']}; it has: {', '.join(_PROVIDERS)}"
        )
        return
    if provider is None or kind.get("version", "1") != "1":
        faults.add(
            STAGE,
            f"{where}: there is no rule type of Provider '{kind['provider']}' and Version "
            f"'{kind.get('version', '1')}'",
        )
        return
    configuration = rule.get("configuration", {})
    check_keys(where, configuration, provider, faults, STAGE)
    check_counts(where, rule, provider, faults, STAGE)
    if rule.get("commands"):
        faults.add(STAGE, f"{where}: only the rule Commands takes commands")
    if configuration.get("Operator") == MATCHES:
        _check_pattern(where, configuration.get("Value", ""), faults)


def _check_pattern(where: str, pattern: str, faults: Faults) -> None:
    """Refuse what Python cannot compile: AWS's patterns are Java's, which has more."""
    try:
        re.compile(pattern)
    except re.error as error:
        faults.add_unsupported(
            f"{where}: the emulator cannot read the pattern {pattern!r}: {error}"
        )
