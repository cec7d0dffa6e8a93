"""Experiments, trials and trial components: kept by name, in any case, under ARNs in lower case."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulator.context import Answer, Context, Request
from emulator.errors import AwsError, resource_not_found, validation_error
from emulator.services.sagemaker import listing, names, tags
from emulator.services.sagemaker.named_resources import ResourceKind
from emulator.store import AlreadyExists, Document, Missing

# As a List operation spells the source of each kind. Source: the summaries' shapes in botocore.
_SOURCE_KEY = "Source"

EXPERIMENT = ResourceKind("Experiment", "Experiment", "experiment")
TRIAL = ResourceKind("Trial", "Trial", "experiment-trial")
TRIAL_COMPONENT = ResourceKind("TrialComponent", "Trial Component", "experiment-trial-component")


def arn_of(context: Context, kind: ResourceKind, name: str) -> str:
    """The ARN, in lower case: names differ in more than case.

    Source: API_CreateTrialComponent, "is not case-sensitive".
    """
    return names.arn(context, kind.arn_type, name.lower())


def existing(context: Context, kind: ResourceKind, name: str) -> Document:
    """The entity's document.

    Raises:
        AwsError: ResourceNotFound.
    """
    document = context.store.get(kind.noun, name)
    if document is None:
        raise not_found(context, kind, name)
    return document


def not_found(context: Context, kind: ResourceKind, name: str) -> AwsError:
    """The answer to a name that nothing has."""
    return resource_not_found(f"{kind.words} '{arn_of(context, kind, name)}' does not exist.")


def new_document(
    context: Context, kind: ResourceKind, name: str, members: Mapping[str, Any]
) -> Document:
    """A new entity with its defaults; ``members`` may say otherwise."""
    now = context.clock()
    return {
        kind.name_key: name,
        kind.arn_key: arn_of(context, kind, name),
        "DisplayName": name,
        "CreationTime": now,
        "CreatedBy": {},
        "LastModifiedTime": now,
        "LastModifiedBy": {},
        **members,
    }


def create(
    context: Context, kind: ResourceKind, request: Request, members: Mapping[str, Any]
) -> Answer:
    """Keep a new entity with its tags; gives its ARN.

    Raises:
        AwsError: ValidationException when the name is taken, or the tags are refused. Source: the
            SageMaker SDK's ``is_already_exist_error``, "already exists".
    """
    name = request[kind.name_key]
    document = new_document(context, kind, name, members)
    arn = document[kind.arn_key]
    try:
        with context.store.transaction():
            context.store.insert(kind.noun, name, document)
            tags.save(context, arn, request.get("Tags"))
    except AlreadyExists as error:
        raise validation_error(
            f"{kind.words} names must be unique within an AWS account and region."
            f" {kind.words} with name ({name}) already exists."
        ) from error
    return {kind.arn_key: arn}


def update(
    context: Context,
    kind: ResourceKind,
    name: str,
    change: Callable[[Document], None],
) -> Answer:
    """Change an entity; gives its ARN.

    Raises:
        AwsError: ResourceNotFound.
    """

    def changed(document: Document) -> None:
        change(document)
        document |= {"LastModifiedTime": context.clock(), "LastModifiedBy": {}}

    try:
        document = context.store.update(kind.noun, name, changed)
    except Missing as error:
        raise not_found(context, kind, name) from error
    return {kind.arn_key: document[kind.arn_key]}


def delete(context: Context, kind: ResourceKind, name: str) -> Answer:
    """Forget an entity and its tags; gives the ARN that it had.

    Raises:
        AwsError: ResourceNotFound.
    """
    with context.store.transaction():
        arn = existing(context, kind, name)[kind.arn_key]
        context.store.delete(kind.noun, name)
        tags.forget(context, arn)
    return {kind.arn_key: arn}


def list_page(
    kind: ResourceKind, documents: Iterable[Document], request: Request, *more_keys: str
) -> Answer:
    """One page of summaries, newest first unless the request says otherwise."""
    source_key = f"{kind.noun}{_SOURCE_KEY}"
    summaries, next_token = listing.page(
        [
            {**document, source_key: document[_SOURCE_KEY]} if _SOURCE_KEY in document else document
            for document in documents
        ],
        request,
        name_key=kind.name_key,
        summary_keys=(
            kind.name_key,
            kind.arn_key,
            "DisplayName",
            source_key,
            "CreationTime",
            "LastModifiedTime",
            *more_keys,
        ),
    )
    return {f"{kind.noun}Summaries": summaries, "NextToken": next_token}
