"""Callback steps: a message with a token goes into a queue, whoever read it sends the token back.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopPipelineExecution.html
and `CallbackStep` of SageMaker SDK v3.
"""

import json
import secrets
import string
from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.engine.definition import OutputParameter
from emulator.engine.graph import FAILED, SUCCEEDED
from emulator.engine.queues import send_message
from emulator.engine.steps.outputs import listed_outputs, typed_outputs
from emulator.engine.steps.run import StepFailed, StepResult, StepRun
from emulator.errors import AwsError, resource_not_found, validation_error
from emulator.store import Missing

KIND = "PipelineCallback"
# What was answered to a ClientRequestToken: a client that got no answer asks again.
_ANSWERED = "PipelineCallbackAnswer"
WAITING = "Waiting"
_TOKEN_CHARACTERS = 10
_NO_REASON = "The callback step was reported as failed, without a reason."


def run_callback(run: StepRun) -> StepResult:
    """Send the Arguments and a new token to the queue, and wait until the token comes back."""
    token, queue_url = _new_token(), str(run.target)
    waiting = {
        "CallbackToken": token,
        "PipelineExecutionArn": run.execution_arn,
        "Status": WAITING,
        "SqsQueueUrl": queue_url,
        "Arguments": run.arguments,
        "Outputs": [[p.name, p.type] for p in run.step.output_parameters],
    }
    store = run.context.store
    store.put(KIND, token, waiting)
    metadata = {"CallbackToken": token, "SqsQueueUrl": queue_url}
    try:
        _send(run.context, waiting, "Executing")
        run.report(StepResult({"Callback": metadata}, resource_name=token))
        answer = store.wait_until(KIND, token, lambda document: document["Status"] != WAITING)
    except AwsError as error:
        raise StepFailed(
            f"ClientError: Failed to send a message to {queue_url}. Error Details: {error.message}"
        ) from error
    finally:
        store.delete(KIND, token)
    if answer["Status"] == FAILED:
        raise StepFailed(answer["FailureReason"])
    outputs = answer["Values"]
    shown = {**metadata, "OutputParameters": listed_outputs(outputs)}
    return StepResult({"Callback": shown}, resource_name=token, outputs=outputs)


def send_stopping(context: Context, token: str) -> None:
    """Tell whoever works on a callback that its execution is to stop.

    The execution stops only when the token comes back.
    """
    waiting = context.store.get(KIND, token)
    if waiting is not None:
        _send(context, waiting, "Stopping")


def succeed(
    context: Context, token: str, given: list[Mapping[str, str]], request_token: str | None
) -> str:
    """Let the step that waits for the token go on; gives its execution's ARN.

    The same request once more, by its ClientRequestToken, gets the same answer.

    Raises:
        AwsError: ResourceNotFound when nothing waits for the token; ValidationException when the
            outputs are not those that the step declares.
    """
    answered = _answered(context, request_token)
    if answered is not None:
        return answered
    waiting = _waiting(context, token)
    declared = tuple(OutputParameter(name, kind) for name, kind in waiting["Outputs"])
    returned = {parameter["Name"]: parameter["Value"] for parameter in given}
    outputs, faults = typed_outputs(declared, returned)
    unknown = [name for name in returned if name not in outputs]
    faults += [f"output '{name}', which the step does not declare" for name in unknown]
    if faults:
        raise validation_error(f"Callback token '{token}' came with {'; '.join(faults)}.")
    return _settle(context, token, {"Status": SUCCEEDED, "Values": outputs}, request_token)


def fail(context: Context, token: str, reason: str | None, request_token: str | None) -> str:
    """Fail the step that waits for the token; gives its execution's ARN.

    The same request once more, by its ClientRequestToken, gets the same answer.

    Raises:
        AwsError: ResourceNotFound when nothing waits for the token.
    """
    answered = _answered(context, request_token)
    if answered is not None:
        return answered
    _waiting(context, token)
    members = {"Status": FAILED, "FailureReason": reason or _NO_REASON}
    return _settle(context, token, members, request_token)


def forget_all(context: Context) -> None:
    """Drop the tokens for which nothing can wait any more, after a restart."""
    for waiting in context.store.list(KIND):
        context.store.delete(KIND, waiting["CallbackToken"])


def _answered(context: Context, request_token: str | None) -> str | None:
    answer = context.store.get(_ANSWERED, request_token) if request_token else None
    return str(answer["PipelineExecutionArn"]) if answer else None


def _settle(
    context: Context, token: str, members: Mapping[str, Any], request_token: str | None
) -> str:
    try:
        with context.store.transaction():
            settled = context.store.update(KIND, token, lambda document: {**document, **members})
            answer = {"PipelineExecutionArn": settled["PipelineExecutionArn"]}
            if request_token:
                context.store.put(_ANSWERED, request_token, answer)
    except Missing as error:
        raise _unknown(token) from error
    return str(settled["PipelineExecutionArn"])


def _waiting(context: Context, token: str) -> dict[str, Any]:
    waiting = context.store.get(KIND, token)
    if waiting is None or waiting["Status"] != WAITING or waiting["CallbackToken"] != token:
        raise _unknown(token)
    return waiting


def _unknown(token: str) -> AwsError:
    return resource_not_found(f"No step waits for the callback token '{token}'.")


def _send(context: Context, waiting: Mapping[str, Any], status: str) -> None:
    message = {
        "token": waiting["CallbackToken"],
        "pipelineExecutionArn": waiting["PipelineExecutionArn"],
        "arguments": waiting["Arguments"],
        "status": status,
    }
    send_message(context, waiting["SqsQueueUrl"], json.dumps(message))


def _new_token() -> str:
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(_TOKEN_CHARACTERS))
