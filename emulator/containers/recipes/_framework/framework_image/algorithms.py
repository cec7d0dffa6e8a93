"""What an image's own algorithm is told, and how it says that it failed."""

import json
import sys
from pathlib import Path

FAILURE_CHARACTERS = 1024


def read_config(root: Path, name: str) -> dict:
    """A file of /opt/ml/input/config, such as "hyperparameters"; empty where it is missing."""
    path = root / "input" / "config" / f"{name}.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def fail(root: Path, message: str) -> int:
    """Say in the failure file why the training failed; the exit code."""
    print(message, file=sys.stderr)
    failure = root / "output" / "failure"
    failure.parent.mkdir(parents=True, exist_ok=True)
    failure.write_text(message[:FAILURE_CHARACTERS])
    return 1
