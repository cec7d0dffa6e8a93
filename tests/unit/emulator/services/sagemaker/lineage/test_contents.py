"""What an artifact says of the content under its URI."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emulator.objects import Objects
from emulator.objects.records import ObjectInfo
from emulator.services.sagemaker.lineage.contents import source_types


@pytest.fixture
def context(tmp_path: Path) -> Any:
    objects = Objects(tmp_path / "objects")
    objects.create_bucket("bucket")
    yield SimpleNamespace(objects=objects)
    objects.close()


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def test_a_single_object_is_known_by_its_etag(context: Any) -> None:
    context.objects.put_bytes("bucket", "data/a.csv", b"1")
    assert source_types(context, "s3://bucket/data/a.csv") == [
        {"SourceIdType": "S3ETag", "Value": md5(b"1")}
    ]


def test_a_prefix_is_known_by_the_names_and_etags_of_its_objects(context: Any) -> None:
    for folder in ("one", "two"):
        context.objects.put_bytes("bucket", f"{folder}/a.csv", b"1")
        context.objects.put_bytes("bucket", f"{folder}/b.csv", b"2")
    (one,), (two,) = (source_types(context, f"s3://bucket/{name}/") for name in ("one", "two"))
    listing = f"a.csv\t{md5(b'1')}\nb.csv\t{md5(b'2')}\n".encode()
    assert one == two == {"SourceIdType": "MD5Hash", "Value": md5(listing)}
    context.objects.put_bytes("bucket", "one/c.csv", b"3")
    assert source_types(context, "s3://bucket/one/") != [one]


@pytest.mark.parametrize("uri", ["s3://bucket/none", "s3://nobody/x", "https://example.com/x"])
def test_of_what_is_not_there_nothing_is_said(context: Any, uri: str) -> None:
    assert source_types(context, uri) == []


def test_of_very_many_objects_nothing_is_said() -> None:
    many = (ObjectInfo(f"k{number}", 1, "e", 0.0) for number in range(10_001))
    objects = SimpleNamespace(list=lambda bucket, prefix: many)
    context: Any = SimpleNamespace(objects=objects)
    assert source_types(context, "s3://bucket/k") == []
