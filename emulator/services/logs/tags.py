"""Tags of log groups, by the group's ARN."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.context import Context, Handler
from emulator.errors import AwsError
from emulator.services.logs.sources import GROUP_KIND, groups
from emulator.store import Document

_MOST = 50


def tag_resource(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Add tags, or give those that are there other values.

    Raises:
        AwsError: ResourceNotFoundException; TooManyTagsException.
    """

    def tag(group: Document) -> None:
        tags = {**group.get("tags", {}), **request["tags"]}
        if len(tags) > _MOST:
            message = f"A log group can have {_MOST} tags; with these it would have {len(tags)}."
            raise AwsError("TooManyTagsException", message)
        group["tags"] = tags

    return _change(context, request, tag)


def untag_resource(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Remove tags by key.

    Raises:
        AwsError: ResourceNotFoundException.
    """

    def untag(group: Document) -> None:
        gone = set(request["tagKeys"])
        tags = group.get("tags", {})
        group["tags"] = {key: value for key, value in tags.items() if key not in gone}

    return _change(context, request, untag)


def list_tags_for_resource(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The group's tags.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    return {"tags": _group(context, request).get("tags", {})}


def _group(context: Context, request: Mapping[str, Any]) -> Document:
    arn: str = request["resourceArn"]
    settings = context.settings
    prefix = f"arn:aws:logs:{settings.region}:{settings.account_id}:log-group:"
    for group in groups(context):
        if arn.removesuffix(":*") == f"{prefix}{group['logGroupName']}":
            return group
    raise AwsError("ResourceNotFoundException", f"The specified resource {arn} does not exist.")


def _change(
    context: Context, request: Mapping[str, Any], change: Callable[[Document], None]
) -> dict[str, Any]:
    with context.store.transaction():
        group = _group(context, request)
        name = group["logGroupName"]
        kept = context.store.get(GROUP_KIND, name) or {
            "logGroupName": name,
            "creationTime": group["creationTime"],
        }
        change(kept)
        context.store.put(GROUP_KIND, name, kept)
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
