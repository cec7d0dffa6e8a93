"""Tags of pipelines."""

from collections import Counter
from collections.abc import Mapping, Sequence

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.services.codepipeline.records import PIPELINE, page, pipeline_arn
from emulator.store import Document

_AT_MOST = 50
_RESERVED = "aws:"
# CloudFormation marks what it makes, and nothing tells its calls from a user's here.
_CLOUDFORMATION = "aws:cloudformation:"

Tags = Sequence[Mapping[str, str]]


def check(tags: Tags) -> None:
    """Refuse tags that a pipeline cannot have.

    Raises:
        AwsError: InvalidTagsException; TooManyTagsException.
    """
    counts = Counter(tag["key"] for tag in tags)
    faults = [f"the key {key!r} comes {count} times" for key, count in counts.items() if count > 1]
    faults += [f"the key {key!r} is reserved" for key in counts if _is_reserved(key)]
    if faults:
        raise AwsError("InvalidTagsException", f"The tags are not valid: {'; '.join(faults)}")
    if len(counts) > _AT_MOST:
        raise AwsError(
            "TooManyTagsException",
            f"A pipeline can have {_AT_MOST} tags; with these it would have {len(counts)}",
        )


def _is_reserved(key: str) -> bool:
    return key.startswith(_RESERVED) and not key.startswith(_CLOUDFORMATION)


def tag_resource(context: Context, request: Request) -> Answer:
    """Add tags, or give those that are there new values.

    Raises:
        AwsError: InvalidArnException; ResourceNotFoundException; InvalidTagsException;
            TooManyTagsException.
    """
    added = request["tags"]
    check(added)
    keys = {tag["key"] for tag in added}

    def add(document: Document) -> None:
        kept = [tag for tag in document["tags"] if tag["key"] not in keys]
        check([*kept, *added])
        document["tags"] = [*kept, *added]

    context.store.update(PIPELINE, _pipeline_of(context, request), add)
    return {}


def untag_resource(context: Context, request: Request) -> Answer:
    """Remove tags by key.

    Raises:
        AwsError: InvalidArnException; ResourceNotFoundException.
    """
    keys = set(request["tagKeys"])

    def remove(document: Document) -> None:
        document["tags"] = [tag for tag in document["tags"] if tag["key"] not in keys]

    context.store.update(PIPELINE, _pipeline_of(context, request), remove)
    return {}


def list_tags_for_resource(context: Context, request: Request) -> Answer:
    """The pipeline's tags.

    Raises:
        AwsError: InvalidArnException; ResourceNotFoundException; InvalidNextTokenException.
    """
    name = _pipeline_of(context, request)
    document = context.store.get(PIPELINE, name) or {"tags": []}
    shown, following = page(request, f"ListTags/{name}", document["tags"], lambda tag: tag)
    return {"tags": shown, **following}


def _pipeline_of(context: Context, request: Request) -> str:
    arn: str = request["resourceArn"]
    name = arn.rpartition(":")[2]
    if arn != pipeline_arn(context, name):
        raise AwsError(
            "InvalidArnException",
            f"{arn} is no pipeline's ARN here: expected {pipeline_arn(context, 'name')}",
        )
    if context.store.get(PIPELINE, name) is None:
        raise AwsError("ResourceNotFoundException", f"There is no pipeline {arn}")
    return name


OPERATIONS: Mapping[str, Handler] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
