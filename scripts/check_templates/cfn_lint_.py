"""cfn-lint: the templates against the schemas of all resource types, and its own rules."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from scripts.check_templates.findings import Finding, Report
from scripts.check_templates.loading import Template

PROGRAM = Path(".venv/bin/cfn-lint")


def check(templates: Mapping[str, Template]) -> Report:
    """Runs cfn-lint, with its information besides warnings and errors, on the files themselves."""
    done = subprocess.run(
        [PROGRAM, "--include-checks", "I", "--format", "json", "--", *templates],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        matches = json.loads(done.stdout)
    except ValueError as error:
        raise RuntimeError(f"{PROGRAM} failed ({done.returncode}): {done.stderr}") from error
    return Report(
        "cfn-lint",
        frozenset(
            Finding(
                match["Filename"],
                f"line {match['Location']['Start']['LineNumber']}",
                match["Rule"]["Id"],
                match["Message"],
            )
            for match in matches
        ),
    )
