"""What a checker says of the templates."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """One finding: the template's path, the resource in it, the rule, and what the rule says."""

    template: str
    resource: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.template}: {self.resource}: {self.rule}: {self.message}"


@dataclass(frozen=True, order=True)
class Suppression:
    """A rule that does not hold for a resource, for the reason that stands beside it."""

    template: str
    resource: str
    rule: str


@dataclass(frozen=True)
class Report:
    """What one checker found, and what it would have found without the suppressions."""

    checker: str
    findings: frozenset[Finding]
    suppressed: frozenset[Suppression] = frozenset()
