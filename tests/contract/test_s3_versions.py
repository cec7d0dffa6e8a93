"""Versions of objects.

Source: "Retaining multiple versions of objects with S3 Versioning" of the S3 user guide, with its
pages on adding, retrieving, deleting and restoring objects, enabled and suspended.
"""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess


@pytest.fixture(scope="module")
def s3(emulator: Any) -> Any:
    return emulator.client("s3")


@pytest.fixture
def bucket(s3: Any, unique: Callable[[str], str]) -> str:
    name = unique("versions").lower()
    s3.create_bucket(Bucket=name)
    set_versioning(s3, name, "Enabled")
    return name


def set_versioning(s3: Any, bucket: str, status: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def put(s3: Any, bucket: str, body: str, key: str = "k") -> str:
    return str(s3.put_object(Bucket=bucket, Key=key, Body=body.encode()).get("VersionId", "null"))


def text(s3: Any, bucket: str, version_id: str | None = None, key: str = "k") -> str:
    version = {"VersionId": version_id} if version_id else {}
    return str(s3.get_object(Bucket=bucket, Key=key, **version)["Body"].read().decode())


def listed(s3: Any, bucket: str, **parameters: Any) -> list[tuple[str, str, bool, bool]]:
    """Key, version, whether it is the latest, whether it is a marker; in the answer's order."""
    answer = s3.list_object_versions(Bucket=bucket, **parameters)
    found = [
        (entry["Key"], entry["VersionId"], entry["IsLatest"], is_marker)
        for name, is_marker in (("Versions", False), ("DeleteMarkers", True))
        for entry in answer.get(name, [])
    ]
    return sorted(found, key=lambda entry: entry[0])


def fault(operation: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_what_is_replaced_stays_as_a_version(s3: Any, bucket: str) -> None:
    first, second = put(s3, bucket, "one"), put(s3, bucket, "two")
    assert first != second
    assert text(s3, bucket) == "two"
    assert text(s3, bucket, first) == "one"
    head = s3.head_object(Bucket=bucket, Key="k")
    assert head["VersionId"] == second
    assert listed(s3, bucket) == [("k", second, True, False), ("k", first, False, False)]


def test_what_was_there_before_versioning_is_the_null_version(
    s3: Any, unique: Callable[[str], str]
) -> None:
    bucket = unique("null").lower()
    s3.create_bucket(Bucket=bucket)
    put(s3, bucket, "before")
    set_versioning(s3, bucket, "Enabled")
    after = put(s3, bucket, "after")
    assert text(s3, bucket, "null") == "before"
    assert listed(s3, bucket) == [("k", after, True, False), ("k", "null", False, False)]


def test_a_deletion_is_a_marker_that_can_be_removed(s3: Any, bucket: str) -> None:
    version = put(s3, bucket, "one")
    deleted = s3.delete_object(Bucket=bucket, Key="k")
    marker = deleted["VersionId"]
    assert deleted["DeleteMarker"] is True
    assert fault(s3.get_object, Bucket=bucket, Key="k") == ("NoSuchKey", 404)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert listed(s3, bucket) == [("k", version, False, False), ("k", marker, True, True)]
    assert text(s3, bucket, version) == "one"
    restored = s3.delete_object(Bucket=bucket, Key="k", VersionId=marker)
    assert (restored["VersionId"], restored["DeleteMarker"]) == (marker, True)
    assert text(s3, bucket) == "one"
    assert listed(s3, bucket) == [("k", version, True, False)]


def test_a_marker_cannot_be_read(s3: Any, bucket: str) -> None:
    put(s3, bucket, "one")
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    found = fault(s3.get_object, Bucket=bucket, Key="k", VersionId=marker)
    assert found == ("MethodNotAllowed", 405)


def test_what_is_not_there_can_be_marked_too(s3: Any, bucket: str) -> None:
    assert s3.delete_object(Bucket=bucket, Key="absent")["DeleteMarker"] is True
    assert s3.delete_object(Bucket=bucket, Key="absent")["DeleteMarker"] is True
    assert [entry[3] for entry in listed(s3, bucket)] == [True, True]


def test_removing_the_current_version_brings_the_one_before_back(s3: Any, bucket: str) -> None:
    first, second = put(s3, bucket, "one"), put(s3, bucket, "two")
    removed = s3.delete_object(Bucket=bucket, Key="k", VersionId=second)
    assert removed["VersionId"] == second
    assert "DeleteMarker" not in removed
    assert text(s3, bucket) == "one"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert listed(s3, bucket) == [("k", first, True, False)]
    assert fault(s3.get_object, Bucket=bucket, Key="k", VersionId=second) == ("NoSuchVersion", 404)


def test_removing_an_earlier_version_leaves_the_others(s3: Any, bucket: str) -> None:
    versions = [put(s3, bucket, body) for body in ("one", "two", "three")]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=versions[1])
    assert [entry[1] for entry in listed(s3, bucket)] == [versions[2], versions[0]]


def test_a_version_that_never_was_is_removed_without_complaint(s3: Any, bucket: str) -> None:
    version = put(s3, bucket, "one")
    s3.delete_object(Bucket=bucket, Key="k", VersionId="3HL4kqtJvjVBH40Nrjfkd")
    assert listed(s3, bucket) == [("k", version, True, False)]


def test_a_suspended_bucket_has_one_null_version(s3: Any, bucket: str) -> None:
    first = put(s3, bucket, "one")
    set_versioning(s3, bucket, "Suspended")
    assert put(s3, bucket, "two") == "null"
    assert put(s3, bucket, "three") == "null"
    assert text(s3, bucket, "null") == "three"
    assert listed(s3, bucket) == [("k", "null", True, False), ("k", first, False, False)]
    deleted = s3.delete_object(Bucket=bucket, Key="k")
    assert (deleted["VersionId"], deleted["DeleteMarker"]) == ("null", True)
    assert listed(s3, bucket) == [("k", first, False, False), ("k", "null", True, True)]
    set_versioning(s3, bucket, "Enabled")
    again = put(s3, bucket, "four")
    assert listed(s3, bucket)[0][:2] == ("k", again)
    set_versioning(s3, bucket, "Suspended")
    put(s3, bucket, "five")
    assert listed(s3, bucket) == [
        ("k", "null", True, False),
        ("k", again, False, False),
        ("k", first, False, False),
    ]


def test_a_copy_takes_a_version_and_says_which(s3: Any, bucket: str) -> None:
    first = put(s3, bucket, "one")
    put(s3, bucket, "two")
    source = {"Bucket": bucket, "Key": "k", "VersionId": first}
    copied = s3.copy_object(Bucket=bucket, Key="k", CopySource=source)
    assert copied["CopySourceVersionId"] == first
    assert text(s3, bucket, copied["VersionId"]) == text(s3, bucket) == "one"
    assert len(listed(s3, bucket)) == 3


def test_parts_make_a_version(s3: Any, bucket: str) -> None:
    first = put(s3, bucket, "one")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"two")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    made = s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts
    )
    assert listed(s3, bucket) == [("k", made["VersionId"], True, False), ("k", first, False, False)]


def test_each_version_has_tags_of_its_own(s3: Any, bucket: str) -> None:
    first = put(s3, bucket, "one")
    put(s3, bucket, "two")
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    s3.put_object_tagging(Bucket=bucket, Key="k", VersionId=first, Tagging=tags)
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    found = s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=first)
    assert found["TagSet"] == tags["TagSet"]


def test_many_are_deleted_at_once_and_each_is_told(s3: Any, bucket: str) -> None:
    first, second = put(s3, bucket, "one"), put(s3, bucket, "two", "other")
    wanted = [{"Key": "k", "VersionId": first}, {"Key": "other"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    told, marked = answer["Deleted"]
    assert told == {"Key": "k", "VersionId": first}
    assert (marked["Key"], marked["DeleteMarker"]) == ("other", True)
    assert listed(s3, bucket) == [
        ("other", second, False, False),
        ("other", marked["DeleteMarkerVersionId"], True, True),
    ]


def test_a_bucket_with_versions_left_is_not_empty(s3: Any, bucket: str) -> None:
    put(s3, bucket, "one")
    s3.delete_object(Bucket=bucket, Key="k")
    assert fault(s3.delete_bucket, Bucket=bucket) == ("BucketNotEmpty", 409)
    answer = s3.list_object_versions(Bucket=bucket)
    every = [*answer["Versions"], *answer["DeleteMarkers"]]
    objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in every]
    assert "Errors" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    s3.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize("page_size", [1, 2, 3, 5, 100])
def test_pages_go_on_where_the_last_one_ended(s3: Any, bucket: str, page_size: int) -> None:
    for key, body in itertools.product(("a", "b", "b/c", "d"), ("one", "two")):
        put(s3, bucket, body, key)
    s3.delete_object(Bucket=bucket, Key="b")
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": page_size}
    )
    found = []
    for page in pages:
        both = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        assert len(both) <= page_size
        found += [(entry["Key"], entry["VersionId"], entry["IsLatest"]) for entry in both]
    assert len(set(found)) == len(found) == 9
    assert sorted(key for key, _, is_latest in found if is_latest) == ["a", "b", "b/c", "d"]


def test_a_delimiter_rolls_versions_up(s3: Any, bucket: str) -> None:
    for key in ("a", "b/1", "b/2", "c"):
        put(s3, bucket, "one", key)
        put(s3, bucket, "two", key)
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 2}
    )
    keys, prefixes = [], []
    for page in pages:
        keys += [entry["Key"] for entry in page.get("Versions", [])]
        prefixes += [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
    assert (keys, prefixes) == (["a", "a", "c", "c"], ["b/"])


def test_versions_survive_the_process(own_emulator: EmulatorProcess) -> None:
    s3 = own_emulator.client("s3")
    s3.create_bucket(Bucket="kept")
    set_versioning(s3, "kept", "Enabled")
    first, second = put(s3, "kept", "one"), put(s3, "kept", "two")
    own_emulator.kill()
    own_emulator.start()
    s3 = own_emulator.client("s3")
    assert text(s3, "kept", first) == "one"
    assert text(s3, "kept", second) == "two"
