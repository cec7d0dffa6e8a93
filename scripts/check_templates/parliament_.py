"""parliament: IAM's own rules, over every statement of every policy.

A resource's Metadata says which do not hold for it: ``parliament: {skip: [{id, comment}]}``.
"""

import copy
import json
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.check_templates.branches import branch
from scripts.check_templates.findings import Finding, Report, Suppression
from scripts.check_templates.loading import Template
from scripts.check_templates.policies import Policy, policies
from scripts.check_templates.samples import ARNS
from scripts.check_templates.suppressions import declared

with warnings.catch_warnings():
    # It imports pkg_resources, which says at once that it will go.
    warnings.simplefilter("ignore")
    import parliament


def check(templates: Mapping[str, Template]) -> Report:
    """Analyses each policy as it is when all conditions hold, and when none does."""
    found = {
        finding
        for path, template in templates.items()
        for is_met in (True, False)
        for policy in policies(branch(template, is_met))
        for finding in _findings(path, policy)
    }
    skipped = {each for checker, each in declared(templates) if checker == "parliament"}
    suppressed = {Suppression(each.template, each.resource, each.rule) for each in found} & skipped
    return Report(
        "parliament",
        frozenset(
            each
            for each in found
            if Suppression(each.template, each.resource, each.rule) not in suppressed
        ),
        frozenset(suppressed),
    )


def _findings(path: str, policy: Policy) -> Iterator[Finding]:
    document = json.dumps(_as_of_identity(policy))
    for found in parliament.analyze_policy_string(document).findings:
        yield Finding(path, policy.resource, found.issue, " ".join(str(found.detail).split()))


def _as_of_identity(policy: Policy) -> dict[str, Any]:
    """The policy as parliament knows them: what somebody may do with named resources.

    A role's trust has no resource, because it is the role, and in a key's policy * is the key.
    """
    document = copy.deepcopy(policy.document)
    for statement in document["Statement"]:
        if statement.pop("Principal", None) is not None and policy.resource_type in ARNS:
            statement["Resource"] = ARNS[policy.resource_type]
    return document
