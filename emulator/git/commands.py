"""Runs git: no shell, no settings of the user's, no prompt."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from emulator.errors import AwsError, unsupported

NAME, EMAIL = "emulator", "emulator@localhost"


class GitFailed(AwsError):
    """Git refused a command; the message is its own."""

    def __init__(self, arguments: tuple[str, ...], said: str) -> None:
        super().__init__("GitFailed", f"git {arguments[0]}: {said.strip() or 'failed'}")


def environment(directory: Path, **more: str) -> dict[str, str]:
    """The variables under which git sees this repository and no settings but its own."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "HOME": str(directory),
        "GIT_DIR": str(directory),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": NAME,
        "GIT_AUTHOR_EMAIL": EMAIL,
        "GIT_COMMITTER_NAME": NAME,
        "GIT_COMMITTER_EMAIL": EMAIL,
        **more,
    }


def run(
    directory: Path,
    *arguments: str,
    stdin: bytes | IO[bytes] = b"",
    variables: Mapping[str, str] | None = None,
) -> bytes:
    """What git writes to its standard output.

    ``stdin`` is what git reads, or the file that it reads it from.

    Raises:
        GitFailed: Git ended with an error.
        AwsError: UnsupportedByEmulator: this machine has no git.
    """
    content, source = (stdin, None) if isinstance(stdin, bytes) else (None, stdin)
    try:
        ended = subprocess.run(
            ["git", *arguments],
            input=content,
            stdin=source,
            capture_output=True,
            env=environment(directory, **(variables or {})),
            check=False,
        )
    except FileNotFoundError as error:
        raise git_missing() from error
    if ended.returncode != 0:
        raise GitFailed(arguments, ended.stderr.decode(errors="replace"))
    return ended.stdout


def git_missing() -> AwsError:
    """The answer on a machine without git."""
    return unsupported("Repositories need the program git, which is not on the PATH: install it.")
