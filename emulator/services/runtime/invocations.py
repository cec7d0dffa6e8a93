"""InvokeEndpoint: to a variant, to one of its instances, and back."""

import time
from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import unsupported
from emulator.services.runtime.asking import ask
from emulator.services.runtime.questions import Question, validation_error
from emulator.services.runtime.sampling import sample

# Source: the API reference of InvokeEndpoint: "must respond to requests within 60 seconds".
ANSWER_SECONDS_AT_MOST = 60.0

_UNSUPPORTED = {
    "TargetModel": "multi-model endpoints",
    "TargetContainerHostname": "multi-container endpoints",
    "InferenceComponentName": "inference components",
    "EnableExplanations": "online explanations",
    "SessionId": "stateful sessions",
}
_SENT_HEADERS = {
    "ContentType": "content-type",
    "Accept": "accept",
    "CustomAttributes": "x-amzn-sagemaker-custom-attributes",
    "InferenceId": "x-amzn-sagemaker-inference-id",
}


async def invoke_endpoint(context: Context, request: Request) -> Answer:
    """Give the body to a model server and its answer back.

    Raises:
        AwsError: ValidationError: no such endpoint or variant, or it does not serve; ModelError:
            the container answered with an error, not in time, or not at all.
    """
    _refuse_unsupported(request)
    began = time.time()
    question = Question(
        sent_headers(request), request["Body"], ANSWER_SECONDS_AT_MOST, request.get("TargetVariant")
    )
    reply = await ask(context, request["EndpointName"], question)
    sample(context, reply.fleet, reply.variant.name, question, reply.response, began)
    headers = reply.response.headers
    return {
        "Body": reply.response.body,
        "ContentType": headers.get("content-type", "application/octet-stream"),
        "InvokedProductionVariant": reply.variant.name,
        "CustomAttributes": headers.get("x-amzn-sagemaker-custom-attributes"),
    }


def _refuse_unsupported(request: Request) -> None:
    for member, what in _UNSUPPORTED.items():
        if member in request:
            raise unsupported(f"InvokeEndpoint with {member} ({what}) is not emulated.")


def sent_headers(request: Request) -> list[tuple[str, str]]:
    """The headers that the container gets.

    Raises:
        AwsError: ValidationError: one of them could not be a header.
    """
    headers = [(name, request[key]) for key, name in _SENT_HEADERS.items() if key in request]
    for name, value in headers:
        if "\r" in value or "\n" in value or not value.isascii():
            raise validation_error(f"The header {name} must be visible ASCII characters.")
    return headers


OPERATIONS: Mapping[str, Handler] = {"InvokeEndpoint": invoke_endpoint}
