"""Runs operations, with one path for requests over HTTP and for the emulator's own parts."""

import asyncio
import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from botocore.model import OperationModel

from emulator.context import Answer, Context
from emulator.errors import AwsError, unsupported, validation_error
from emulator.protocol.models import load_service
from emulator.protocol.validate import accept
from emulator.services import registry
from emulator.store import Missing

_OTHER_NAME = "ValidationError"
# The last part of the member's path, as validation writes it.
_REFUSED_MEMBER = re.compile(r"' at '(?:[^']*\.)?([^'.]+)' failed to satisfy constraint")
_NOT_FOUND_NAMES = ("ResourceNotFound", "ResourceNotFoundException")


class LocalApi:
    """Operations called within the process: the same validation and the same handlers."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._context: Context | None = None

    def bind(self, context: Context) -> None:
        """Give the context, which itself holds this object."""
        self._context = context

    def call(self, service: str, operation: str, **parameters: object) -> Answer:
        """Run the operation in this thread and give its answer.

        Raises:
            AwsError: What a client would have got.
        """
        context = cast(Context, self._context)
        model = _operation_model(service, operation)
        with _loser_told(model):
            result = _start(context, model, parameters)
            if inspect.isawaitable(result):
                waiting = asyncio.run_coroutine_threadsafe(_wait(result), self._loop)
                return cast(Answer, waiting.result())
            return cast(Answer, result)


async def run(context: Context, model: OperationModel, parameters: dict[str, Any]) -> Answer:
    """Run the operation for a request; a handler that blocks gets a thread.

    Raises:
        AwsError: The operation's error, or UnsupportedByEmulator.
    """
    handler = _handler(model)
    with _loser_told(model):
        if getattr(handler, "is_blocking", False):
            return await asyncio.to_thread(_start, context, model, parameters)
        result = _start(context, model, parameters)
        return cast(Answer, await result if inspect.isawaitable(result) else result)


def _start(context: Context, model: OperationModel, parameters: dict[str, Any]) -> Any:
    handler = _handler(model)
    try:
        accepted = accept(model.input_shape, parameters)
    except AwsError as error:
        raise _named_by_the_service(model, error) from error
    return handler(context, accepted)


@contextmanager
def _loser_told(model: OperationModel) -> Iterator[None]:
    """Answer, as the operation does, that another caller has deleted the resource meanwhile."""
    try:
        yield
    except Missing as error:
        message = f"{error.kind} {error.name!r} does not exist any more."
        for shape in model.error_shapes:
            if shape.name in _NOT_FOUND_NAMES:
                status = shape.metadata.get("error", {}).get("httpStatusCode", 400)
                raise AwsError(shape.name, message, status) from error
        raise _named_by_the_service(model, validation_error(message)) from error


def _named_by_the_service(model: OperationModel, error: AwsError) -> AwsError:
    """ValidationError is what SageMaker Runtime and the query protocol's services say instead.

    CodeCommit has an error for each member; of several, that of the first names the answer.
    """
    codes = registry.refusal_codes(model.service_model.service_name)
    member = _REFUSED_MEMBER.search(error.message)
    if member and member[1] in codes:
        return AwsError(codes[member[1]], error.message, error.status)
    names = {shape.name for shape in model.error_shapes}
    is_other = _OTHER_NAME in names or model.service_model.metadata["protocol"] == "query"
    if error.code == "ValidationException" and error.code not in names and is_other:
        return AwsError(_OTHER_NAME, error.message, error.status)
    return error


async def _wait(result: Any) -> Any:
    return await result


def _operation_model(service: str, operation: str) -> OperationModel:
    model = load_service(service)
    if operation not in model.operation_names:
        raise AwsError("UnknownOperationException", f"{service} has no operation {operation!r}")
    return model.operation_model(operation)


def _handler(model: OperationModel) -> Any:
    service = model.service_model.service_name
    handler = registry.operations(service).get(model.name)
    if handler is None:
        raise unsupported(f"The emulator does not support {service} {model.name}.")
    return handler
