"""The statuses of an endpoint, and what may follow what."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from emulator.context import Context
from emulator.protocol.models import load_service
from emulator.services.sagemaker.serving.statuses import TRANSITIONS, NotAllowed, enter
from emulator.store import Missing, Store


@pytest.fixture
def context(tmp_path: Path) -> Any:
    store = Store(tmp_path / "store.sqlite")
    yield cast(Context, SimpleNamespace(store=store, clock=time.time))
    store.close()


def keep(context: Context, status: str, **members: Any) -> None:
    document = {"EndpointName": "e", "EndpointStatus": status, "LastModifiedTime": 0.0} | members
    context.store.insert("Endpoint", "e", document)


def test_every_status_is_one_of_the_apis() -> None:
    statuses = load_service("sagemaker").shape_for("EndpointStatus").metadata["enum"]

    assert set(TRANSITIONS) | set().union(*TRANSITIONS.values()) <= set(statuses)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Creating", "Updating"),
        ("Updating", "Updating"),
        ("Deleting", "InService"),
        ("Deleting", "Deleting"),
        ("Failed", "InService"),
    ],
)
def test_a_status_that_cannot_follow_is_refused_and_nothing_is_written(
    context: Context, before: str, after: str
) -> None:
    keep(context, before)

    with pytest.raises(NotAllowed) as caught:
        enter(context, "e", after, FailureReason="x")

    assert caught.value.status == before
    assert context.store.get("Endpoint", "e") == {
        "EndpointName": "e",
        "EndpointStatus": before,
        "LastModifiedTime": 0.0,
    }


def test_members_are_written_with_the_status_and_none_removes_them(context: Context) -> None:
    keep(context, "Updating", FailureReason="old")
    enter(context, "e", "InService", FailureReason=None, EndpointConfigName="new")

    document = context.store.get("Endpoint", "e")
    assert document is not None
    assert document["EndpointStatus"] == "InService"
    assert document["EndpointConfigName"] == "new"
    assert "FailureReason" not in document
    assert document["LastModifiedTime"] > 0


def test_an_endpoint_that_is_gone_stays_gone(context: Context) -> None:
    with pytest.raises(Missing):
        enter(context, "e", "InService")

    assert context.store.get("Endpoint", "e") is None
