import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.context import Context, Settings, Workers
from emulator.errors import AwsError
from emulator.objects import Objects
from emulator.services.sagemaker.jobs.directories import JobDirectory, relative_to_container_root
from emulator.services.sagemaker.jobs.failures import ClientFault
from emulator.services.sagemaker.jobs.inputs import has_objects, list_files, place
from emulator.services.sagemaker.jobs.outputs import upload_folder
from emulator.services.sagemaker.jobs.s3_uris import S3Uri, parse_s3_uri

BUCKET = "the-bucket"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    objects = Objects(tmp_path / "objects")
    objects.create_bucket(BUCKET)
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    nothing = cast(Any, None)
    yield Context(settings, nothing, objects, nothing, nothing, Workers(), lambda: 0.0)
    objects.close()


@pytest.fixture
def directory(tmp_path: Path) -> JobDirectory:
    found = JobDirectory(tmp_path / "job", tmp_path / "job" / "ml", tmp_path / "log")
    (found.root / "out").mkdir(parents=True)
    return found


def relative_paths(context: Context, prefix: str) -> list[str]:
    files = list_files(context, "S3Prefix", S3Uri(BUCKET, prefix))
    return [file.relative_path for file in files]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", ["data/a", "data/b/c", "database"]),
        ("data/", ["a", "b/c"]),
        ("data", ["a", "b/c", "database"]),
        ("dat", ["data/a", "data/b/c", "database"]),
        ("data/b", ["c"]),
        ("data/a", ["a"]),
        ("none", []),
    ],
)
def test_a_prefix_stands_for_its_files(context: Context, prefix: str, expected: list[str]) -> None:
    for key in ("data/", "data/a", "data/b/c", "database"):
        context.objects.put_bytes(BUCKET, key, b"1")
    assert relative_paths(context, prefix) == expected
    assert has_objects(context, S3Uri(BUCKET, prefix)) == bool(expected)


@pytest.mark.parametrize("key", ["in/..", "in/../up", "in/a/../../../up", "in//etc/passwd"])
def test_keys_that_no_folder_can_hold_are_refused(context: Context, key: str) -> None:
    context.objects.put_bytes(BUCKET, key, b"1")
    with pytest.raises(ClientFault, match="leads out of the input folder"):
        relative_paths(context, "in/")


def test_a_file_that_is_also_a_folder_is_refused(context: Context) -> None:
    for key in ("in/a", "in/a/b"):
        context.objects.put_bytes(BUCKET, key, b"1")
    with pytest.raises(ClientFault, match="clashes with chosen download target"):
        relative_paths(context, "in/")


def test_inputs_are_links_unless_the_job_writes_there(context: Context, tmp_path: Path) -> None:
    context.objects.put_bytes(BUCKET, "in/a", b"1")
    files = list_files(context, "S3Prefix", S3Uri(BUCKET, "in/"))
    place(context, files, tmp_path / "linked", is_copied=False)
    place(context, files, tmp_path / "copied", is_copied=True)
    content = context.objects.path(BUCKET, "in/a")
    assert (tmp_path / "linked" / "a").samefile(content)
    assert not (tmp_path / "copied" / "a").samefile(content)
    assert (tmp_path / "copied" / "a").read_bytes() == b"1"


def test_files_are_uploaded_below_the_prefix_and_nothing_else_is(
    context: Context, directory: JobDirectory
) -> None:
    folder = directory.root / "out"
    (folder / "deep").mkdir()
    (folder / "deep" / "file").write_text("content")
    (folder / "empty").mkdir()
    os.mkfifo(folder / "pipe")
    assert upload_folder(context, directory, folder, S3Uri(BUCKET, "to/")) == 1
    (found,) = context.objects.list(BUCKET)
    assert (found.key, found.size_bytes) == ("to/deep/file", 7)


def test_a_faulty_link_stops_the_upload_before_it_begins(
    context: Context, directory: JobDirectory, tmp_path: Path
) -> None:
    folder = directory.root / "out"
    (folder / "a").write_text("1")
    (tmp_path / "outside").write_text("secret")
    (folder / "z").symlink_to("../../../outside")
    with pytest.raises(ClientFault, match="out/z is a link to"):
        upload_folder(context, directory, folder, S3Uri(BUCKET, "to"))
    assert list(context.objects.list(BUCKET)) == []


def test_a_missing_bucket_is_named(context: Context, directory: JobDirectory) -> None:
    with pytest.raises(ClientFault, match='The bucket "other-bucket" does not exist'):
        upload_folder(context, directory, directory.root / "out", S3Uri("other-bucket", "to"))


@pytest.mark.parametrize(
    "path", ["/etc", "/opt/ml", "/opt/mlx/in", "opt/ml/in", "/opt/ml/../etc", "/opt/ml/a/../b", ""]
)
def test_paths_outside_of_the_container_root_are_refused(path: str) -> None:
    with pytest.raises(AwsError) as caught:
        relative_to_container_root(path)
    assert caught.value.code == "ValidationException"
    assert f'"{path}"' in caught.value.message


def test_paths_below_the_container_root_are_taken() -> None:
    assert relative_to_container_root("/opt/ml/processing/in/") == "processing/in"
    assert relative_to_container_root("/opt/ml//model") == "model"


@pytest.mark.parametrize("uri", ["https://bucket/key", "s3:/bucket", "s3:///key", "bucket/key"])
def test_other_uris_than_those_of_s3_are_refused(uri: str) -> None:
    with pytest.raises(AwsError, match="expected s3://BUCKET/KEY"):
        parse_s3_uri(uri)


def test_uris_are_joined_as_folders() -> None:
    assert str(parse_s3_uri("s3://b/to/").join("x/y")) == "s3://b/to/x/y"
    assert str(parse_s3_uri("s3://b").join("x")) == "s3://b/x"
