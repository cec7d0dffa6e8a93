"""Tags of rules and buses."""

from collections.abc import Mapping, Sequence

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import validation_error
from emulator.services.events.names import tagged_resource

_TAGS_AT_MOST = 50

Tags = dict[str, str]


def accepted(present: Tags, added: Sequence[Mapping[str, str]]) -> Tags:
    """The tags there are with those that are added.

    Raises:
        AwsError: ValidationException: a key comes twice, or there would be too many.
    """
    keys = [tag["Key"] for tag in added]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise validation_error(f"Tag keys must be unique, got more than once: {', '.join(twice)}.")
    tags = {**present, **{tag["Key"]: tag["Value"] for tag in added}}
    if len(tags) > _TAGS_AT_MOST:
        raise validation_error(
            f"A resource can have {_TAGS_AT_MOST} tags; with these it would have {len(tags)}."
        )
    return tags


def tag_resource(context: Context, request: Request) -> Answer:
    """Add tags, or give those that are there new values."""
    kind, name = tagged_resource(context, request["ResourceARN"])
    context.store.update(
        kind,
        name,
        lambda document: document | {"_Tags": accepted(document["_Tags"], request["Tags"])},
    )
    return {}


def untag_resource(context: Context, request: Request) -> Answer:
    """Remove tags by key."""
    kind, name = tagged_resource(context, request["ResourceARN"])
    keys = set(request["TagKeys"])
    context.store.update(
        kind,
        name,
        lambda document: (
            document
            | {"_Tags": {key: text for key, text in document["_Tags"].items() if key not in keys}}
        ),
    )
    return {}


def list_tags_for_resource(context: Context, request: Request) -> Answer:
    """Every tag of a rule or a bus."""
    document = context.store.get(*tagged_resource(context, request["ResourceARN"])) or {}
    return {"Tags": [{"Key": key, "Value": text} for key, text in document["_Tags"].items()]}


OPERATIONS: Mapping[str, Handler] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
