"""Operations on connections."""

from collections.abc import Mapping
from uuid import uuid4

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError, unsupported, validation_error
from emulator.page_tokens import NotOurs, entry_before, token_after
from emulator.store import Document

KIND = "CodeConnection"
AVAILABLE = "AVAILABLE"

_PAGE_SIZE = 100
# Source: "Quotas for connections" of the Developer Tools console user guide.
_CONNECTIONS_AT_MOST = 250
_TAGS_AT_MOST = 200
_MEMBERS = (
    "ConnectionName",
    "ConnectionArn",
    "ProviderType",
    "OwnerAccountId",
    "ConnectionStatus",
)


def existing_connection(context: Context, arn: str) -> Document:
    """The connection of an ARN, of which both names of the service are good.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    found = context.store.get(KIND, _id_of(context, arn))
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Connection {arn} not found")
    return found


def _id_of(context: Context, arn: str) -> str:
    settings = context.settings
    for service in ("codeconnections", "codestar-connections"):
        prefix = f"arn:aws:{service}:{settings.region}:{settings.account_id}:connection/"
        if arn.startswith(prefix):
            return arn.removeprefix(prefix)
    return ""


def create_connection(context: Context, request: Request) -> Answer:
    """Make a connection, AVAILABLE at once.

    Raises:
        AwsError: ValidationException: neither ProviderType nor HostArn is given, or tags come
            twice; LimitExceededException; UnsupportedByEmulator: hosts.
    """
    if "HostArn" in request:
        raise unsupported(
            "HostArn is not supported by the emulator: give a ProviderType; repositories are "
            "those of this machine whatever the provider."
        )
    if "ProviderType" not in request:
        raise validation_error("One of ProviderType and HostArn is required.")
    if len(context.store.list(KIND)) >= _CONNECTIONS_AT_MOST:
        raise _limit(f"There are {_CONNECTIONS_AT_MOST} connections, which is the most there can.")
    connection_id, settings = str(uuid4()), context.settings
    tags = _merged([], request.get("Tags", []))
    document = {
        "ConnectionName": request["ConnectionName"],
        "ConnectionArn": f"arn:aws:codeconnections:{settings.region}:{settings.account_id}"
        f":connection/{connection_id}",
        "ProviderType": request["ProviderType"],
        "OwnerAccountId": settings.account_id,
        "ConnectionStatus": AVAILABLE,
        "_Tags": tags,
    }
    context.store.insert(KIND, connection_id, document)
    return {"ConnectionArn": document["ConnectionArn"], "Tags": tags}


def get_connection(context: Context, request: Request) -> Answer:
    """GetConnection."""
    return {"Connection": _shown(existing_connection(context, request["ConnectionArn"]))}


def list_connections(context: Context, request: Request) -> Answer:
    """The connections, of one provider if asked for, by pages."""
    provider = request.get("ProviderTypeFilter")
    found = [
        _shown(document)
        for document in context.store.list(KIND)
        if provider in (None, document["ProviderType"]) and "HostArnFilter" not in request
    ]
    list_name = f"ListConnections/{provider}"
    try:
        start = int(entry_before(list_name, request["NextToken"])) if "NextToken" in request else 0
    except NotOurs as error:
        raise validation_error("The NextToken is none that this list gave.") from error
    end = start + (request.get("MaxResults") or _PAGE_SIZE)
    following = {"NextToken": token_after(list_name, str(end))} if end < len(found) else {}
    return {"Connections": found[start:end], **following}


def _shown(document: Document) -> Answer:
    return {key: document[key] for key in _MEMBERS}


def delete_connection(context: Context, request: Request) -> Answer:
    """Delete a connection; the repositories stay."""
    existing_connection(context, request["ConnectionArn"])
    context.store.delete(KIND, _id_of(context, request["ConnectionArn"]))
    return {}


def tag_resource(context: Context, request: Request) -> Answer:
    """Add or overwrite tags."""
    existing_connection(context, request["ResourceArn"])

    def change(document: Document) -> None:
        document["_Tags"] = _merged(document["_Tags"], request["Tags"])

    context.store.update(KIND, _id_of(context, request["ResourceArn"]), change)
    return {}


def untag_resource(context: Context, request: Request) -> Answer:
    """Remove tags by key."""
    existing_connection(context, request["ResourceArn"])

    def change(document: Document) -> None:
        kept = [tag for tag in document["_Tags"] if tag["Key"] not in request["TagKeys"]]
        document["_Tags"] = kept

    context.store.update(KIND, _id_of(context, request["ResourceArn"]), change)
    return {}


def list_tags_for_resource(context: Context, request: Request) -> Answer:
    """Every tag of a connection."""
    return {"Tags": existing_connection(context, request["ResourceArn"])["_Tags"]}


def _merged(present: list[dict[str, str]], added: list[dict[str, str]]) -> list[dict[str, str]]:
    by_key = {tag["Key"]: tag["Value"] for tag in [*present, *added]}
    if len(by_key) > _TAGS_AT_MOST:
        raise _limit(f"A connection has at most {_TAGS_AT_MOST} tags.")
    return [{"Key": key, "Value": value} for key, value in by_key.items()]


def _limit(message: str) -> AwsError:
    return AwsError("LimitExceededException", message)


OPERATIONS: Mapping[str, Handler] = {
    "CreateConnection": create_connection,
    "GetConnection": get_connection,
    "ListConnections": list_connections,
    "DeleteConnection": delete_connection,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
