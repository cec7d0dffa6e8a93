"""Functions that several callers change at once."""

import io
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.context import Context, Settings, Workers
from emulator.objects import ObjectInfo, Objects
from emulator.services.lambda_.code import code_directory
from emulator.services.lambda_.functions import create_function, delete_function
from emulator.services.lambda_.names import KIND
from emulator.store import Store

WAIT_SECONDS = 10


class PausingObjects(Objects):
    """Objects whose list, with which the removal of code begins, waits until it may go on."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.is_asked = threading.Event()
        self.may_go_on = threading.Event()

    def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        self.is_asked.set()
        assert self.may_go_on.wait(WAIT_SECONDS)
        return super().list(bucket, prefix)


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[PausingObjects]:
    found = PausingObjects(tmp_path / "objects")
    yield found
    found.close()


@pytest.fixture
def context(tmp_path: Path, objects: PausingObjects) -> Iterator[Context]:
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    store, nothing = Store(tmp_path / "store.sqlite"), cast(Any, None)
    yield Context(settings, store, objects, nothing, nothing, Workers(), time.time)
    store.close()


def request(name: str) -> dict[str, Any]:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return event")
    code = {"ZipFile": content.getvalue()}
    return {"FunctionName": name, "Runtime": "python3.11", "Handler": "app.handler", "Code": code}


def test_a_function_made_again_while_the_old_one_goes_keeps_its_code(
    context: Context, objects: PausingObjects
) -> None:
    create_function(context, request("again"))
    deleting = threading.Thread(target=delete_function, args=(context, {"FunctionName": "again"}))
    creating = threading.Thread(target=create_function, args=(context, request("again")))

    deleting.start()
    assert objects.is_asked.wait(WAIT_SECONDS)
    creating.start()
    creating.join(0.1)
    objects.may_go_on.set()
    for thread in (deleting, creating):
        thread.join(WAIT_SECONDS)

    document = context.store.get(KIND, "again")
    assert document is not None
    assert (code_directory(context, "again", document["_Digest"]) / "app.py").is_file()
    assert len(list(objects.list("awslambda-us-east-1-tasks"))) == 1
