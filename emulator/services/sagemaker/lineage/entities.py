"""What artifacts, contexts and actions share: create, describe, update, list, delete."""

from collections.abc import Iterable
from typing import Any

from emulator.context import Answer, Context, Request
from emulator.errors import AwsError, resource_not_found, validation_error
from emulator.services.sagemaker import listing, names, tags
from emulator.services.sagemaker.lineage import associations
from emulator.services.sagemaker.lineage.kinds import (
    ACTION,
    ARTIFACT,
    EntityKind,
    entity_arn,
    group_arn,
)
from emulator.store import AlreadyExists, Document


def create(context: Context, kind: EntityKind, key: str, request: Request) -> Answer:
    """Keep a new entity under its key in the store; gives its ARN.

    Raises:
        AwsError: ValidationException: there is one already, or the tags are refused.
    """
    document = new_document(context, kind, key, request)
    arn = document[kind.arn_key]
    try:
        with context.store.transaction():
            context.store.insert(kind.noun, key, document)
            tags.save(context, arn, request.get("Tags"))
    except AlreadyExists as error:
        raise already_exists(kind, document) from error
    return {kind.arn_key: arn}


def already_exists(kind: EntityKind, document: Document) -> AwsError:
    """The answer to a name, or for artifacts a source, that is taken.

    Source: "Manually Create Tracking Entities": "An error occurs if you try to create an entity
    that already exists"; of the operation's errors only the common one fits.
    """
    if kind == ARTIFACT:
        what = f"source {document['Source']['SourceUri']}"
    else:
        what = f"name {document[kind.name_key]}"
    return validation_error(f"{kind.noun} with {what} already exists: {document[kind.arn_key]}")


def new_document(context: Context, kind: EntityKind, key: str, request: Request) -> Document:
    """An entity that is created now, as its Describe operation answers it."""
    now = context.clock()
    document: Document = {
        kind.arn_key: entity_arn(context, kind, key),
        "Source": dict(request["Source"]),
        kind.type_key: request[kind.type_key],
        "Properties": dict(request.get("Properties", {})),
        "CreationTime": now,
        "CreatedBy": {},
        "LastModifiedTime": now,
        "LastModifiedBy": {},
        "LineageGroupArn": group_arn(context),
    }
    for member in (kind.name_key, *kind.own_members):
        if member in request:
            document[member] = request[member]
    return document


def existing(context: Context, kind: EntityKind, name_or_arn: str) -> Document:
    """The entity's document.

    Raises:
        AwsError: ResourceNotFound.
    """
    document = context.store.get(kind.noun, names.name_of(name_or_arn))
    is_arn = name_or_arn.startswith("arn:")
    if document is None or (is_arn and document[kind.arn_key].lower() != name_or_arn.lower()):
        raise resource_not_found(f"{kind.noun} '{name_or_arn}' does not exist.")
    return document


def update(context: Context, kind: EntityKind, name_or_arn: str, request: Request) -> Answer:
    """Change an entity; Properties replace those that it has, PropertiesToRemove go.

    Source: UpdateArtifactRequest: "The new list of properties. Overwrites the current property
    list."

    Raises:
        AwsError: ResourceNotFound.
    """
    arn: str = existing(context, kind, name_or_arn)[kind.arn_key]

    def change(document: Document) -> None:
        for member in ("ArtifactName", "Description", "Status", "Properties"):
            if member in request:
                document[member] = request[member]
        for key in request.get("PropertiesToRemove", []):
            document["Properties"].pop(key, None)
        document["LastModifiedTime"] = context.clock()

    context.store.update(kind.noun, names.name_of(arn), change)
    return {kind.arn_key: arn}


def list_page(context: Context, kind: EntityKind, request: Request) -> Answer:
    """One page of the kind's entities, by source, type and time of creation."""
    more_keys = ("Status",) if kind == ACTION else ()
    summaries, next_token = listing.page(
        _chosen(context.store.list(kind.noun), kind, request),
        request,
        # An artifact need not have a name.
        name_key=kind.arn_key if kind == ARTIFACT else kind.name_key,
        summary_keys=(
            kind.arn_key,
            kind.name_key,
            "Source",
            kind.type_key,
            "CreationTime",
            "LastModifiedTime",
            *more_keys,
        ),
    )
    return {f"{kind.noun}Summaries": summaries, "NextToken": next_token}


def _chosen(
    documents: Iterable[Document], kind: EntityKind, request: dict[str, Any]
) -> Iterable[Document]:
    source_uri, wanted_type = request.get("SourceUri"), request.get(kind.type_key)
    for document in documents:
        is_of_source = source_uri in (None, document["Source"]["SourceUri"])
        if is_of_source and wanted_type in (None, document[kind.type_key]):
            yield document


def delete(context: Context, kind: EntityKind, name_or_arn: str) -> Answer:
    """Remove an entity that nothing is associated with any more.

    Source: `Artifact.delete(disassociate=True)` of the SageMaker SDK, which has to take the
    associations away first.

    Raises:
        AwsError: ResourceNotFound; ValidationException while it has associations.
    """
    with context.store.transaction():
        arn: str = existing(context, kind, name_or_arn)[kind.arn_key]
        count = len(associations.of_source(context, arn))
        count += len(associations.of_destination(context, arn))
        if count:
            raise validation_error(
                f"{kind.noun} {arn} cannot be deleted: it has {count} associations. Delete them"
                " with DeleteAssociation first."
            )
        context.store.delete(kind.noun, names.name_of(arn))
        tags.forget(context, arn)
    return {kind.arn_key: arn}
