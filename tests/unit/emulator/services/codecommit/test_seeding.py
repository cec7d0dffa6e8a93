"""A repository's first commit from a zip in S3, as AWS::CodeCommit::Repository has it made."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from emulator import git
from emulator.context import Context, Settings, Workers
from emulator.errors import AwsError
from emulator.objects import Objects
from emulator.services.codecommit import OPERATIONS, seed
from emulator.services.git import BRANCH, branch_name
from emulator.store import Store


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    store, objects = Store(tmp_path / "store.sqlite"), Objects(tmp_path / "objects")
    nothing = cast(Any, None)
    made = Context(settings, store, objects, nothing, nothing, Workers(), lambda: 0.0)
    objects.create_bucket("seed-code")
    OPERATIONS["CreateRepository"](made, {"repositoryName": "books"})
    yield made
    store.close()
    objects.close()


def put_zip(context: Context, *names: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        for name in names:
            opened.writestr(name, name)
    context.objects.put_bytes("seed-code", "a/code.zip", content.getvalue())


def test_the_zips_files_are_the_first_commit_of_the_branch(context: Context) -> None:
    put_zip(context, "buildspec.yml", "pipelines/books.py")
    commit = seed(context, "books", "seed-code", "a/code.zip", "main")
    branch = context.store.get(BRANCH, branch_name("CodeCommit", "books", "main"))
    assert branch is not None
    assert branch["CommitId"] == commit
    directory = Path(branch["Directory"])
    assert git.changed_paths(directory, None, commit) == ["buildspec.yml", "pipelines/books.py"]
    assert git.default_branch(directory) == "main"


def test_a_zip_that_cannot_be_used_leaves_the_repository_empty(context: Context) -> None:
    put_zip(context, "../above")
    with pytest.raises(AwsError, match="'../above' is outside of the zip's folder"):
        seed(context, "books", "seed-code", "a/code.zip")
    with pytest.raises(AwsError, match="NoSuchKey"):
        seed(context, "books", "seed-code", "none.zip")
    with pytest.raises(AwsError, match="RepositoryDoesNotExistException"):
        seed(context, "none", "seed-code", "a/code.zip")
    assert context.store.list(BRANCH) == []
