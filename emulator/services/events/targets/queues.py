"""SQS queues."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.services.clients import client
from emulator.services.events.delivery.deliveries import Delivery

_FIFO = ".fifo"
_GROUP = "MessageGroupId"


def faults(target: Mapping[str, Any]) -> list[str]:
    """A FIFO queue needs a message group."""
    if target["Arn"].endswith(_FIFO) and _GROUP not in target.get("SqsParameters", {}):
        return [f"Parameter(s) SqsParameters must be specified for target: {target['Id']}."]
    return []


def deliver(context: Context, delivery: Delivery) -> None:
    """Send the message. A FIFO queue tells repetitions by their content."""
    sqs, text = client(context, "sqs"), delivery.text
    name = delivery.target["Arn"].rpartition(":")[2]
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    group = delivery.target.get("SqsParameters", {}).get(_GROUP)
    sqs.send_message(QueueUrl=url, MessageBody=text, **({_GROUP: group} if group else {}))
