"""A build's report files -> reports."""

import uuid
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from emulator.context import Context
from emulator.services.codebuild.buildspec import ReportFiles
from emulator.services.codebuild.buildspec.file_patterns import (
    matching_directories,
    matching_files,
)
from emulator.services.codebuild.logs import BuildLog
from emulator.services.codebuild.records import arn, name_of
from emulator.services.codebuild.reports.groups import (
    REPORT,
    REPORT_GROUP,
    TEST_CASES,
    new_group,
)
from emulator.services.codebuild.reports.junit import Case, NotJunit, read_cases
from emulator.store import Document

# Source: "Work with test reports" of the user guide: a report expires 30 days after it was made.
_EXPIRES_SECONDS = 30 * 24 * 3600
_STATUSES = ("SUCCEEDED", "FAILED", "ERROR", "SKIPPED", "UNKNOWN")


def record_reports(
    context: Context, build: Document, wanted: Sequence[ReportFiles], source: Path, log: BuildLog
) -> list[str]:
    """Keep the reports that a buildspec asks for, and give their ARNs.

    What a report says, and that it cannot be read, is the report's: the build goes on.
    """
    return [_record(context, build, report, source, log) for report in wanted]


def _record(
    context: Context, build: Document, wanted: ReportFiles, source: Path, log: BuildLog
) -> str:
    group = _group(context, build, wanted.group)
    cases, faults = _read(wanted, source, log)
    report_id = f"{group['name']}:{uuid.uuid4()}"
    now = context.clock()
    report = {
        "arn": arn(context, f"report/{report_id}"),
        "type": group["type"],
        "name": report_id,
        "reportGroupArn": group["arn"],
        "executionId": build["arn"],
        "status": _status(cases, faults),
        "created": now,
        "expired": now + _EXPIRES_SECONDS,
        "exportConfig": group["exportConfig"],
        "truncated": False,
        "testSummary": _summary(cases),
    }
    documents = [_document(report, path, case) for path, case in cases]
    with context.store.transaction():
        context.store.insert(REPORT, report_id, report)
        context.store.insert(TEST_CASES, report_id, {"testCases": documents})
    log.say(f"Test report {report['arn']}: {report['status']}, {len(cases)} test case(s)")
    return str(report["arn"])


def _group(context: Context, build: Document, name_or_arn: str) -> Document:
    """Source: a group that is named and not given by its ARN is made: <project>-<name>."""
    name = name_of(name_or_arn, "report-group")
    if name == name_or_arn:
        name = f"{build['projectName']}-{name}"
    with context.store.transaction():
        group = context.store.get(REPORT_GROUP, name)
        if group is None:
            group = new_group(context, name)
            context.store.insert(REPORT_GROUP, name, group)
    return group


def _read(
    wanted: ReportFiles, source: Path, log: BuildLog
) -> tuple[list[tuple[str, Case]], list[str]]:
    cases: list[tuple[str, Case]] = []
    faults: list[str] = []
    is_any = False
    for base in matching_directories(source, wanted.base_directory):
        names = sorted({*chain.from_iterable(matching_files(base, wanted.files).values())})
        for name in names:
            path = base / name
            if not path.resolve().is_relative_to(source.resolve()) or not path.is_file():
                continue
            is_any = True
            try:
                cases += [(name, case) for case in read_cases(path.read_bytes())]
            except NotJunit as error:
                faults.append(f"{name}: {error}")
    if not is_any:
        faults.append(f"no file matches {', '.join(wanted.files)}")
    for fault in faults:
        log.say(f"Unable to read test report for {wanted.group}: {fault}")
    return cases, faults


def _status(cases: Sequence[tuple[str, Case]], faults: Sequence[str]) -> str:
    if faults:
        return "INCOMPLETE"
    is_bad = any(case.status in ("FAILED", "ERROR") for _, case in cases)
    return "FAILED" if is_bad else "SUCCEEDED"


def _summary(cases: Sequence[tuple[str, Case]]) -> dict[str, Any]:
    counts = Counter(case.status for _, case in cases)
    return {
        "total": len(cases),
        "statusCounts": {status: counts[status] for status in _STATUSES},
        "durationInNanoSeconds": sum(case.duration_nanoseconds for _, case in cases),
    }


def _document(report: Document, path: str, case: Case) -> dict[str, Any]:
    return {
        "reportArn": report["arn"],
        "testRawDataPath": path,
        "prefix": case.prefix,
        "name": case.name,
        "status": case.status,
        "durationInNanoSeconds": case.duration_nanoseconds,
        "message": case.message,
        "expired": report["expired"],
        "testSuiteName": case.suite,
    }
