"""Tags of repositories."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.services.codecommit.records import KIND, existing, refusal
from emulator.store import Document

# Source: API_TagResource and "Quotas in AWS CodeCommit".
_TAGS_AT_MOST = 50


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse tags that no repository can have.

    Raises:
        AwsError: InvalidSystemTagUsageException; TooManyTagsException.
    """
    reserved = [key for key in tags if key.lower().startswith("aws:")]
    if reserved:
        raise refusal("InvalidSystemTagUsage", f"Tags of AWS's own: {', '.join(reserved)}")
    if len(tags) > _TAGS_AT_MOST:
        raise refusal("TooManyTags", f"A repository has at most {_TAGS_AT_MOST} tags.")


def tag_resource(context: Context, request: Request) -> Answer:
    """Add or overwrite tags."""
    check_tags(request["tags"])

    def change(document: Document) -> None:
        merged = {**document["_Tags"], **request["tags"]}
        check_tags(merged)
        document["_Tags"] = merged

    context.store.update(KIND, _name(context, request["resourceArn"]), change)
    return {}


def untag_resource(context: Context, request: Request) -> Answer:
    """Remove tags by key."""

    def change(document: Document) -> None:
        gone = request["tagKeys"]
        document["_Tags"] = {k: v for k, v in document["_Tags"].items() if k not in gone}

    context.store.update(KIND, _name(context, request["resourceArn"]), change)
    return {}


def list_tags_for_resource(context: Context, request: Request) -> Answer:
    """Every tag of a repository."""
    name = _name(context, request["resourceArn"])
    return {"tags": existing(context, name)["_Tags"]}


def _name(context: Context, arn: str) -> str:
    """The name of the repository of an ARN.

    Raises:
        AwsError: InvalidResourceArnException; RepositoryDoesNotExistException.
    """
    prefix, _, name = arn.rpartition(":")
    settings = context.settings
    if prefix != f"arn:aws:codecommit:{settings.region}:{settings.account_id}":
        raise refusal("InvalidResourceArn", f"{arn!r} is no repository's ARN.")
    return str(existing(context, name)["repositoryName"])


OPERATIONS: Mapping[str, Handler] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
