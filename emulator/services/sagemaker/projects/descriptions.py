"""DescribeProject and ListProjects."""

from emulator.context import Answer, Context, Request
from emulator.services.sagemaker import listing
from emulator.services.sagemaker.projects.records import KIND, existing_project

_SUMMARY_KEYS = (
    "ProjectName",
    "ProjectDescription",
    "ProjectArn",
    "ProjectId",
    "CreationTime",
    "ProjectStatus",
)


def describe_project(context: Context, request: Request) -> Answer:
    """A project; one that is deleted stays to be seen until its name is used again."""
    return existing_project(context, request["ProjectName"])


def list_projects(context: Context, request: Request) -> Answer:
    """The projects, by name unless asked otherwise."""
    summaries, next_token = listing.page(
        context.store.list(KIND),
        {"SortBy": "Name", **request},
        name_key="ProjectName",
        summary_keys=_SUMMARY_KEYS,
        default_order="Ascending",
    )
    return {"ProjectSummaryList": summaries, "NextToken": next_token}
