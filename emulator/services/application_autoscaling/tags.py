"""Tags of scalable targets, by the target's ARN."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.services.application_autoscaling.records import TARGET
from emulator.store import Document

# Source: TooManyTagsException and TagResource in the API reference.
_MOST = 50


def tag_resource(context: Context, request: Request) -> Answer:
    """Add tags, or give those that are there other values.

    Raises:
        AwsError: ResourceNotFoundException; TooManyTagsException.
    """

    def tag(target: Document) -> None:
        tags = {**target.get("_Tags", {}), **request["Tags"]}
        if len(tags) > _MOST:
            message = f"A scalable target can have {_MOST} tags; it would have {len(tags)}."
            raise AwsError("TooManyTagsException", message)
        target["_Tags"] = tags

    return _change(context, request, tag)


def untag_resource(context: Context, request: Request) -> Answer:
    """Remove tags by key.

    Raises:
        AwsError: ResourceNotFoundException.
    """

    def untag(target: Document) -> None:
        tags = target.get("_Tags", {})
        target["_Tags"] = {k: v for k, v in tags.items() if k not in request["TagKeys"]}

    return _change(context, request, untag)


def list_tags_for_resource(context: Context, request: Request) -> Answer:
    """The target's tags.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    return {"Tags": _target(context, request).get("_Tags", {})}


def _target(context: Context, request: Mapping[str, Any]) -> Document:
    arn = request["ResourceARN"]
    for target in context.store.list(TARGET):
        if target["ScalableTargetARN"] == arn:
            return target
    raise AwsError(
        "ResourceNotFoundException", f"There is no scalable target {arn}.", ResourceName=arn
    )


def _change(
    context: Context, request: Mapping[str, Any], change: Callable[[Document], None]
) -> Answer:
    with context.store.transaction():
        target = _target(context, request)
        context.store.update(TARGET, target["ResourceId"], change)
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
