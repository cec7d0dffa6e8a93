import hashlib
import sqlite3
from pathlib import Path

import pytest

from emulator.errors import AwsError
from emulator.objects import Objects

# Keys that a folder of plainly named files would mix up, or could not hold.
AWKWARD_KEYS = [
    "a",
    "a/",
    "a/b",
    "a//b",
    "a/./b",
    "a/../b",
    "../outside",
    "/absolute",
    "..",
    ".",
    "A",
    "ü/é b",
    "u\u0308/e\u0301 b",  # the same letters, decomposed
    "line\nbreak",
    "k" * 1024,
    "ü" * 512,
    "n" * 300 + "/" + "m" * 300,
    "index.sqlite",
]


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    opened = Objects(tmp_path / "objects", clock=lambda: 1_700_000_000.0)
    opened.create_bucket("bucket")
    return opened


def content_files(objects: Objects, root: Path) -> list[str]:
    return sorted(path.name for path in (root / "objects" / "content").iterdir())


def test_awkward_keys_are_distinct_and_stay_inside_the_folder(
    objects: Objects, tmp_path: Path
) -> None:
    for key in AWKWARD_KEYS:
        objects.put_bytes("bucket", key, key.encode())
    for key in AWKWARD_KEYS:
        path = objects.path("bucket", key)
        assert path.read_bytes() == key.encode()
        assert path.resolve().is_relative_to((tmp_path / "objects").resolve())
    assert [path.name for path in tmp_path.iterdir()] == ["objects"]


def test_list_is_in_the_order_of_the_keys_utf8_bytes(objects: Objects) -> None:
    for key in AWKWARD_KEYS:
        objects.put_bytes("bucket", key, b"")
    listed = [info.key for info in objects.list("bucket")]
    assert listed == sorted(AWKWARD_KEYS, key=lambda key: key.encode())


def test_list_gives_only_the_prefix(objects: Objects) -> None:
    for key in ["data", "data/1", "data/2", "data0", "datá"]:
        objects.put_bytes("bucket", key, b"")
    assert [info.key for info in objects.list("bucket", "data/")] == ["data/1", "data/2"]


def test_list_goes_beyond_one_page(objects: Objects) -> None:
    with objects.index.transaction():
        for number in range(2_345):
            objects.put_bytes("bucket", f"key-{number:05}", b"")
    assert [info.key for info in objects.list("bucket")] == [f"key-{n:05}" for n in range(2_345)]


def test_info_has_size_time_and_the_md5_of_the_content_as_etag(objects: Objects) -> None:
    content = b"The quick brown fox jumps over the lazy dog"
    info = objects.put_bytes("bucket", "fox", content)
    # The digest of this sentence in Wikipedia's article on MD5.
    assert info.etag == "9e107d9d372bb6826bd81d3542a419d6"
    assert (info.size_bytes, info.last_modified) == (43, 1_700_000_000.0)
    assert objects.head("bucket", "fox") == info


def test_a_file_given_away_becomes_the_object(objects: Objects, tmp_path: Path) -> None:
    source = tmp_path / "model.tar.gz"
    source.write_bytes(b"weights")
    info = objects.put_file("bucket", "model.tar.gz", source)
    assert info.etag == hashlib.md5(b"weights", usedforsecurity=False).hexdigest()
    assert objects.path("bucket", "model.tar.gz").read_bytes() == b"weights"
    assert not source.exists()


def test_what_a_symbolic_link_points_to_is_copied_and_stays(
    objects: Objects, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"kept")
    link = tmp_path / "link"
    link.symlink_to(kept)
    objects.put_file("bucket", "key", link)
    objects.delete("bucket", "key")
    assert kept.read_bytes() == b"kept"


def test_only_a_regular_file_can_be_put(objects: Objects, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no regular file"):
        objects.put_file("bucket", "key", tmp_path)


def test_replacing_an_object_leaves_its_links_as_they_were(
    objects: Objects, tmp_path: Path
) -> None:
    objects.put_bytes("bucket", "key", b"old")
    objects.link("bucket", "key", tmp_path / "input")
    objects.put_bytes("bucket", "key", b"new")
    assert (tmp_path / "input").read_bytes() == b"old"
    assert objects.path("bucket", "key").read_bytes() == b"new"


def test_an_input_is_a_hard_link_of_the_object(objects: Objects, tmp_path: Path) -> None:
    objects.put_bytes("bucket", "key", b"content")
    objects.link("bucket", "key", tmp_path / "input")
    assert (tmp_path / "input").samefile(objects.path("bucket", "key"))


def test_replaced_and_deleted_contents_leave_no_files(objects: Objects, tmp_path: Path) -> None:
    objects.put_bytes("bucket", "key", b"one")
    objects.put_bytes("bucket", "key", b"two")
    assert len(content_files(objects, tmp_path)) == 1
    objects.delete("bucket", "key")
    objects.delete("bucket", "key")
    assert content_files(objects, tmp_path) == []


def test_delete_prefix_counts_what_it_removed(objects: Objects) -> None:
    for key in ["a/1", "a/2", "b/1"]:
        objects.put_bytes("bucket", key, b"")
    assert objects.delete_prefix("bucket", "a/") == 2
    assert [info.key for info in objects.list("bucket")] == ["b/1"]


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    first = Objects(tmp_path)
    first.create_bucket("bucket")
    info = first.put_bytes("bucket", "key", b"content")
    # Not closed: a killed process closes nothing.
    second = Objects(tmp_path)
    assert second.head("bucket", "key") == info
    assert second.path("bucket", "key").read_bytes() == b"content"


def test_what_a_killed_process_had_not_finished_is_removed_at_the_next_start(
    tmp_path: Path,
) -> None:
    first = Objects(tmp_path)
    first.create_bucket("bucket")
    first.put_bytes("bucket", "key", b"content")
    first.contents.start().write([b"half of an object"])
    second = Objects(tmp_path)
    assert [path.read_bytes() for path in (tmp_path / "content").iterdir()] == [b"content"]
    assert [info.key for info in second.list("bucket")] == ["key"]


def test_a_write_that_the_index_refuses_changes_nothing(objects: Objects, tmp_path: Path) -> None:
    objects.put_bytes("bucket", "key", b"old")
    objects.close()
    with pytest.raises(sqlite3.ProgrammingError):
        objects.put_bytes("bucket", "key", b"new")
    again = Objects(tmp_path / "objects")
    assert again.path("bucket", "key").read_bytes() == b"old"
    assert len(content_files(again, tmp_path)) == 1


@pytest.mark.parametrize(
    ("call", "code", "status"),
    [
        (lambda objects: objects.put_bytes("absent", "key", b""), "NoSuchBucket", 404),
        (lambda objects: objects.path("absent", "key"), "NoSuchBucket", 404),
        (lambda objects: objects.path("bucket", "key"), "NoSuchKey", 404),
        (lambda objects: objects.list("absent"), "NoSuchBucket", 404),
        (lambda objects: objects.put_bytes("bucket", "k" * 1025, b""), "KeyTooLongError", 400),
        (lambda objects: objects.create_bucket("bucket"), "BucketAlreadyOwnedByYou", 409),
    ],
)
def test_faults_are_s3s_errors(objects: Objects, call: object, code: str, status: int) -> None:
    with pytest.raises(AwsError) as caught:
        call(objects)  # type: ignore[operator]
    assert (caught.value.code, caught.value.status) == (code, status)


# Source: the rules and examples of the user guide's "General purpose bucket naming rules".
@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "doc_example",
        "DocExample",
        "doc-example-bucket-",
        "-doc-example",
        "doc..example",
        "192.168.5.4",
        "xn--bucket",
        "sthree-bucket",
        "bucket-s3alias",
        "bucket--ol-s3",
    ],
)
def test_bad_bucket_names_are_refused(objects: Objects, name: str) -> None:
    with pytest.raises(AwsError) as caught:
        objects.create_bucket(name)
    assert caught.value.code == "InvalidBucketName"


@pytest.mark.parametrize("name", ["docexamplewebsite.com", "my-example-bucket", "log-delivery-1"])
def test_good_bucket_names_are_taken(objects: Objects, name: str) -> None:
    objects.create_bucket(name)
    assert objects.bucket_exists(name)
