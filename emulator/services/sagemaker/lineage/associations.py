"""Associations: the edges of the graph, found from either end."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import resource_not_found, validation_error
from emulator.services.sagemaker import listing
from emulator.services.sagemaker.lineage import vertices
from emulator.services.sagemaker.lineage.vertices import Vertex
from emulator.store import AlreadyExists, Document

# Kept twice, so that either end is a prefix of the name and the other ends a range of the index.
_BY_SOURCE, _BY_DESTINATION = "Association", "AssociationByDestination"
_SEPARATOR = "|"
_SUMMARY_KEYS = (
    "SourceArn",
    "DestinationArn",
    "SourceType",
    "DestinationType",
    "AssociationType",
    "CreationTime",
    "CreatedBy",
)
_SORT_KEYS = {key: key for key in ("SourceArn", "DestinationArn", "SourceType", "DestinationType")}


def of_source(context: Context, arn: str) -> list[Document]:
    """The associations that lead away from an entity."""
    return context.store.list(_BY_SOURCE, f"{arn}{_SEPARATOR}")


def of_destination(context: Context, arn: str) -> list[Document]:
    """The associations that lead to an entity."""
    return context.store.list(_BY_DESTINATION, f"{arn}{_SEPARATOR}")


def of_sources(context: Context, arns: Iterable[str]) -> Sequence[Document]:
    """The associations that lead away from any of the entities."""
    return context.store.list_any(_BY_SOURCE, [f"{arn}{_SEPARATOR}" for arn in arns])


def of_destinations(context: Context, arns: Iterable[str]) -> Sequence[Document]:
    """The associations that lead to any of the entities."""
    return context.store.list_any(_BY_DESTINATION, [f"{arn}{_SEPARATOR}" for arn in arns])


def record(
    context: Context, source: Vertex, destination: Vertex, association_type: str | None
) -> bool:
    """Keep an association; False if these two were associated before."""
    document = {
        "SourceArn": source.arn,
        "DestinationArn": destination.arn,
        **({"SourceType": source.type} if source.type else {}),
        **({"DestinationType": destination.type} if destination.type else {}),
        **({"AssociationType": association_type} if association_type else {}),
        "CreationTime": context.clock(),
        "CreatedBy": {},
    }
    forth, back = _names(source.arn, destination.arn)
    document["_Name"] = forth
    try:
        with context.store.transaction():
            context.store.insert(_BY_SOURCE, forth, document)
            context.store.insert(_BY_DESTINATION, back, document)
    except AlreadyExists:
        return False
    return True


def _names(source_arn: str, destination_arn: str) -> tuple[str, str]:
    return (
        f"{source_arn}{_SEPARATOR}{destination_arn}",
        f"{destination_arn}{_SEPARATOR}{source_arn}",
    )


def add_association(context: Context, request: Request) -> Answer:
    """AddAssociation.

    Raises:
        AwsError: ResourceNotFound, naming each end that is not there; ValidationException when
            the two are associated already.
    """
    arns = (request["SourceArn"], request["DestinationArn"])
    found = [vertices.find(context, arn) for arn in arns]
    missing = [arn for arn, vertex in zip(arns, found, strict=True) if vertex is None]
    source, destination = found
    if source is None or destination is None:
        raise resource_not_found(f"There is no lineage entity {' and no '.join(missing)}.")
    if not record(context, source, destination, request.get("AssociationType")):
        raise validation_error(
            f"An association between {source.arn} and {destination.arn} already exists."
        )
    return {"SourceArn": source.arn, "DestinationArn": destination.arn}


def delete_association(context: Context, request: Request) -> Answer:
    """DeleteAssociation.

    Raises:
        AwsError: ResourceNotFound.
    """
    forth, back = _names(request["SourceArn"], request["DestinationArn"])
    with context.store.transaction():
        if not context.store.delete(_BY_SOURCE, forth):
            raise resource_not_found(
                f"There is no association between {request['SourceArn']} and"
                f" {request['DestinationArn']}."
            )
        context.store.delete(_BY_DESTINATION, back)
    return {"SourceArn": request["SourceArn"], "DestinationArn": request["DestinationArn"]}


def list_associations(context: Context, request: Request) -> Answer:
    """ListAssociations."""
    summaries, next_token = listing.page(
        [each for each in _candidates(context, request) if _is_wanted(each, request)],
        request,
        name_key="_Name",
        summary_keys=_SUMMARY_KEYS,
        sort_keys=_SORT_KEYS,
    )
    named = [_with_names(context, summary) for summary in summaries]
    return {"AssociationSummaries": named, "NextToken": next_token}


def _candidates(context: Context, request: Request) -> list[Document]:
    if "SourceArn" in request:
        return of_source(context, request["SourceArn"])
    if "DestinationArn" in request:
        return of_destination(context, request["DestinationArn"])
    return context.store.list(_BY_SOURCE)


def _is_wanted(association: Mapping[str, Any], request: Request) -> bool:
    filters = ("SourceArn", "DestinationArn", "SourceType", "DestinationType", "AssociationType")
    return all(request[key] == association.get(key) for key in filters if key in request)


def _with_names(context: Context, summary: Document) -> Document:
    """An entity can have got another name since."""
    for end in ("Source", "Destination"):
        vertex = vertices.find(context, summary[f"{end}Arn"])
        if vertex is not None and vertex.name:
            summary[f"{end}Name"] = vertex.name
    return summary


OPERATIONS: Mapping[str, Handler] = {
    "AddAssociation": add_association,
    "DeleteAssociation": delete_association,
    "ListAssociations": list_associations,
}
