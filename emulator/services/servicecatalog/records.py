"""The catalog's documents: how they are named, found, tagged and listed."""

import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.context import Answer, Context, Request
from emulator.errors import AwsError
from emulator.page_tokens import NotOurs, entry_before, token_after
from emulator.store import Document

_ID_CHARACTERS = string.ascii_lowercase + string.digits
_ID_LENGTH = 13
_PAGE_SIZE = 20
_TAGS_AT_MOST = 50
_OF_STACKS = "aws:cloudformation:"


@dataclass(frozen=True)
class Kind:
    """One kind of the catalog's resources.

    Attributes:
        name: The store's.
        prefix: What its ids begin with.
        words: What it is called in messages.
    """

    name: str
    prefix: str
    words: str


PORTFOLIO = Kind("ServiceCatalogPortfolio", "port", "Portfolio")
PRODUCT = Kind("ServiceCatalogProduct", "prod", "Product")
ARTIFACT = Kind("ServiceCatalogProvisioningArtifact", "pa", "Provisioning artifact")
CONSTRAINT = Kind("ServiceCatalogConstraint", "cons", "Constraint")
PROVISIONED_PRODUCT = Kind("ServiceCatalogProvisionedProduct", "pp", "Provisioned product")
RECORD = Kind("ServiceCatalogRecord", "rec", "Record")
# Named ``portfolio/product`` and ``portfolio/principal``.
OFFER = "ServiceCatalogPortfolioProduct"
PRINCIPAL = "ServiceCatalogPortfolioPrincipal"


def new_id(prefix: str) -> str:
    """A new id such as prod-abcdzk7xy33qa."""
    return f"{prefix}-{''.join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))}"


def catalog_arn(context: Context, resource: str, resource_id: str) -> str:
    """The ARN of a portfolio or a product."""
    settings = context.settings
    return f"arn:aws:catalog:{settings.region}:{settings.account_id}:{resource}/{resource_id}"


def refusal(code: str, message: str) -> AwsError:
    """One of Service Catalog's errors, by its name without ``Exception``."""
    return AwsError(f"{code}Exception", message)


def missing(kind: Kind, resource_id: str) -> AwsError:
    """The answer to what is not there."""
    return refusal("ResourceNotFound", f"{kind.words} {resource_id} not found.")


def existing(context: Context, kind: Kind, resource_id: str) -> Document:
    """The resource's document.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    found = context.store.get(kind.name, resource_id)
    if found is None:
        raise missing(kind, resource_id)
    return found


def made_with(context: Context, kind: Kind, token: str) -> Document | None:
    """What an earlier request with the same idempotency token has made."""
    for document in context.store.list(kind.name):
        if document["_Token"] == token:
            return document
    return None


def is_of_aws(tag_key: str) -> bool:
    """Whether only AWS's services give such tags."""
    return tag_key.lower().startswith("aws:")


def merged_tags(
    present: Sequence[Mapping[str, str]], added: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """The tags with those added or overwritten.

    Raises:
        AwsError: InvalidParametersException: they are too many, or AWS's own; those that
            CloudFormation gives to the resources of a stack are good.
    """
    by_key = {tag["Key"]: tag["Value"] for tag in [*present, *added]}
    reserved = [key for key in by_key if is_of_aws(key) and not key.startswith(_OF_STACKS)]
    if reserved:
        raise refusal("InvalidParameters", f"Tags of AWS's own: {', '.join(reserved)}.")
    if len(by_key) > _TAGS_AT_MOST:
        raise refusal("InvalidParameters", f"A resource has at most {_TAGS_AT_MOST} tags.")
    return [{"Key": key, "Value": value} for key, value in by_key.items()]


def page(
    request: Request,
    list_name: str,
    documents: Sequence[Document],
    show: Callable[[Document], Any],
) -> tuple[list[Any], dict[str, str]]:
    """One page, and the NextPageToken of the next as a member of the answer.

    Raises:
        AwsError: InvalidParametersException for a token that this list did not give.
    """
    token = request.get("PageToken")
    try:
        start = int(entry_before(list_name, token)) if token else 0
    except NotOurs as error:
        raise refusal("InvalidParameters", "PageToken is none that this list gave.") from error
    end = start + (request.get("PageSize") or _PAGE_SIZE)
    following = {"NextPageToken": token_after(list_name, str(end))} if end < len(documents) else {}
    return [show(document) for document in documents[start:end]], following


def public(document: Document) -> Answer:
    """What may be told of a document."""
    return {key: value for key, value in document.items() if not key.startswith("_")}
