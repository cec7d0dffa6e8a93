import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.containers import ArchiveRefused, pack_archive, unpack_archive


def make_archive(path: Path, *members: tuple[str, Callable[[tarfile.TarInfo], None] | bytes]):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            else:
                content(member)
                tar.addfile(member)
    return path


def link(kind: bytes, target: str) -> Callable[[tarfile.TarInfo], None]:
    def change(member: tarfile.TarInfo) -> None:
        member.type, member.linkname = kind, target

    return change


def test_what_is_packed_is_what_is_unpacked(tmp_path: Path):
    source = tmp_path / "source"
    (source / "code").mkdir(parents=True)
    (source / "xgboost-model").write_bytes(b"\0model")
    (source / "code" / "inference.py").write_text("pass")
    (source / "run.sh").write_text("#!/bin/sh")
    (source / "run.sh").chmod(0o755)
    (source / "latest").symlink_to("xgboost-model")
    pack_archive(source, tmp_path / "model.tar.gz")
    unpack_archive(tmp_path / "model.tar.gz", tmp_path / "target")
    target = tmp_path / "target"
    assert (target / "xgboost-model").read_bytes() == b"\0model"
    assert (target / "code" / "inference.py").read_text() == "pass"
    assert os.access(target / "run.sh", os.X_OK)
    assert (target / "latest").readlink() == Path("xgboost-model")
    assert sorted(path.name for path in target.iterdir()) == [
        "code",
        "latest",
        "run.sh",
        "xgboost-model",
    ]


def test_same_content_is_the_same_archive_whenever_and_however_it_was_written(tmp_path: Path):
    digests = []
    for number, names in enumerate((("a", "b"), ("b", "a"))):
        source = tmp_path / f"source-{number}"
        source.mkdir()
        for name in names:
            (source / name).write_text("same")
            os.utime(source / name, (number, number))
        if number:
            (source / "b").unlink()
            (source / "b").hardlink_to(source / "a")
        pack_archive(source, tmp_path / f"{number}.tar.gz")
        digests.append(hashlib.sha256((tmp_path / f"{number}.tar.gz").read_bytes()).digest())
    assert digests[0] == digests[1]


def test_every_member_that_is_refused_is_named(tmp_path: Path):
    archive = make_archive(
        tmp_path / "model.tar.gz",
        ("good.txt", b"good"),
        ("../above.txt", b"x"),
        ("/absolute.txt", b"x"),
        ("code/../../above-too.txt", b"x"),
        ("out", link(tarfile.SYMTYPE, "../outside")),
        ("root", link(tarfile.SYMTYPE, "/etc/passwd")),
        ("hard", link(tarfile.LNKTYPE, "../../outside")),
        ("pipe", link(tarfile.FIFOTYPE, "")),
        ("device", link(tarfile.CHRTYPE, "")),
    )
    with pytest.raises(ArchiveRefused) as refused:
        unpack_archive(archive, tmp_path / "target")
    assert refused.value.code == "ValidationException"
    for name in (
        "'../above.txt'", "'/absolute.txt'", "'code/../../above-too.txt'", "'out'", "'root'",
        "'hard'", "'pipe'", "'device'",
    ):  # fmt: skip
        assert name in refused.value.message
    assert "good.txt" not in refused.value.message
    assert list((tmp_path / "target").iterdir()) == []
    assert not (tmp_path / "above.txt").exists()


def test_file_placed_through_a_link_is_refused(tmp_path: Path):
    archive = make_archive(
        tmp_path / "model.tar.gz",
        ("inside", link(tarfile.SYMTYPE, "elsewhere")),
        ("inside/file", b"x"),
    )
    with pytest.raises(ArchiveRefused, match="'inside/file' is placed through a link"):
        unpack_archive(archive, tmp_path / "target")


def test_links_within_the_folder_are_kept(tmp_path: Path):
    archive = make_archive(
        tmp_path / "model.tar.gz",
        ("a/file", b"x"),
        ("b/link", link(tarfile.SYMTYPE, "../a/file")),
        ("hard", link(tarfile.LNKTYPE, "a/file")),
    )
    unpack_archive(archive, tmp_path / "target")
    assert (tmp_path / "target/b/link").read_bytes() == (tmp_path / "target/hard").read_bytes()


def test_archive_that_unpacks_too_large_is_refused_before_it_is_unpacked(tmp_path: Path):
    archive = make_archive(tmp_path / "model.tar.gz", ("zeros", b"\0" * 100_000))
    with pytest.raises(ArchiveRefused, match="more than 99999 bytes"):
        unpack_archive(archive, tmp_path / "target", max_unpacked_bytes=99_999)
    assert list((tmp_path / "target").iterdir()) == []


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"not an archive"])
def test_file_that_is_no_whole_archive_is_refused(tmp_path: Path, damage):
    source = tmp_path / "source"
    source.mkdir()
    (source / "noise").write_bytes(os.urandom(100_000))
    pack_archive(source, tmp_path / "model.tar.gz")
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(damage((tmp_path / "model.tar.gz").read_bytes()))
    with pytest.raises(ArchiveRefused, match=r"broken\.tar\.gz cannot be unpacked"):
        unpack_archive(broken, tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []


def test_unpacking_adds_to_what_the_folder_has(tmp_path: Path):
    archive = make_archive(tmp_path / "a.tar.gz", ("code/new.py", b"new"), ("old.txt", b"newer"))
    (tmp_path / "target" / "code").mkdir(parents=True)
    (tmp_path / "target" / "code" / "kept.py").touch()
    (tmp_path / "target" / "old.txt").write_text("old")
    unpack_archive(archive, tmp_path / "target")
    assert {path.name for path in (tmp_path / "target" / "code").iterdir()} == {"kept.py", "new.py"}
    assert (tmp_path / "target" / "old.txt").read_text() == "newer"


def test_symlinked_directory_in_the_target_is_not_written_through(tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "code").symlink_to(outside)
    archive = make_archive(tmp_path / "a.tar.gz", ("code/x.py", b"x"))
    unpack_archive(archive, tmp_path / "target")
    assert list(outside.iterdir()) == []
    assert (tmp_path / "target" / "code" / "x.py").read_bytes() == b"x"
