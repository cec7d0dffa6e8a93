"""Tags of applications and job runs."""

from collections.abc import Callable, Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.services.emr_serverless.records import (
    APPLICATION,
    JOB_RUN,
    existing_application,
    existing_job_run,
    job_run_name,
    not_found,
)
from emulator.store import Document

Tags = dict[str, str]


def _find(context: Context, arn: str) -> tuple[str, str, Document]:
    parts = arn.partition(":/applications/")[2].split("/")
    if len(parts) == 3 and parts[1] == "jobruns":
        run = existing_job_run(context, parts[0], parts[2])
        return JOB_RUN, job_run_name(parts[0], parts[2]), run
    if len(parts) != 1 or not parts[0]:
        raise not_found(f"Resource {arn} does not exist.")
    return APPLICATION, parts[0], existing_application(context, parts[0])


def _change(context: Context, arn: str, change: Callable[[Tags], Tags]) -> Answer:
    kind, name, _ = _find(context, arn)
    context.store.update(kind, name, lambda each: {**each, "tags": change(each["tags"])})
    return {}


def tag_resource(context: Context, request: Request) -> Answer:
    """Add tags, or give those that are there new values."""
    return _change(context, request["resourceArn"], lambda tags: {**tags, **request["tags"]})


def untag_resource(context: Context, request: Request) -> Answer:
    """Remove tags by key."""
    keys = set(request["tagKeys"])
    return _change(
        context,
        request["resourceArn"],
        lambda tags: {key: value for key, value in tags.items() if key not in keys},
    )


def list_tags_for_resource(context: Context, request: Request) -> Answer:
    """ListTagsForResource."""
    return {"tags": _find(context, request["resourceArn"])[2]["tags"]}


OPERATIONS: Mapping[str, Handler] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
