"""Packing the code of the steps."""

import gzip
import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipelines.source import SourceError, pack, take_file, upload
from tests.unit.pipelines.aws_in_memory import client_error


class Bucket:
    """An S3 client of one bucket, in memory."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.denied = False

    def head_object(self, **request: str) -> dict[str, Any]:
        status = 403 if self.denied else 404
        if self.denied or (request["Bucket"], request["Key"]) not in self.objects:
            raise client_error(str(status), "", "HeadObject", status)
        return {}

    def put_object(self, **request: Any) -> None:
        self.objects[request["Bucket"], request["Key"]] = request["Body"]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    place = tmp_path / "book_ratings"
    (place / "package").mkdir(parents=True)
    (place / "train.py").write_text("print(1)\n", encoding="utf-8")
    (place / "package" / "__init__.py").write_text("", encoding="utf-8")
    return place


def test_the_archive_holds_the_files_and_nothing_that_python_compiled(directory: Path) -> None:
    (directory / "__pycache__").mkdir()
    (directory / "__pycache__" / "train.cpython-311.pyc").write_bytes(b"compiled")
    archive = pack(directory, "bucket")
    with tarfile.open(fileobj=io.BytesIO(archive.content), mode="r:gz") as tar:
        assert tar.getnames() == ["package/__init__.py", "train.py"]
        member = tar.extractfile("train.py")
        assert member is not None
        assert member.read() == b"print(1)\n"


def test_the_key_carries_the_hash_of_the_bytes(directory: Path) -> None:
    archive = pack(directory, "bucket")
    digest = hashlib.sha256(archive.content).hexdigest()
    assert archive.s3_uri == f"s3://bucket/source/book_ratings/{digest}/sourcedir.tar.gz"


def test_a_single_file_is_taken_as_it_is_under_its_own_name(directory: Path) -> None:
    file = take_file(directory / "train.py", "bucket")
    digest = hashlib.sha256(b"print(1)\n").hexdigest()
    assert file.content == b"print(1)\n"
    assert file.s3_uri == f"s3://bucket/source/book_ratings.train/{digest}/train.py"
    assert file.file_name == "train.py"


def test_a_single_file_must_be_there(directory: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.py does not exist"):
        take_file(directory / "none.py", "bucket")


def test_the_same_files_give_the_same_bytes_whenever_they_were_written(directory: Path) -> None:
    before = pack(directory, "bucket")
    (directory / "train.py").chmod(0o600)
    os.utime(directory / "train.py", (0, 0))
    assert pack(directory, "bucket") == before


def test_no_time_name_or_owner_is_in_the_archive(directory: Path) -> None:
    # Source: RFC 1952: bytes 4 to 8 are the time, bit 3 of byte 3 says that a name follows.
    content = pack(directory, "bucket").content
    assert content[4:8] == b"\0\0\0\0"
    assert not content[3] & 0b1000
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content))) as tar:
        assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in tar} == {(0, 0, 0, "", "")}


def test_changed_code_moves_to_another_key(directory: Path) -> None:
    before = pack(directory, "bucket")
    (directory / "train.py").write_text("print(2)\n", encoding="utf-8")
    assert pack(directory, "bucket").key != before.key


def test_code_is_uploaded_once(directory: Path) -> None:
    bucket, archive = Bucket(), pack(directory, "bucket")
    assert upload(bucket, archive) is True
    assert upload(bucket, archive) is False
    assert bucket.objects == {("bucket", archive.key): archive.content}


def test_an_upload_that_is_denied_says_so_instead_of_writing(directory: Path) -> None:
    bucket, archive = Bucket(), pack(directory, "bucket")
    bucket.denied = True
    with pytest.raises(ClientError):
        upload(bucket, archive)
    assert bucket.objects == {}


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere does not exist"):
        pack(tmp_path / "nowhere", "bucket")


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no file to upload"):
        pack(tmp_path, "bucket")


def test_paths_that_no_archive_can_hold_are_named_all_at_once(directory: Path) -> None:
    # Source: POSIX ustar: 100 bytes for the end of a path, 155 for what is before a "/" in it.
    long_name, longest = "n" * 101, "m" * 100
    (directory / long_name).touch()
    (directory / longest).touch()
    folders = "/".join(["d" * 60] * 4)
    deep = directory / folders
    deep.mkdir(parents=True)
    (deep / "train.py").touch()
    with pytest.raises(SourceError) as raised:
        pack(directory, "bucket")
    told = str(raised.value)
    assert f"{folders}/train.py, {long_name}" in told
    assert longest not in told


def test_links_are_named_all_at_once(directory: Path) -> None:
    (directory / "one").symlink_to("train.py")
    (directory / "two").symlink_to("package")
    with pytest.raises(SourceError, match="one, two"):
        pack(directory, "bucket")
