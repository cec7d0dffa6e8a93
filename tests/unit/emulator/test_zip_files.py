"""A damaged zip is its sender's fault, whoever reads it."""

import zipfile
from pathlib import Path

import pytest

from emulator import git
from emulator.errors import AwsError
from emulator.services.codebuild.failures import PhaseFailed
from emulator.services.codebuild.zips import unpack
from emulator.services.lambda_.code import unpack_zip


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A zip whose directory is right, and whose compressed content is not."""
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "text that can be compressed " * 100)
    content = bytearray(path.read_bytes())
    start = 30 + len("a.txt")  # behind the local header, whose size the format fixes
    content[start : start + 8] = b"\xff" * 8
    path.write_bytes(content)
    return path


def test_a_build_fails_and_says_so(damaged: Path, tmp_path: Path) -> None:
    with pytest.raises(PhaseFailed):
        unpack(damaged, tmp_path / "src")


def test_a_function_is_refused(damaged: Path, tmp_path: Path) -> None:
    with pytest.raises(AwsError, match="Could not unzip uploaded file") as refused:
        unpack_zip(damaged.read_bytes(), tmp_path / "code")
    assert refused.value.code == "InvalidParameterValueException"


def test_a_repository_is_not_seeded(damaged: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git.create(bare)
    with pytest.raises(AwsError, match="cannot be read as a zip"):
        git.import_zip(bare, "main", damaged, "Seed")
