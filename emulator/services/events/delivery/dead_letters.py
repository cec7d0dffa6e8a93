"""The queue for what no target took.

Source: the message attributes in "Using dead-letter queues to process undelivered events".
"""

import json
import logging

from botocore.exceptions import BotoCoreError, ClientError

from emulator.context import Context
from emulator.services.clients import client
from emulator.services.events.delivery.deliveries import Delivery
from emulator.services.events.delivery.failures import DeliveryFailed, failure_of

logger = logging.getLogger(__name__)

_MESSAGE_CHARACTERS = 1_024


def bury(
    context: Context, delivery: Delivery, failure: DeliveryFailed, condition: str | None
) -> None:
    """Send the event to the target's dead-letter queue, if it has one; else it is dropped.

    ``condition`` is the member of the RetryPolicy that was exhausted, None where nothing was
    tried again. A queue that does not take the event is no fault that anybody could be told of.
    """
    arn = delivery.target.get("DeadLetterConfig", {}).get("Arn")
    what = f"event {delivery.occasion.event['id']} for {delivery.target['Arn']}"
    if arn is None:
        logger.warning("%s is dropped: %s", what, failure)
        return
    attributes = attributes_of(delivery, failure, condition)
    try:
        _send(context, arn, json.dumps(delivery.occasion.event), attributes)
    except (BotoCoreError, ClientError) as error:
        logger.warning("%s is lost, its dead-letter queue says %s", what, failure_of(error))


def attributes_of(
    delivery: Delivery, failure: DeliveryFailed, condition: str | None
) -> dict[str, str]:
    """The attributes of the message, which tell why it is a dead letter."""
    return {
        "RULE_ARN": delivery.occasion.rule_arn,
        "TARGET_ARN": delivery.target["Arn"],
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": failure.message[:_MESSAGE_CHARACTERS] or failure.code,
        "RETRY_ATTEMPTS": str(delivery.attempts),
        **({"EXHAUSTED_RETRY_CONDITION": condition} if condition else {}),
    }


def _send(context: Context, queue_arn: str, body: str, attributes: dict[str, str]) -> None:
    sqs = client(context, "sqs")
    url = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
    sqs.send_message(
        QueueUrl=url,
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()
        },
    )
