"""An emulator's inside, without its server: store, objects and the launcher of processes."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from emulator.containers import Containers
from emulator.context import Api, Context, Settings, Workers
from emulator.objects import Objects
from emulator.store import Store
from tests.conftest import ACCOUNT_ID, REGION

ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/service-role/AmazonSageMaker-ExecutionRole"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    settings = Settings(
        region=REGION,
        account_id=ACCOUNT_ID,
        data_dir=tmp_path / "data",
        cache_dir=tmp_path / "cache",
        endpoint_url="http://127.0.0.1:1",
    )
    store = Store(settings.data_dir / "store.sqlite")
    objects = Objects(settings.data_dir / "objects")
    containers = Containers(settings.cache_dir, {})
    yield Context(
        settings=settings,
        store=store,
        objects=objects,
        containers=containers,
        api=cast(Api, None),
        workers=Workers(),
        clock=time.time,
    )
    containers.close()
    objects.close()
    store.close()
