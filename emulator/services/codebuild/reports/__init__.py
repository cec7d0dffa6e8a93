"""Test reports: what builds found out, by report group.

junit      JUnit XML -> test cases
groups     operations on report groups
recording  a build's report files -> reports
queries    operations on reports and their test cases
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.codebuild.reports import groups, queries
from emulator.services.codebuild.reports.recording import record_reports

__all__ = ["OPERATIONS", "record_reports"]

OPERATIONS: Mapping[str, Handler] = {**groups.OPERATIONS, **queries.OPERATIONS}
