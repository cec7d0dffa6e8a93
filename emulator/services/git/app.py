"""The ASGI application behind the URLs of repositories.

Git's requests are not signed: whoever can reach the loopback address may do everything, as with
any other request. A user name and a password, as GitHub and CodeCommit want them, are passed over.
"""

import asyncio
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from emulator import git
from emulator.context import Context
from emulator.errors import AwsError
from emulator.git.http import (
    RECEIVE_PACK,
    UPLOAD_PACK,
    Disconnected,
    GitRequest,
    Receive,
    Send,
    serve,
)
from emulator.services.codeconnections import AVAILABLE, existing_connection
from emulator.services.git import repositories
from emulator.services.git.addresses import Address, read_address
from emulator.services.git.repositories import CODECONNECTIONS

Scope = MutableMapping[str, Any]

_METHODS = {"info/refs": "GET", UPLOAD_PACK: "POST", RECEIVE_PACK: "POST"}


async def serve_git(
    context: Context, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
) -> bool:
    """Answer git's request, and keep what a push has changed before git hears of it.

    False, and no answer, if the request is not one of git's.
    """
    query = scope["query_string"].decode("latin-1")
    address = _address(scope["method"], scope["path"], query, headers)
    if address is None:
        return False
    is_push = RECEIVE_PACK in (address.action, _service(query))
    try:
        directory = await asyncio.to_thread(_directory, context, address, is_push=is_push)
        request = GitRequest(directory, address.action, scope["method"], query, headers)
        await serve(request, receive, send, lambda: _record(context, address))
    except AwsError as error:
        await _refuse(send, error)
    except Disconnected:
        pass
    return True


def _address(method: str, path: str, query: str, headers: Mapping[str, str]) -> Address | None:
    """What git asks for with this request; None if it is not from git."""
    address = read_address(path)
    is_signed = headers.get("authorization", "").startswith("AWS4-")
    if address is None or is_signed or _METHODS[address.action] != method:
        return None
    return address if address.action != "info/refs" or _service(query) else None


async def _record(context: Context, address: Address) -> None:
    if address.action == RECEIVE_PACK:
        await asyncio.to_thread(repositories.record, context, address.provider, address.repository)


def _service(query: str) -> str | None:
    for service in (UPLOAD_PACK, RECEIVE_PACK):
        if f"service={service}" in query.split("&"):
            return service
    return None


def _directory(context: Context, address: Address, *, is_push: bool) -> Path:
    """The repository that answers.

    Behind a connection, the first push makes it. Before that push git asks what is there already,
    which an empty repository answers: a question makes nothing. Over a connection it answers who
    reads, too: at a provider the repository would be there and empty before its first push.

    Raises:
        AwsError: RepositoryDoesNotExistException, or AccessDeniedException of a connection that
            cannot be used; in words for the user of git.
    """
    if address.connection_arn:
        _check_connection(context, address)
    directory = repositories.directory_of(context, address.provider, address.repository)
    if directory is not None:
        return directory
    if address.provider != CODECONNECTIONS or not (is_push or address.connection_arn):
        raise _missing(address)
    if address.action == RECEIVE_PACK:
        made = repositories.connection_directory(context, address.repository)
        repositories.add(context, address.provider, address.repository, made)
        return made
    empty = context.settings.data_dir / "git" / "empty.git"
    git.create(empty)
    return empty


def _check_connection(context: Context, address: Address) -> None:
    """A connection must be there and AVAILABLE, as on AWS, before git gets through it."""
    arn = address.connection_arn
    try:
        status = existing_connection(context, arn)["ConnectionStatus"]
    except AwsError as error:
        advice = "those there are: aws codeconnections list-connections"
        raise _refused(address, f"there is no connection {arn}; {advice}") from error
    if status != AVAILABLE:
        advice = "complete it in the console under Developer Tools, Settings, Connections"
        raise _refused(address, f"connection {arn} is {status}, expected {AVAILABLE}; {advice}")


def _refused(address: Address, reason: str) -> AwsError:
    message = f"The repository {address.repository} cannot be reached: {reason}."
    return AwsError("AccessDeniedException", message, 403)


def _missing(address: Address) -> AwsError:
    advice = (
        "Push to it to make it."
        if address.provider == CODECONNECTIONS
        else "Make it with: aws codecommit create-repository --repository-name "
        f"{address.repository}"
    )
    return AwsError(
        "RepositoryDoesNotExistException",
        f"The repository {address.repository} does not exist. {advice}",
        404,
    )


async def _refuse(send: Send, error: AwsError) -> None:
    """Git shows the text of an answer that is plain text."""
    body = f"{error.message}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
