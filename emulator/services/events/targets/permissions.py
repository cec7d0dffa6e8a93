"""Whether a function's own policy lets a rule invoke it.

Source: "Using resource-based policies for Amazon EventBridge": the statement allows
events.amazonaws.com lambda:InvokeFunction, mostly with the rule's ARN as AWS:SourceArn.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

_SERVICE = "events.amazonaws.com"
_ACTIONS = ("lambda:InvokeFunction", "lambda:*", "*")


def allows(statements: Iterable[Mapping[str, Any]], rule_arn: str) -> bool:
    """Whether any of the statements allows the rule to invoke the function."""
    return any(_allows(statement, rule_arn) for statement in statements)


def _allows(statement: Mapping[str, Any], rule_arn: str) -> bool:
    principal = statement["Principal"]
    is_meant = principal == "*" or (
        isinstance(principal, Mapping) and principal.get("Service") == _SERVICE
    )
    return (
        is_meant
        and statement["Effect"] == "Allow"
        and statement["Action"] in _ACTIONS
        and _holds(statement.get("Condition", {}), rule_arn)
    )


def _holds(condition: Mapping[str, Mapping[str, str]], rule_arn: str) -> bool:
    """The conditions that AddPermission can make."""
    account = rule_arn.split(":")[4]
    asked = condition.get("StringEquals", {})
    source_arn = condition.get("ArnLike", {}).get("AWS:SourceArn", rule_arn)
    return (
        asked.get("AWS:SourceAccount", account) == account
        and "aws:PrincipalOrgID" not in asked
        and _is_like(source_arn, rule_arn)
    )


def _is_like(pattern: str, arn: str) -> bool:
    """Source: ArnLike, where * and ? stand for any text and any character."""
    return fnmatchcase(arn, pattern.replace("[", "[[]"))
