"""SNS topics."""

from emulator.context import Context
from emulator.services.clients import client
from emulator.services.events.delivery.deliveries import Delivery


def deliver(context: Context, delivery: Delivery) -> None:
    """Publish the message."""
    client(context, "sns").publish(TopicArn=delivery.target["Arn"], Message=delivery.text)
