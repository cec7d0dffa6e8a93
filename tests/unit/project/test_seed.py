import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from project.seed import SeedError, pack


def git(directory: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, "-C", str(directory), *words], check=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "run").write_text("#!/bin/sh\n")
    (tmp_path / "run").chmod(0o755)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def test_the_commit_is_packed_with_its_executable_bits(checkout: Path) -> None:
    seed = pack(checkout)
    with zipfile.ZipFile(io.BytesIO(seed.archive)) as archive:
        [entry] = archive.infolist()
    assert entry.filename == "run"
    assert entry.external_attr >> 16 & 0o111 == 0o111
    assert not seed.has_changes


def test_the_same_commit_gives_the_same_bytes_whatever_is_not_committed(checkout: Path) -> None:
    before = pack(checkout)
    (checkout / "run").write_text("changed")
    (checkout / "new").write_text("new")
    after = pack(checkout)
    assert after.archive == before.archive
    assert after.has_changes


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="not a git repository"):
        pack(tmp_path)


def test_a_repository_without_a_commit_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(SeedError, match="HEAD"):
        pack(tmp_path)
