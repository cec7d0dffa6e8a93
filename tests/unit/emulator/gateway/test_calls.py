"""What a caller gets who lost a race: the resource went away between a handler's look and write."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError
from emulator.gateway.calls import LocalApi, run
from emulator.protocol.models import load_service
from emulator.services import registry
from emulator.store import Missing

CONTEXT = cast(Context, None)


def in_the_handler(_context: Context, _request: Request) -> Answer:
    raise Missing("Thing", "lost")


@blocking
def in_a_thread(_context: Context, _request: Request) -> Answer:
    raise Missing("Thing", "lost")


async def while_awaited(_context: Context, _request: Request) -> Answer:
    await asyncio.sleep(0)
    raise Missing("Thing", "lost")


HANDLERS = pytest.mark.parametrize("handler", [in_the_handler, in_a_thread, while_awaited])


@pytest.fixture
def answer_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Handler], None]:
    """Let an operation be answered by a handler."""

    def answer(service: str, operation: str, handler: Handler) -> None:
        operations = {**registry.operations(service), operation: handler}
        monkeypatch.setattr(registry, "operations", lambda _: operations)

    return answer


def error_of(service: str, operation: str, **parameters: Any) -> AwsError:
    model = load_service(service).operation_model(operation)
    with pytest.raises(AwsError) as caught:
        asyncio.run(run(CONTEXT, model, parameters))
    return caught.value


@HANDLERS
def test_a_lost_race_is_told_under_the_name_of_the_service(
    answer_with: Callable[[str, str, Handler], None], handler: Handler
) -> None:
    answer_with("lambda", "GetFunction", handler)

    error = error_of("lambda", "GetFunction", FunctionName="lost")

    # Source: botocore's shape ResourceNotFoundException of Lambda, which has the status 404.
    assert (error.code, error.status) == ("ResourceNotFoundException", 404)
    assert error.message == "Thing 'lost' does not exist any more."


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("sagemaker", "StopTrainingJob", {"TrainingJobName": "lost"}, "ResourceNotFound"),
        # In the model of UpdateEndpoint there is no error for a resource that is not there.
        (
            *("sagemaker", "UpdateEndpoint"),
            {"EndpointName": "lost", "EndpointConfigName": "c"},
            "ValidationException",
        ),
        (
            *("sagemaker-runtime", "InvokeEndpoint"),
            {"EndpointName": "lost", "Body": b""},
            "ValidationError",
        ),
        ("logs", "DeleteLogGroup", {"logGroupName": "lost"}, "ResourceNotFoundException"),
    ],
)
def test_each_operation_has_a_name_of_its_own_for_it(
    answer_with: Callable[[str, str, Handler], None],
    service: str,
    operation: str,
    parameters: dict[str, Any],
    code: str,
) -> None:
    answer_with(service, operation, in_the_handler)

    error = error_of(service, operation, **parameters)

    assert (error.code, error.status) == (code, 400)


@HANDLERS
def test_the_emulators_own_parts_are_told_the_same(
    answer_with: Callable[[str, str, Handler], None], handler: Handler
) -> None:
    answer_with("lambda", "GetFunction", handler)

    async def call() -> AwsError:
        api = LocalApi(asyncio.get_running_loop())
        with pytest.raises(AwsError) as caught:
            await asyncio.to_thread(api.call, "lambda", "GetFunction", FunctionName="lost")
        return caught.value

    assert asyncio.run(call()).code == "ResourceNotFoundException"
