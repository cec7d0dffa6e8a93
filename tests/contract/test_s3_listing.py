"""ListObjectsV2 and ListObjects.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

# The keys of the user guide's example of prefixes and delimiters.
KEYS = [
    "sample.jpg",
    "photos/2006/January/sample.jpg",
    "photos/2006/February/sample2.jpg",
    "photos/2006/February/sample3.jpg",
    "photos/2006/February/sample4.jpg",
]


@pytest.fixture(scope="module")
def s3(emulator: Any) -> Any:
    return emulator.client("s3")


@pytest.fixture(scope="module")
def photos(s3: Any) -> str:
    s3.create_bucket(Bucket="listing-photos")
    for key in KEYS:
        s3.put_object(Bucket="listing-photos", Key=key, Body=key.encode())
    return "listing-photos"


def keys_of(answer: dict[str, Any]) -> list[str]:
    return [entry["Key"] for entry in answer.get("Contents", [])]


def prefixes_of(answer: dict[str, Any]) -> list[str]:
    return [entry["Prefix"] for entry in answer.get("CommonPrefixes", [])]


def test_keys_come_in_order_with_size_and_etag(s3: Any, photos: str) -> None:
    answer = s3.list_objects_v2(Bucket=photos)
    assert keys_of(answer) == sorted(KEYS)
    assert (answer["KeyCount"], answer["MaxKeys"], answer["IsTruncated"]) == (5, 1000, False)
    entry = answer["Contents"][-1]
    assert (entry["Size"], entry["StorageClass"]) == (10, "STANDARD")
    head = s3.head_object(Bucket=photos, Key="sample.jpg")
    assert (entry["ETag"], entry["LastModified"]) == (head["ETag"], head["LastModified"])


def test_a_delimiter_rolls_keys_up(s3: Any, photos: str) -> None:
    answer = s3.list_objects_v2(Bucket=photos, Delimiter="/")
    assert (keys_of(answer), prefixes_of(answer)) == (["sample.jpg"], ["photos/"])
    answer = s3.list_objects_v2(Bucket=photos, Delimiter="/", Prefix="photos/2006/")
    assert keys_of(answer) == []
    assert prefixes_of(answer) == ["photos/2006/February/", "photos/2006/January/"]
    assert answer["KeyCount"] == 2


def test_a_delimiter_can_be_several_characters(s3: Any, photos: str) -> None:
    answer = s3.list_objects_v2(Bucket=photos, Delimiter="/2006/")
    assert (keys_of(answer), prefixes_of(answer)) == (["sample.jpg"], ["photos/2006/"])


def test_a_prefix_need_not_end_at_a_delimiter(s3: Any, photos: str) -> None:
    answer = s3.list_objects_v2(Bucket=photos, Prefix="photos/2006/Feb")
    assert len(keys_of(answer)) == 3
    answer = s3.list_objects_v2(Bucket=photos, Prefix="photos/2006/Feb", Delimiter="/")
    assert prefixes_of(answer) == ["photos/2006/February/"]
    assert s3.list_objects_v2(Bucket=photos, Prefix="nothing")["KeyCount"] == 0


def test_a_listing_can_start_after_a_key(s3: Any, photos: str) -> None:
    answer = s3.list_objects_v2(Bucket=photos, StartAfter="photos/2006/February/sample4.jpg")
    assert keys_of(answer) == ["photos/2006/January/sample.jpg", "sample.jpg"]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("operation", ["list_objects_v2", "list_objects"])
def test_pages_give_each_key_once(s3: Any, photos: str, operation: str, size: int) -> None:
    pages = list(
        s3.get_paginator(operation).paginate(Bucket=photos, PaginationConfig={"PageSize": size})
    )
    assert [key for page in pages for key in keys_of(page)] == sorted(KEYS)
    assert [len(keys_of(page)) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]


@pytest.mark.parametrize("operation", ["list_objects_v2", "list_objects"])
def test_pages_give_each_common_prefix_once(s3: Any, bucket: str, operation: str) -> None:
    for key in ["a", "b/", "b/1", "b/2", "c/1", "c/2", "d", "e/1/2"]:
        s3.put_object(Bucket=bucket, Key=key)
    for size in range(1, 6):
        pages = list(
            s3.get_paginator(operation).paginate(
                Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size}
            )
        )
        assert [key for page in pages for key in keys_of(page)] == ["a", "d"]
        assert [key for page in pages for key in prefixes_of(page)] == ["b/", "c/", "e/"]
        inside = s3.get_paginator(operation).paginate(
            Bucket=bucket, Delimiter="/", Prefix="b/", PaginationConfig={"PageSize": size}
        )
        assert [key for page in inside for key in keys_of(page)] == ["b/", "b/1", "b/2"]


def test_no_keys_at_all_can_be_asked_for(s3: Any, photos: str) -> None:
    answer = s3.list_objects_v2(Bucket=photos, MaxKeys=0)
    assert (answer["KeyCount"], answer["IsTruncated"]) == (0, False)


def test_a_page_has_at_most_a_thousand_keys(s3: Any, photos: str) -> None:
    answer = s3.list_objects_v2(Bucket=photos, MaxKeys=5000)
    assert answer["MaxKeys"] == 1000


def test_a_wrong_token_and_a_negative_limit_are_refused(s3: Any, photos: str) -> None:
    for wrong in [{"ContinuationToken": "nonsense!"}, {"MaxKeys": -1}]:
        with pytest.raises(ClientError) as caught:
            s3.list_objects_v2(Bucket=photos, **wrong)
        assert caught.value.response["Error"]["Code"] == "InvalidArgument"


def test_keys_can_be_url_encoded_on_the_way(s3: Any, bucket: str) -> None:
    keys = ["a b+c", "d/ü", "e%2F", "test_file(3).png"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key)
    answer = s3.list_objects_v2(Bucket=bucket, EncodingType="url")
    # boto3 decodes only if it asked by itself, so this is what went over the wire. The last is
    # the example in the documentation of EncodingType.
    assert keys_of(answer) == ["a%20b%2Bc", "d/%C3%BC", "e%252F", "test_file%283%29.png"]
    assert keys_of(s3.list_objects_v2(Bucket=bucket)) == keys


def test_the_owner_is_told_when_asked(s3: Any, photos: str) -> None:
    assert "Owner" not in s3.list_objects_v2(Bucket=photos)["Contents"][0]
    assert "Owner" in s3.list_objects_v2(Bucket=photos, FetchOwner=True)["Contents"][0]


def test_a_bucket_that_is_not_there_cannot_be_listed(s3: Any, unique: Callable[[str], str]) -> None:
    for operation in [s3.list_objects_v2, s3.list_objects]:
        with pytest.raises(ClientError) as caught:
            operation(Bucket=unique("absent"))
        assert caught.value.response["Error"]["Code"] == "NoSuchBucket"


def test_each_object_is_its_only_version(s3: Any, bucket: str) -> None:
    for key in ["a", "b/1", "b/2", "c"]:
        s3.put_object(Bucket=bucket, Key=key)
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 3}
    )
    found = [
        [(entry["Key"], entry["VersionId"], entry["IsLatest"]) for entry in page["Versions"]]
        for page in pages
    ]
    only = ("null", True)
    assert found == [[("a", *only), ("b/1", *only), ("b/2", *only)], [("c", *only)]]
    # As tools empty a bucket, whether or not it has versions.
    wanted = [{"Key": key, "VersionId": version} for page in found for key, version, _ in page]
    assert "Errors" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    s3.delete_bucket(Bucket=bucket)
