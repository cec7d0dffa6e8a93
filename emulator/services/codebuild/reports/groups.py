"""Operations on report groups."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import unsupported
from emulator.services.codebuild.records import (
    already_exists,
    arn,
    in_order,
    invalid_input,
    name_of,
    not_found,
    page,
)
from emulator.store import AlreadyExists, Document

REPORT_GROUP = "CodeBuildReportGroup"
REPORT = "CodeBuildReport"
TEST_CASES = "CodeBuildTestCases"
_TEST = "TEST"
_SORT_KEYS = {"NAME": "name", "CREATED_TIME": "created", "LAST_MODIFIED_TIME": "lastModified"}


def new_group(context: Context, name: str) -> Document:
    """A group of test reports that exports nothing."""
    now = context.clock()
    return {
        "arn": arn(context, f"report-group/{name}"),
        "name": name,
        "type": _TEST,
        "exportConfig": {"exportConfigType": "NO_EXPORT"},
        "created": now,
        "lastModified": now,
        "tags": [],
        "status": "ACTIVE",
    }


def existing_group(context: Context, group_arn: str) -> Document:
    """The report group.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    group = context.store.get(REPORT_GROUP, name_of(group_arn, "report-group"))
    if group is None:
        raise not_found(f"Report group cannot be found: {group_arn}")
    return group


def create_report_group(context: Context, request: Request) -> Answer:
    """Make a report group.

    Raises:
        AwsError: ResourceAlreadyExistsException; UnsupportedByEmulator.
    """
    if request["type"] != _TEST:
        raise unsupported(f"Reports of type {request['type']} are not supported: {_TEST}.")
    if request["exportConfig"].get("exportConfigType") == "S3":
        raise unsupported("The export of reports to S3 is not supported: NO_EXPORT.")
    group = new_group(context, request["name"]) | {"tags": request.get("tags", [])}
    try:
        context.store.insert(REPORT_GROUP, request["name"], group)
    except AlreadyExists as error:
        raise already_exists(f"Report group already exists: {group['arn']}") from error
    return {"reportGroup": group}


def batch_get_report_groups(context: Context, request: Request) -> Answer:
    """The report groups of these ARNs, and the ARNs that none has."""
    found, missing = [], []
    for group_arn in request["reportGroupArns"]:
        group = context.store.get(REPORT_GROUP, name_of(group_arn, "report-group"))
        if group is None:
            missing.append(group_arn)
        else:
            found.append(group)
    return {"reportGroups": found, "reportGroupsNotFound": missing}


def list_report_groups(context: Context, request: Request) -> Answer:
    """The ARNs of all report groups."""
    key = _SORT_KEYS[request.get("sortBy", "NAME")]
    groups = sorted(context.store.list(REPORT_GROUP), key=lambda group: group[key])
    ordered = in_order(groups, request, "ASCENDING")
    shown, following = page(request, "ListReportGroups", ordered, lambda group: group["arn"])
    return {"reportGroups": shown, **following}


def delete_report_group(context: Context, request: Request) -> Answer:
    """Remove a report group; one with reports only when asked to remove them, too.

    Raises:
        AwsError: InvalidInputException.
    """
    name = name_of(request["arn"], "report-group")
    reports = context.store.list(REPORT, f"{name}:")
    if reports and not request.get("deleteReports"):
        raise invalid_input(
            f"Report group {name} has {len(reports)} report(s): give deleteReports to delete them"
        )
    with context.store.transaction():
        for report in reports:
            context.store.delete(REPORT, name_of(report["arn"], "report"))
            context.store.delete(TEST_CASES, name_of(report["arn"], "report"))
        context.store.delete(REPORT_GROUP, name)
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "CreateReportGroup": create_report_group,
    "BatchGetReportGroups": batch_get_report_groups,
    "ListReportGroups": list_report_groups,
    "DeleteReportGroup": delete_report_group,
}
