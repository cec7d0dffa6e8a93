"""Zips that links are in, and zips that mean harm."""

import os
import stat
import zipfile
from pathlib import Path

import pytest

from emulator.services.codebuild.failures import PhaseFailed
from emulator.services.codebuild.zips import pack, unpack


def zip_of(path: Path, *entries: tuple[str, str, bool]) -> Path:
    """A zip of (name, content, whether it is a link)."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content, is_link in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = ((stat.S_IFLNK | 0o777) if is_link else 0o644) << 16
            archive.writestr(entry, content)
    return path


def test_what_was_packed_is_unpacked_with_its_programs_and_links(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "bin").mkdir(parents=True)
    (source / "bin" / "run").write_text("#!/bin/sh\n")
    (source / "bin" / "run").chmod(0o700)
    (source / "text").write_text("x")
    (source / "link").symlink_to("bin/run")
    names = ("bin/run", "text", "link")

    pack([(name, source / name) for name in names], tmp_path / "a.zip")
    pack([(name, source / name) for name in names], tmp_path / "b.zip")
    target.mkdir()
    unpack(tmp_path / "a.zip", target)

    assert os.access(target / "bin" / "run", os.X_OK)
    assert not os.access(target / "text", os.X_OK)
    assert (target / "link").readlink() == Path("bin/run")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([("../a", "", False)], "'../a' is outside the folder"),
        ([("/a", "", False)], "'/a' is outside the folder"),
        ([("a", "/etc/passwd", True)], "'a' links to '/etc/passwd', outside the folder"),
        ([("b/a", "../../x", True)], "'b/a' links to '../../x', outside the folder"),
        ([("a", "b", True), ("a/c", "", False)], "'a/c' is placed through a link"),
    ],
)
def test_a_zip_that_leads_out_of_its_folder_is_refused_before_anything_is_written(
    tmp_path: Path, entries: list[tuple[str, str, bool]], message: str
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    archive = zip_of(tmp_path / "a.zip", ("fine", "", False), *entries)

    with pytest.raises(PhaseFailed) as caught:
        unpack(archive, target)

    assert caught.value.code == "CLIENT_ERROR"
    assert message in caught.value.message
    assert list(target.iterdir()) == []


def test_a_file_replaces_a_link_of_its_name_and_is_not_written_through_it(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    archive = zip_of(
        tmp_path / "a.zip", ("here", ".", True), ("a", "here/../x", True), ("./a", "text", False)
    )

    unpack(archive, target)

    assert (target / "a").read_text() == "text"
    assert not (tmp_path / "x").exists()


def test_what_is_no_zip_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("no zip")

    with pytest.raises(PhaseFailed, match="File is not a zip file"):
        unpack(tmp_path / "a.zip", tmp_path)
