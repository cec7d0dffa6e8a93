"""Models, endpoint configs and endpoints: kept by name, and missed and taken in the same words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.context import Answer, Context, Request
from emulator.errors import AwsError, validation_error
from emulator.services.sagemaker import listing, names, tags
from emulator.store import AlreadyExists


@dataclass(frozen=True)
class ResourceKind:
    """How one kind is spelled.

    Attributes:
        noun: botocore's, and the store's kind.
        words: The kind in AWS's error messages.
    """

    noun: str
    words: str
    arn_type: str

    @property
    def name_key(self) -> str:
        """The member that holds the name."""
        return f"{self.noun}Name"

    @property
    def arn_key(self) -> str:
        """The member that holds the ARN."""
        return f"{self.noun}Arn"


MODEL = ResourceKind("Model", "model", "model")
ENDPOINT_CONFIG = ResourceKind("EndpointConfig", "endpoint configuration", "endpoint-config")
ENDPOINT = ResourceKind("Endpoint", "endpoint", "endpoint")


def existing(context: Context, kind: ResourceKind, name: str) -> dict[str, Any]:
    """The resource's document.

    Raises:
        AwsError: ValidationException, as AWS answers for one that is not there.
    """
    document = context.store.get(kind.noun, name)
    if document is None:
        arn = names.arn(context, kind.arn_type, name)
        raise validation_error(f'Could not find {kind.words} "{arn}".')
    return document


def name_taken(context: Context, kind: ResourceKind, name: str) -> AwsError:
    """The answer to a name that is in use."""
    arn = names.arn(context, kind.arn_type, name)
    return validation_error(f'Cannot create already existing {kind.words} "{arn}".')


def create(
    context: Context, kind: ResourceKind, request: Request, members: Mapping[str, Any]
) -> Answer:
    """Keep a new resource: its name, its ARN, its time and these members; gives the ARN.

    Raises:
        AwsError: ValidationException: the name is taken, or the tags are refused.
    """
    name = request[kind.name_key]
    arn = names.arn(context, kind.arn_type, name)
    document = {
        kind.name_key: name,
        kind.arn_key: arn,
        "CreationTime": context.clock(),
        **members,
    }
    try:
        with context.store.transaction():
            # First, so that whoever is told of the resource sees them.
            tags.save(context, arn, request.get("Tags"))
            context.store.insert(kind.noun, name, document)
    except AlreadyExists as error:
        raise name_taken(context, kind, name) from error
    return {kind.arn_key: arn}


def list_page(
    context: Context,
    kind: ResourceKind,
    request: Request,
    *more_keys: str,
    status_key: str | None = None,
) -> Answer:
    """One page of the kind's resources: name, ARN, time and what more is asked for."""
    summaries, next_token = listing.page(
        context.store.list(kind.noun),
        request,
        name_key=kind.name_key,
        status_key=status_key,
        summary_keys=(kind.name_key, kind.arn_key, "CreationTime", *more_keys),
    )
    return {f"{kind.noun}s": summaries, "NextToken": next_token}


def delete(context: Context, kind: ResourceKind, name: str) -> Answer:
    """Forget the resource and its tags.

    Raises:
        AwsError: ValidationException: there is none.
    """
    with context.store.transaction():
        document = existing(context, kind, name)
        context.store.delete(kind.noun, name)
        tags.forget(context, document[kind.arn_key])
    return {}
