"""UpdateProject and DeleteProject while something is under way, or over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.context import Context, Settings, Workers
from emulator.errors import AwsError
from emulator.services.sagemaker.projects import OPERATIONS
from emulator.services.sagemaker.projects.records import KIND
from emulator.store import Store


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    store, nothing = Store(tmp_path / "store.sqlite"), cast(Any, None)
    yield Context(settings, store, nothing, nothing, nothing, Workers(), lambda: 0.0)
    store.close()


@pytest.mark.parametrize("operation", ["UpdateProject", "DeleteProject"])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("Pending", "ConflictException"),
        ("CreateInProgress", "ConflictException"),
        ("UpdateInProgress", "ConflictException"),
        ("DeleteInProgress", "ConflictException"),
        ("DeleteCompleted", "ValidationException"),
    ],
)
def test_a_project_that_is_not_at_rest_is_left_as_it_is(
    context: Context, operation: str, status: str, code: str
) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:project/books"
    project = {"ProjectName": "books", "ProjectArn": arn, "ProjectStatus": status}
    context.store.insert(KIND, "books", project)
    with pytest.raises(AwsError) as caught:
        OPERATIONS[operation](context, {"ProjectName": "books", "ProjectDescription": "new"})
    assert caught.value.code == code
    assert arn in caught.value.message
    assert context.store.get(KIND, "books") == project
