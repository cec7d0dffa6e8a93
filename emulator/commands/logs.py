"""logs: what a job, an endpoint, a function or a build printed."""

import argparse
import re
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

_NAMES_SHOWN = 10
_LOOK_AGAIN_SECONDS = 0.1
_FIRST_LINE_BYTES = 1 << 16
# What AWS puts in front of the names of all jobs, endpoints, functions and builds.
_GROUP = re.compile(r"^aws/(lambda|codebuild|sagemaker/[^/]+|emr/[^/]+|emr-serverless)/")


def logs(arguments: argparse.Namespace) -> int:
    """Print every log stream with the text in its name, the oldest first; works when down, too."""
    root: Path = arguments.data / "logs"
    printed = _Printed(root, is_growing=arguments.follow)
    found = _find(root, arguments.job)
    if not found:
        print(_no_log(root, arguments.job), file=sys.stderr)
        return 1
    printed.go_on(found)
    while arguments.follow:
        time.sleep(_LOOK_AGAIN_SECONDS)
        printed.go_on(_find(root, arguments.job))
    return 0


def _find(root: Path, text: str) -> list[Path]:
    """The logs with the text in their names, in the order of their beginnings."""
    return sorted((p for p in root.rglob("*.log") if text in _name(p, root)), key=_start_ms)


def _name(path: Path, root: Path) -> str:
    return _GROUP.sub("", path.relative_to(root).as_posix())


def _start_ms(path: Path) -> int:
    with path.open("rb") as file:
        time_ms = file.readline(_FIRST_LINE_BYTES).partition(b"\t")[0]
    return int(time_ms) if time_ms.isdigit() else path.stat().st_mtime_ns // 1_000_000


def _no_log(root: Path, text: str) -> str:
    newest = [_name(path, root).partition("/")[0] for path in reversed(_find(root, ""))]
    names = ", ".join(list(dict.fromkeys(newest))[:_NAMES_SHOWN])
    hint = f"The newest are of: {names}" if names else "Nothing has printed anything yet."
    return f"There is no log with {text!r} in its name in {root}. {hint}"


@dataclass
class _Printed:
    """How far each log was printed; of one that grows, no line that is still being written."""

    root: Path
    is_growing: bool
    _ends: dict[Path, int] = field(default_factory=dict)
    _last: Path | None = None

    def go_on(self, paths: list[Path]) -> None:
        """Print what was not printed yet."""
        for path in paths:
            with path.open("rb") as file:
                file.seek(self._ends.get(path, 0))
                for line in file:
                    if self.is_growing and not line.endswith(b"\n"):
                        break
                    self._tell_whose(path, len(paths) > 1)
                    print(_readable(line.decode(errors="replace").rstrip("\n")))
                    self._ends[path] = self._ends.get(path, 0) + len(line)
        sys.stdout.flush()

    def _tell_whose(self, path: Path, is_one_of_many: bool) -> None:
        if is_one_of_many and path != self._last:
            print(f"==> {path.relative_to(self.root)} <==")
        self._last = path


def _readable(line: str) -> str:
    time_ms, tab, text = line.partition("\t")
    if not (tab and time_ms.isdigit()):
        return line
    moment = datetime.fromtimestamp(int(time_ms) / 1000).astimezone()
    return f"{moment:%H:%M:%S.%f}"[:-3] + f" {text}"
