"""A commit as a zip or as files, and a zip as a commit."""

import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from emulator import git
from emulator.errors import AwsError

MESSAGE = "Initial commit"
LINK, EXECUTABLE, NORMAL = 0o120777, 0o100755, 0o100644


def make_zip(path: Path, entries: dict[str, tuple[bytes, int]]) -> Path:
    """A zip of these names, contents and modes."""
    with zipfile.ZipFile(path, "w") as opened:
        for name, (content, mode) in entries.items():
            entry = zipfile.ZipInfo(name, date_time=(2024, 5, 6, 7, 8, 10))
            entry.create_system = 3
            entry.external_attr = mode << 16
            opened.writestr(entry, content)
    return path


@pytest.fixture
def code(tmp_path: Path) -> Path:
    entries = {
        "buildspec.yml": (b"version: 0.2\n", NORMAL),
        "scripts/run": (b"#!/bin/sh\n", EXECUTABLE),
        "scripts/again": (b"run", LINK),
        'odd "name"\\é.txt': (b"odd", NORMAL),
    }
    return make_zip(tmp_path / "code.zip", entries)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    directory = tmp_path / "bare.git"
    git.create(directory)
    return directory


def test_a_zip_becomes_the_first_commit_of_a_branch(bare: Path, code: Path, tmp_path: Path) -> None:
    commit = git.import_zip(bare, "main", code, MESSAGE)
    assert git.references(bare) == {"refs/heads/main": commit}
    assert git.commit_message(bare, commit) == MESSAGE
    # 2024-05-06T07:08:10Z, the time of the files.
    assert git.commit_author(bare, commit).date == "1714979290 +0000"
    assert sorted(git.changed_paths(bare, None, commit)) == [
        "buildspec.yml",
        'odd "name"\\é.txt',
        "scripts/again",
        "scripts/run",
    ]
    git.checkout(bare, "main", tmp_path / "out")
    assert (tmp_path / "out/scripts/run").stat().st_mode & stat.S_IXUSR
    assert not (tmp_path / "out/buildspec.yml").stat().st_mode & stat.S_IXUSR
    assert (tmp_path / "out/scripts/again").readlink() == Path("run")
    assert (tmp_path / 'out/odd "name"\\é.txt').read_bytes() == b"odd"
    assert not (tmp_path / "out/.git").exists()


def test_the_same_zip_gives_the_same_commit(bare: Path, code: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.git"
    git.create(other)
    first = git.import_zip(bare, "main", code, MESSAGE)
    assert git.import_zip(other, "main", code, MESSAGE) == first


def test_a_branch_that_is_there_is_not_overwritten(bare: Path, code: Path) -> None:
    git.import_zip(bare, "main", code, MESSAGE)
    with pytest.raises(AwsError, match="ValidationException: The branch 'main' exists already"):
        git.import_zip(bare, "main", code, MESSAGE)


def test_every_entry_that_would_leave_the_folder_is_named(bare: Path, tmp_path: Path) -> None:
    bad = {
        "../above": (b"", NORMAL),
        "/absolute": (b"", NORMAL),
        "a/../../b": (b"", NORMAL),
        ".git/hooks/post-checkout": (b"", EXECUTABLE),
        "out": (b"../../etc", LINK),
        "fine": (b"", NORMAL),
    }
    with pytest.raises(AwsError) as caught:
        git.import_zip(bare, "main", make_zip(tmp_path / "bad.zip", bad), MESSAGE)
    assert caught.value.code == "ValidationException"
    assert [name for name in bad if repr(name) in caught.value.message] == list(bad)[:-1]
    assert git.references(bare) == {}


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04"])
def test_what_is_no_zip_is_refused(bare: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "code.zip"
    path.write_bytes(content)
    with pytest.raises(AwsError, match="ValidationException: code.zip cannot be read as a zip"):
        git.import_zip(bare, "main", path, MESSAGE)


def test_an_archive_keeps_executable_bits_links_and_what_attributes_leave_out(
    bare: Path, code: Path, tmp_path: Path
) -> None:
    attributes = {
        ".gitattributes": (b"docs export-ignore\nv export-subst\n", NORMAL),
        "docs/a.md": (b"a", NORMAL),
        "v": (b"$Format:%H$", NORMAL),
    }
    made = make_zip(tmp_path / "attributes.zip", attributes)
    with_attributes = git.import_zip(bare, "docs", made, MESSAGE)
    git.archive(bare, with_attributes, tmp_path / "docs-source.zip")
    with zipfile.ZipFile(tmp_path / "docs-source.zip") as opened:
        assert opened.read("docs/a.md") == b"a"
        assert opened.read("v") == b"$Format:%H$"

    commit = git.import_zip(bare, "main", code, MESSAGE)
    git.archive(bare, commit, tmp_path / "source.zip")
    git.archive(bare, "main", tmp_path / "again.zip")
    with zipfile.ZipFile(tmp_path / "source.zip") as opened:
        modes = {entry.filename: entry.external_attr >> 16 for entry in opened.infolist()}
        assert opened.read("scripts/again") == b"run"
    assert modes["scripts/run"] & stat.S_IXUSR
    assert stat.S_ISLNK(modes["scripts/again"])
    assert (tmp_path / "source.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()


def test_a_clone_is_at_the_commit_and_knows_its_remote(
    bare: Path, code: Path, tmp_path: Path
) -> None:
    commit = git.import_zip(bare, "main", code, MESSAGE)
    git.clone(bare, commit, tmp_path / "src", "http://127.0.0.1:4768/v1/repos/books")

    def said(*arguments: str) -> str:
        command = ["git", "-C", str(tmp_path / "src"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert said("rev-parse", "HEAD") == commit
    assert said("status", "--porcelain") == ""
    assert said("remote", "get-url", "origin") == "http://127.0.0.1:4768/v1/repos/books"


def test_a_commit_that_is_not_there_is_told(bare: Path, tmp_path: Path) -> None:
    with pytest.raises(git.GitFailed, match="there is no commit 'nowhere' in this repository"):
        git.archive(bare, "nowhere", tmp_path / "source.zip")
    assert list(tmp_path.glob("*.zip")) == []
    with pytest.raises(git.GitFailed, match="there is no commit '--all'"):
        git.commit_of(bare, "--all")
