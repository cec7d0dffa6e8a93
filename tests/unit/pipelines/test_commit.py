"""The commit that an execution is of."""

import subprocess
from pathlib import Path

import pytest

from pipelines import commit as commits
from pipelines.commit import Commit

ID = "0123456789abcdef0123456789abcdef01234567"


def git(directory: Path, *words: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.com"]
    done = subprocess.run(
        ["git", "-C", str(directory), *identity, *words],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    for name in ("pipelines/a.py", "steps/b.py", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_a_checkout_tells_its_commit_and_whether_the_code_differs(checkout: Path) -> None:
    head = git(checkout, "rev-parse", "HEAD")
    (checkout / "README.md").write_text("other")
    assert commits.current(checkout, {}) == Commit(head)
    (checkout / "steps/new.py").write_text("1")
    assert commits.current(checkout, {}) == Commit(head, has_changes=True)


def test_a_remote_is_told_without_its_password(checkout: Path) -> None:
    git(checkout, "remote", "add", "origin", "https://name:secret@example.com/team/repo.git")
    found = commits.current(checkout, {})
    assert found is not None
    assert found.repository == "https://example.com/team/repo.git"


def test_codebuild_knows_better_than_git(checkout: Path) -> None:
    """Source: "Environment variables in build environments" of CodeBuild."""
    environment = {
        "CODEBUILD_RESOLVED_SOURCE_VERSION": ID,
        "CODEBUILD_SOURCE_REPO_URL": "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/r",
    }
    assert commits.current(checkout, environment) == Commit(
        ID, "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/r"
    )


def test_a_source_version_that_is_no_commit_is_not_taken_for_one(tmp_path: Path) -> None:
    """An archive in S3 has a version there, too."""
    environment = {"CODEBUILD_RESOLVED_SOURCE_VERSION": "arn:aws:s3:::bucket/source.zip"}
    assert commits.current(tmp_path, environment) is None


def test_without_a_checkout_or_git_there_is_no_commit(
    tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert commits.current(empty, {}) is None
    monkeypatch.setenv("PATH", str(empty))
    assert commits.current(checkout, {}) is None


@pytest.mark.parametrize(
    "commit",
    [
        Commit(ID),
        Commit(ID, has_changes=True),
        Commit(ID, "git@example.com:team/repo.git"),
        Commit(ID, "https://example.com/repo.v2", has_changes=True),
    ],
)
def test_a_description_gives_back_the_commit(commit: Commit) -> None:
    assert commits.read(commits.describe(commit)) == commit


def test_other_descriptions_name_no_commit() -> None:
    assert commits.read("Commit to quality.") is None
    assert commits.read("") is None
