"""The kinds of entity that make up lineage, and how each is spelled, named and found."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker import names
from emulator.services.sagemaker.named_resources import ResourceKind

# Source: "Cross-Account Lineage Tracking": one default lineage group for each account.
GROUP_NAME = "sagemaker-default-lineage-group"


@dataclass(frozen=True)
class EntityKind(ResourceKind):
    """Artifacts, contexts or actions; the noun is also the LineageType of QueryLineage.

    Attributes:
        own_members: What such an entity has besides a name, a source, a type and properties.
    """

    own_members: tuple[str, ...] = ()

    @property
    def type_key(self) -> str:
        """The member that holds the type, a word of the caller's."""
        return f"{self.noun}Type"


ARTIFACT = EntityKind("Artifact", "artifact", "artifact", ("MetadataProperties",))
CONTEXT = EntityKind("Context", "context", "context", ("Description",))
ACTION = EntityKind("Action", "action", "action", ("Description", "Status", "MetadataProperties"))
KINDS = (ARTIFACT, CONTEXT, ACTION)


def artifact_id(source: Mapping[str, Any]) -> str:
    """The last part of an artifact's ARN: one for each source, whoever records it.

    Source: "Lineage Tracking Entities": "there can be only one artifact with a unique SourceUri".
    The source types count too, so that other content under the same URI is another artifact.
    """
    types = sorted((t["SourceIdType"], t["Value"]) for t in source.get("SourceTypes", []))
    identity = "\0".join([source["SourceUri"], *(part for pair in types for part in pair)])
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def entity_arn(context: Context, kind: EntityKind, name: str) -> str:
    """The ARN of an entity by its name in the store: an artifact's id, or a name."""
    return names.arn(context, kind.arn_type, name)


def group_arn(context: Context) -> str:
    """The ARN of the lineage group that every entity belongs to."""
    return names.arn(context, "lineage-group", GROUP_NAME)
