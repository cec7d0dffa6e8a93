"""Operations on reports and their test cases."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.services.codebuild.records import in_order, name_of, not_found, page
from emulator.services.codebuild.reports.groups import REPORT, TEST_CASES, existing_group
from emulator.store import Document


def batch_get_reports(context: Context, request: Request) -> Answer:
    """The reports of these ARNs, and the ARNs that none has."""
    found, missing = [], []
    for report_arn in request["reportArns"]:
        report = context.store.get(REPORT, name_of(report_arn, "report"))
        if report is None:
            missing.append(report_arn)
        else:
            found.append(report)
    return {"reports": found, "reportsNotFound": missing}


def list_reports(context: Context, request: Request) -> Answer:
    """The ARNs of all reports, newest first."""
    return _listed(context.store.list(REPORT), request, "ListReports")


def list_reports_for_report_group(context: Context, request: Request) -> Answer:
    """The ARNs of a group's reports, newest first.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    group = existing_group(context, request["reportGroupArn"])
    reports = context.store.list(REPORT, f"{group['name']}:")
    return _listed(reports, request, f"ListReportsForReportGroup/{group['name']}")


def _listed(reports: list[Document], request: Request, list_name: str) -> Answer:
    status = (request.get("filter") or {}).get("status")
    kept = [report for report in reports if status in (None, report["status"])]
    ordered = in_order(kept, request, "DESCENDING")
    shown, following = page(request, list_name, ordered, lambda report: report["arn"])
    return {"reports": shown, **following}


def describe_test_cases(context: Context, request: Request) -> Answer:
    """The test cases of a report.

    Raises:
        AwsError: ResourceNotFoundException.
    """
    name = name_of(request["reportArn"], "report")
    kept = context.store.get(TEST_CASES, name)
    if kept is None:
        raise not_found(f"Report cannot be found: {request['reportArn']}")
    wanted = request.get("filter") or {}
    cases = [
        case
        for case in kept["testCases"]
        if wanted.get("status") in (None, case["status"])
        and wanted.get("keyword", "") in f"{case['prefix']}.{case['name']}"
    ]
    shown, following = page(request, f"DescribeTestCases/{name}", cases, lambda case: case)
    return {"testCases": shown, **following}


def delete_report(context: Context, request: Request) -> Answer:
    """Remove a report; one that is not there is removed already."""
    name = name_of(request["arn"], "report")
    with context.store.transaction():
        context.store.delete(REPORT, name)
        context.store.delete(TEST_CASES, name)
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "BatchGetReports": batch_get_reports,
    "ListReports": list_reports,
    "ListReportsForReportGroup": list_reports_for_report_group,
    "DescribeTestCases": describe_test_cases,
    "DeleteReport": delete_report,
}
