"""check-templates: runs the four checkers on the templates; 1 if one has a finding."""

import argparse
import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from scripts.check_templates import cdk_nag_, cfn_lint_, checkov_, parliament_
from scripts.check_templates.findings import Finding, Report
from scripts.check_templates.loading import Template, load
from scripts.check_templates.suppressions import declared

TEMPLATES = (
    "project/template.yaml",
    "project/seed.yaml",
    "project/portfolio.yaml",
    "model_build/pipeline.yaml",
    "model_deploy/pipeline.yaml",
    "model_deploy/endpoint.yaml",
)
CHECKERS: Mapping[str, Callable[[Mapping[str, Template]], Report]] = {
    "cfn-lint": cfn_lint_.check,
    "checkov": checkov_.check,
    "cdk-nag": cdk_nag_.check,
    "parliament": parliament_.check,
}
# What a result depends on besides the templates.
_LOCKS = ("requirements/dev.lock", "requirements/template-checks.lock")
_CLEAN = Path(sys.prefix) / "clean-templates"


def main(argv: Sequence[str] | None = None) -> int:
    """Prints a line for each checker, and its findings; nothing is run again on what was clean."""
    parser = argparse.ArgumentParser(prog="scripts/check-templates", description=__doc__)
    parser.add_argument(
        "templates", nargs="*", default=TEMPLATES, help="templates [all of this repository]"
    )
    paths = parser.parse_args(argv).templates
    content = _content(paths)
    if _CLEAN.exists() and _CLEAN.read_text().partition("\n")[0] == content:
        print(_CLEAN.read_text().partition("\n")[2], end="")
        return 0
    templates = {path: load(Path(path)) for path in paths}
    with ThreadPoolExecutor() as pool:
        reports = list(pool.map(lambda check: check(templates), CHECKERS.values()))
    lines = [_line(report, templates) for report in reports]
    findings = sorted(finding for report in reports for finding in report.findings)
    findings += _useless(reports, templates)
    print("\n".join([*lines, *map(str, findings)]))
    if findings:
        return 1
    _CLEAN.write_text("\n".join([content, *lines, ""]))
    return 0


def _content(paths: Sequence[str]) -> str:
    """A hash of all that the result depends on."""
    own = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256()
    for path in [*map(Path, paths), *map(Path, _LOCKS), *own]:
        digest.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _line(report: Report, templates: Mapping[str, Template]) -> str:
    suppressed = f", {len(report.suppressed)} suppressed" if report.suppressed else ""
    return (
        f"{_name(report.checker)}: {len(templates)} templates, "
        f"{len(report.findings)} findings{suppressed}"
    )


def _name(checker: str) -> str:
    # cfn-lint lies in the other environment, with the version that its lock says.
    return checker if checker == "cfn-lint" else f"{checker} {version(checker)}"


def _useless(reports: Sequence[Report], templates: Mapping[str, Template]) -> list[Finding]:
    """Suppressions that suppress nothing, and would hide what comes later."""
    used = {(report.checker, each) for report in reports for each in report.suppressed}
    return [
        Finding(each.template, each.resource, each.rule, f"suppressed, but {checker} says nothing")
        for checker, each in sorted(declared(templates) - used)
    ]


if __name__ == "__main__":
    sys.exit(main())
