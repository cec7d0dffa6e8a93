"""One question to one server: its answer, the errors in AWS's words, and what is counted of it."""

import time

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.runtime.connections import (
    ConnectionPool,
    NoAnswer,
    NoConnection,
    Response,
    TooLarge,
)
from emulator.services.runtime.metrics import Invocation, count, metrics_of
from emulator.services.runtime.questions import Question
from emulator.services.runtime.traffic import Fleet, LiveVariant

_SHOWN_CHARACTERS = 4096


async def send(
    context: Context,
    fleet: Fleet,
    variant: LiveVariant,
    pool: ConnectionPool,
    question: Question,
    began: float,
) -> Response:
    """A server's answer of whatever status; it is counted whether there is one or not.

    ``began`` is when the request came, in time.perf_counter seconds.

    Raises:
        NoConnection: The server is not there; nothing was asked, or counted.
        AwsError: ModelError: the server answered not in time, or not at all.
    """
    sent = time.perf_counter()
    status = 0
    try:
        response = await pool.post(
            "/invocations", question.headers, question.body, question.timeout_seconds
        )
        status = response.status
    except NoConnection:
        status = -1
        raise
    except TimeoutError as error:
        message = (
            "Your invocation timed out while waiting for a response from container primary."
            " Review the latency metrics for each container in Amazon CloudWatch, resolve the"
            " issue, and try again."
        )
        raise model_error(context, fleet, 0, message) from error
    except (NoAnswer, TooLarge) as error:
        raise model_error(context, fleet, 0, f"{error}") from error
    finally:
        if status >= 0:
            invocation = Invocation(
                endpoint_name=fleet.endpoint_name,
                variant_name=variant.name,
                config_name=fleet.config_name,
                status=status,
                model_seconds=time.perf_counter() - sent,
                overhead_seconds=sent - began,
                instance_count=0 if variant.on_demand else len(variant.instances),
            )
            count(metrics_of(context), invocation)
    return response


def checked(context: Context, fleet: Fleet, response: Response) -> Response:
    """The answer, if it is one.

    Raises:
        AwsError: ModelError: the container answered with an error.
    """
    if not 200 <= response.status < 300:
        text = response.body[: 4 * _SHOWN_CHARACTERS].decode(errors="replace")
        raise model_error(context, fleet, response.status, text)
    return response


def model_error(context: Context, fleet: Fleet, status: int, message: str) -> AwsError:
    """Source: ModelError as AWS words it, e.g. aws/amazon-sagemaker-examples issue 235."""
    region, account_id = context.settings.region, context.settings.account_id
    group = f"/aws/sagemaker/Endpoints/{fleet.endpoint_name}"
    whose = "client" if 400 <= status < 500 else "server"
    shown = message[:_SHOWN_CHARACTERS]
    return AwsError(
        "ModelError",
        f'Received {whose} error ({status}) from primary with message "{shown}". See'
        f" https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logEventViewer:group={group} in account {account_id} for more information.",
        424,
        OriginalStatusCode=status,
        OriginalMessage=shown,
        LogStreamArn=f"arn:aws:logs:{region}:{account_id}:log-group:{group}",
    )
