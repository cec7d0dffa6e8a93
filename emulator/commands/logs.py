"""logs: what a job, an endpoint or a function printed."""

import argparse
import sys
from datetime import datetime
from pathlib import Path


def logs(arguments: argparse.Namespace) -> int:
    """Print every log stream whose job has the name, or starts with it; works when down, too."""
    root: Path = arguments.data / "logs"
    found = sorted(path for path in root.rglob("*.log") if _belongs_to(path, root, arguments.job))
    if not found:
        print(f"There is no log of {arguments.job!r} in {root}.", file=sys.stderr)
        return 1
    for path in found:
        if len(found) > 1:
            print(f"==> {path.relative_to(root)} <==")
        _print(path)
    return 0


def _belongs_to(path: Path, root: Path, job: str) -> bool:
    return any(part.startswith(job) for part in path.relative_to(root).parts)


def _print(path: Path) -> None:
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            time_ms, tab, text = line.rstrip("\n").partition("\t")
            if tab and time_ms.isdigit():
                moment = datetime.fromtimestamp(int(time_ms) / 1000).astimezone()
                print(f"{moment:%H:%M:%S.%f}"[:-3], text)
            else:
                print(line.rstrip("\n"))
