"""Where sources are cloned from: what AWS's services hold is at the emulator."""

import os
import socket
import time
from pathlib import Path

import pytest

from emulator.context import Context
from emulator.services.codebuild.git_sources import clone, clone_url
from emulator.services.codebuild.handles import Handle, TimedOut

CONNECTION = {"type": "CODECONNECTIONS", "resource": "arn:aws:codeconnections:x:1:connection/y"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            {"type": "CODECOMMIT",
             "location": "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/books"},
            "http://127.0.0.1:1/v1/repos/books",
        ),
        (
            {"type": "CODECOMMIT",
             "location": "https://git-codecommit.eu-west-2.amazonaws.com/v1/repos/books"},
            "https://git-codecommit.eu-west-2.amazonaws.com/v1/repos/books",
        ),
        (
            {"type": "CODECOMMIT", "location": "http://127.0.0.1:1/v1/repos/books"},
            "http://127.0.0.1:1/v1/repos/books",
        ),
        (
            {"type": "GITHUB", "location": "https://github.com/me/books.git", "auth": CONNECTION},
            "http://127.0.0.1:1/git/me/books.git",
        ),
        (
            {"type": "GITLAB", "location": "https://gitlab.com/a/b/books", "auth": CONNECTION},
            "http://127.0.0.1:1/git/a/b/books.git",
        ),
        (
            {"type": "GITHUB", "location": "https://github.com/me/books.git"},
            "https://github.com/me/books.git",
        ),
    ],
)  # fmt: skip
def test_a_source_is_cloned_from_there(
    context: Context, source: dict[str, object], expected: str
) -> None:
    assert clone_url(context, source) == expected


def test_a_remote_that_never_answers_is_left_at_the_deadline(
    context: Context, tmp_path: Path
) -> None:
    handle, target = Handle(time.monotonic() + 0.3), tmp_path / "src"
    target.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        location = f"http://127.0.0.1:{silent.getsockname()[1]}/books"
        source = {"type": "GITHUB", "location": location}
        variables = {"PATH": os.environ["PATH"], "NO_PROXY": "*", "HOME": str(tmp_path)}

        with pytest.raises(TimedOut):
            clone(context, source, None, target, variables, handle)
