"""checkov: general security of resources, over both branches of each template."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.check_templates.branches import written
from scripts.check_templates.findings import Finding, Report, Suppression
from scripts.check_templates.loading import Template

# Nothing that needs a server, and no excerpts of the templates.
_QUICKLY = ("--skip-download", "--compact")
PROGRAM = Path(sys.executable).with_name("checkov")


def check(templates: Mapping[str, Template]) -> Report:
    """Runs checkov on files with the branches; it asks no server."""
    with tempfile.TemporaryDirectory() as folder:
        files = written(templates, Path(folder))
        results = _results(list(files))
    found, skipped = (
        [(files[Path(each["file_abs_path"])], each) for each in results[kind]]
        for kind in ("failed_checks", "skipped_checks")
    )
    return Report(
        "checkov",
        frozenset(
            Finding(path, _resource(each), each["check_id"], each["check_name"])
            for path, each in found
        ),
        frozenset(Suppression(path, _resource(each), each["check_id"]) for path, each in skipped),
    )


def _results(files: list[Path]) -> dict[str, Any]:
    given = [word for file in files for word in ("--file", str(file))]
    done = subprocess.run(
        [PROGRAM, "--framework", "cloudformation", "--output", "json", *_QUICKLY, *given],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
        results: dict[str, Any] = answer["results"]
    except (ValueError, KeyError, TypeError) as error:
        raise RuntimeError(f"{PROGRAM} failed ({done.returncode}): {done.stderr}") from error
    if results["parsing_errors"]:
        raise RuntimeError(f"{PROGRAM} could not read {', '.join(results['parsing_errors'])}")
    return results


def _resource(entry: Mapping[str, Any]) -> str:
    # AWS::S3::Bucket.Name
    return str(entry["resource"]).rpartition(".")[2]
