"""Changes of resources as they are planned, and as DescribeChangeSet shows them.

Source: ResourceChange and ResourceChangeDetail in the API reference.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Detail:
    """One reason why a resource would be changed; the names are those of ResourceChangeDetail."""

    attribute: str
    name: str | None
    requires_recreation: str
    evaluation: str
    change_source: str
    causing_entity: str | None = None

    def document(self) -> dict[str, Any]:
        """The detail as DescribeChangeSet shows it."""
        target = {"Attribute": self.attribute, "RequiresRecreation": self.requires_recreation}
        if self.name is not None:
            target["Name"] = self.name
        shown = {
            "Target": target,
            "Evaluation": self.evaluation,
            "ChangeSource": self.change_source,
        }
        if self.causing_entity is not None:
            shown["CausingEntity"] = self.causing_entity
        return shown


@dataclass(frozen=True)
class Change:
    """What would become of one resource.

    Attributes:
        action: Add, Modify or Remove.
        replacement: True, False or Conditional, of Modify alone.
    """

    action: str
    logical_id: str
    type_name: str
    physical_id: str | None = None
    replacement: str | None = None
    policy_action: str | None = None
    details: tuple[Detail, ...] = ()

    def document(self) -> dict[str, Any]:
        """The change as DescribeChangeSet shows it."""
        shown: dict[str, Any] = {
            "Action": self.action,
            "LogicalResourceId": self.logical_id,
            "ResourceType": self.type_name,
            "Scope": list(dict.fromkeys(detail.attribute for detail in self.details)),
            "Details": [detail.document() for detail in self.details],
        }
        optional = {
            "PhysicalResourceId": self.physical_id,
            "Replacement": self.replacement,
            "PolicyAction": self.policy_action,
        }
        shown |= {key: value for key, value in optional.items() if value is not None}
        return {"Type": "Resource", "ResourceChange": shown}
