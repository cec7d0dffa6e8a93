"""Check the documents against the tree: links resolve, commands exist and have the flags shown."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OWN_COMMANDS = (
    "get-pipeline-definition",
    "run-pipeline",
    "leaderboard",
    "tuning-report",
    "approve-model",
    "deploy-model",
    "lineage",
    "publish-project-template",
    "launch-project",
    "project-status",
    "approve-deploy",
    "teardown-project",
    "approved-package",
    "clear-stages",
    "smoke-test",
)
_LINK = re.compile(r"\[[^\]]*\]\((?!https?:|#)([^)#\s]+)")
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def main() -> int:
    """Print every fault and give 1 if there is one."""
    faults = [fault for path in documents() for fault in faults_of(path)]
    print("\n".join(faults) or f"{len(documents())} documents: links and commands hold")
    return 1 if faults else 0


def documents() -> list[Path]:
    """The Markdown files under version control; in a copy without git, all but hidden folders'."""
    if not (ROOT / ".git").exists():
        found = (path for path in ROOT.rglob("*.md") if not _is_hidden(path.relative_to(ROOT)))
        return sorted(found)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def faults_of(path: Path) -> Iterator[str]:
    """What in a document is not true of the tree."""
    text = path.read_text()
    name = path.relative_to(ROOT)
    for target in _LINK.findall(text):
        if not (path.parent / target).exists():
            yield f"{name}: the link to {target} leads nowhere"
    for block in _CONSOLE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                yield from (f"{name}: {fault}" for fault in command_faults(line[2:]))


def command_faults(line: str) -> Iterator[str]:
    """What is wrong with a command that a document shows."""
    words = shlex.split(line, comments=True)
    if words[:3] == ["python", "-m", "emulator"]:
        yield from _emulator_faults(line, words[3:])
    elif words and words[0].startswith("scripts/"):
        if not (ROOT / words[0]).exists():
            yield f"`{line}`: there is no {words[0]}"
    elif words and words[0] in OWN_COMMANDS:
        yield from _flag_faults(line, words[1:], _help(words[0]))


def _emulator_faults(line: str, words: list[str]) -> Iterator[str]:
    before, _, behind = " ".join(words).partition(" -- ")
    if before:
        own = before.split()
        yield from _flag_faults(line, own[1:], _help(sys.executable, "-m", "emulator", own[0]))
    if behind:
        yield from command_faults(behind)


def _flag_faults(line: str, words: list[str], usage: str | None) -> Iterator[str]:
    if usage is None:
        yield f"`{line}`: the command is not there"
        return
    for flag in (word.partition("=")[0] for word in words if word.startswith("--")):
        if not re.search(rf"{re.escape(flag)}\b", usage):
            yield f"`{line}`: it has no flag {flag}"


@cache
def _help(*command: str) -> str | None:
    beside = Path(sys.executable).parent / command[0]
    program = str(beside) if beside.exists() else command[0]
    try:
        done = subprocess.run(
            [program, *command[1:], "--help"], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
