"""Names of branches: what git takes, and nothing else."""

import subprocess

import pytest

from emulator.git.repositories import is_branch_name

NAMES = [
    "main",
    "feature/x",
    "a.b",
    "a@b",
    "@",
    "-a",
    "a b",
    "a..b",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[",
    "a\\b",
    "/a",
    "a/",
    "a//b",
    ".a",
    "a/.b",
    "a.lock",
    "a.lock/b",
    "a.",
    "a@{b",
    "a\x7f",
    "a\tb",
    "é",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_branch_name_is_what_git_says_it_is(name: str) -> None:
    ended = subprocess.run(
        ["git", "check-ref-format", "--branch", name], capture_output=True, check=False
    )
    assert is_branch_name(name) == (ended.returncode == 0)


def test_what_could_be_a_commit_or_a_full_reference_is_no_branch_name() -> None:
    # Source: "Quotas in AWS CodeCommit", branch names.
    assert not is_branch_name("0" * 40)
    assert not is_branch_name("refs/heads/main")
