"""Which connections let git through.

Source: "Connections workflow" of the Developer Tools console user guide: a connection is PENDING
until it is completed in the console, and only an AVAILABLE one can be used.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.context import Context, Settings, Workers
from emulator.services.git.app import serve_git
from emulator.store import Store

ID = "192881c6-e3f2-41a9-9dcb-fcc87d8b90be"
ARN = f"arn:aws:codeconnections:us-east-1:123456789012:connection/{ID}"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    store, nothing = Store(tmp_path / "store.sqlite"), cast(Any, None)
    yield Context(settings, store, nothing, nothing, nothing, Workers(), lambda: 0.0)
    store.close()


def ask(context: Context, path: str) -> tuple[int, str]:
    """Status and text of the answer to git's first question of a clone."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"method": "GET", "path": path, "query_string": b"service=git-upload-pack"}
    assert asyncio.run(serve_git(context, scope, {}, receive, send))
    body = b"".join(each.get("body", b"") for each in sent)
    return sent[0]["status"], body.decode()


@pytest.mark.parametrize("status", ["PENDING", "ERROR"])
def test_a_connection_that_is_not_available_lets_nobody_through(
    context: Context, status: str
) -> None:
    document = {"ConnectionArn": ARN, "ConnectionStatus": status}
    context.store.insert("CodeConnection", ID, document)
    answer, text = ask(context, f"/git-http/123456789012/us-east-1/{ID}/ada/books.git/info/refs")
    assert answer == 403
    assert f"ada/books cannot be reached: connection {ARN} is {status}, expected AVAILABLE" in (
        text
    )
    assert "Developer Tools, Settings, Connections" in text


@pytest.mark.parametrize("where", ["123456789012/eu-west-2", "210987654321/us-east-1"])
def test_a_connection_is_known_in_its_own_account_and_region(context: Context, where: str) -> None:
    document = {"ConnectionArn": ARN, "ConnectionStatus": "AVAILABLE"}
    context.store.insert("CodeConnection", ID, document)
    answer, text = ask(context, f"/git-http/{where}/{ID}/ada/books.git/info/refs")
    assert (answer, "there is no connection" in text) == (403, True)
