"""Tags of any resource, by its ARN."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import validation_error

KIND = "Tags"
TAGS_LIMIT = 50


def save(context: Context, arn: str, tags: Sequence[dict[str, str]] | None) -> None:
    """Keep a new resource's tags.

    Raises:
        AwsError: ValidationException: a key comes twice.
    """
    if tags:
        context.store.put(KIND, arn, {"Tags": _merged([], tags)})


def forget(context: Context, arn: str) -> None:
    """Drop the tags of a resource that is deleted."""
    context.store.delete(KIND, arn)


def add_tags(context: Context, request: Request) -> Answer:
    """Add or overwrite tags; the answer holds all of them.

    Raises:
        AwsError: ValidationException: a key comes twice, or there would be too many.
    """
    arn = request["ResourceArn"]
    with context.store.transaction():
        merged = _merged(tags_of(context, arn), request["Tags"])
        context.store.put(KIND, arn, {"Tags": merged})
    return {"Tags": merged}


def list_tags(context: Context, request: Request) -> Answer:
    """Every tag of a resource."""
    return {"Tags": tags_of(context, request["ResourceArn"])}


def delete_tags(context: Context, request: Request) -> Answer:
    """Remove tags by key."""
    arn, keys = request["ResourceArn"], set(request["TagKeys"])
    with context.store.transaction():
        kept = [tag for tag in tags_of(context, arn) if tag["Key"] not in keys]
        context.store.put(KIND, arn, {"Tags": kept})
    return {}


def _refuse_duplicates(tags: Sequence[dict[str, str]]) -> None:
    """Source: https://github.com/aws/sagemaker-python-sdk/pull/3608, the answer's beginning."""
    counts = Counter(tag["Key"] for tag in tags)
    duplicates = [key for key, count in counts.items() if count > 1]
    if duplicates:
        raise validation_error(f"Duplicate tag key: {', '.join(duplicates)}")


def tags_of(context: Context, arn: str) -> list[dict[str, str]]:
    """Every tag of a resource, in the order they were given."""
    document: dict[str, Any] = context.store.get(KIND, arn) or {"Tags": []}
    tags: list[dict[str, str]] = document["Tags"]
    return tags


def _merged(
    present: Sequence[dict[str, str]], added: Sequence[dict[str, str]]
) -> list[dict[str, str]]:
    _refuse_duplicates(added)
    by_key = {tag["Key"]: tag["Value"] for tag in [*present, *added]}
    if len(by_key) > TAGS_LIMIT:
        raise validation_error(
            f"A resource can have {TAGS_LIMIT} tags; with these it would have {len(by_key)}."
        )
    return [{"Key": key, "Value": value} for key, value in by_key.items()]


OPERATIONS: dict[str, Handler] = {
    "AddTags": add_tags,
    "ListTags": list_tags,
    "DeleteTags": delete_tags,
}
