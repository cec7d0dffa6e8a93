"""CloudWatch log groups: each delivery is a stream of its own with one event."""

from datetime import datetime

from emulator.context import Context
from emulator.errors import AwsError
from emulator.json_text import read_json
from emulator.services.events.delivery.deliveries import Delivery


def deliver(context: Context, delivery: Delivery) -> None:
    """Write the event into the group, or the message that an input transformer made.

    Source: the user guide's example of a log group's template, ``timestamp`` and ``message``.
    """
    group = delivery.target["Arn"].partition(":log-group:")[2].removesuffix(":*")
    stream = {"logGroupName": group, "logStreamName": delivery.id}
    try:
        context.api.call("logs", "CreateLogStream", **stream)
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":  # an earlier attempt has made it
            raise
    timestamp, message = _log_event(context, delivery)
    event = {"timestamp": timestamp, "message": message}
    context.api.call("logs", "PutLogEvents", logEvents=[event], **stream)


def _log_event(context: Context, delivery: Delivery) -> tuple[int, str]:
    given = None if delivery.is_given_whole else read_json(delivery.text)
    now_ms = int(context.clock() * 1_000)
    if not isinstance(given, dict) or given.keys() != {"timestamp", "message"}:
        return now_ms, delivery.text
    return _milliseconds(given["timestamp"], now_ms), str(given["message"])


def _milliseconds(timestamp: object, otherwise: int) -> int:
    if isinstance(timestamp, int):
        return timestamp
    try:
        return int(datetime.fromisoformat(str(timestamp)).timestamp() * 1_000)
    except ValueError:
        return otherwise
