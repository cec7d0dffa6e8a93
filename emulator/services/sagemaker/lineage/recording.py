"""The entities that SageMaker records by itself: new ones, or those that are there already.

Source: "Lineage Tracking Entities": "SageMaker AI reuses any existing entities rather than
creating new ones."
"""

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker.lineage import entities, vertices
from emulator.services.sagemaker.lineage.contents import source_types
from emulator.services.sagemaker.lineage.kinds import (
    ACTION,
    ARTIFACT,
    CONTEXT,
    EntityKind,
    artifact_id,
)
from emulator.services.sagemaker.lineage.vertices import Vertex
from emulator.store import AlreadyExists, Document

logger = logging.getLogger(__name__)

DATA_SET, IMAGE, MODEL, CHECKPOINT = "DataSet", "Image", "Model", "Checkpoint"
CONTRIBUTED_TO, PRODUCED, ASSOCIATED_WITH = "ContributedTo", "Produced", "AssociatedWith"
Observer = Callable[[Context, Document | None, Document | None], None]


def harmless(observer: Observer) -> Observer:
    """Let an observer fail without the change that it observes: lineage never fails a job."""

    @functools.wraps(observer)
    def observe(context: Context, before: Document | None, after: Document | None) -> None:
        try:
            observer(context, before, after)
        except Exception:  # the boundary between the change and what is recorded of it
            logger.exception("lineage of %s is incomplete", observer.__name__)

    return observe


def s3_artifact(context: Context, s3_uri: str, artifact_type: str) -> Vertex:
    """The artifact of what lies under an S3 URI now."""
    source = {"SourceUri": s3_uri, "SourceTypes": source_types(context, s3_uri)}
    return _recorded(context, ARTIFACT, artifact_id(source), source, artifact_type)


def artifact(context: Context, uri: str, artifact_type: str, **members: Any) -> Vertex:
    """The artifact of an image, or of another thing that its URI tells apart."""
    source = {"SourceUri": uri, "SourceTypes": []}
    return _recorded(context, ARTIFACT, artifact_id(source), source, artifact_type, **members)


def resource_context(context: Context, name: str, arn: str, context_type: str) -> Vertex:
    """The context of a resource."""
    return _recorded(context, CONTEXT, name, _source_of(arn), context_type, ContextName=name)


def new_action(
    context: Context,
    stem: str,
    suffix: str,
    arn: str,
    action_type: str,
    properties: Mapping[str, str],
) -> Vertex:
    """A new action on a resource, completed; its name tells when it was."""
    second = int(context.clock())
    while context.store.get(ACTION.noun, f"{stem}-{second}-{suffix}") is not None:
        second += 1
    name = f"{stem}-{second}-{suffix}"
    return _recorded(
        context,
        ACTION,
        name,
        _source_of(arn),
        action_type,
        ActionName=name,
        Status="Completed",
        Properties=dict(properties),
    )


def _source_of(arn: str) -> dict[str, Any]:
    return {"SourceUri": arn, "SourceType": "ARN"}


def _recorded(
    context: Context,
    kind: EntityKind,
    key: str,
    source: Mapping[str, Any],
    entity_type: str,
    **members: Any,
) -> Vertex:
    request = {"Source": source, kind.type_key: entity_type, **members}
    document = entities.new_document(context, kind, key, request)
    try:
        context.store.insert(kind.noun, key, document)
    except AlreadyExists:
        document = context.store.get(kind.noun, key) or document
    return vertices.of_entity(kind, document)
