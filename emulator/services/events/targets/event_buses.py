"""Other buses of the account."""

from emulator.context import Context
from emulator.json_text import read_json
from emulator.services.events import outbox
from emulator.services.events.delivery.deliveries import Delivery
from emulator.services.events.delivery.failures import DeliveryFailed
from emulator.services.events.names import existing_bus
from emulator.services.events.outbox import Waiting

# Rules that send events in a circle would do so for ever.
_HOPS_AT_MOST = 8


def deliver(context: Context, delivery: Delivery) -> None:
    """Put the event on the other bus, as it is or with another detail.

    Raises:
        DeliveryFailed: The event has gone round too often, or its input is no object.
    """
    bus = existing_bus(context, delivery.target["Arn"])["Name"]
    if delivery.hops >= _HOPS_AT_MOST:
        raise DeliveryFailed(
            "INVALID_PARAMETER",
            f"The event was on {_HOPS_AT_MOST} buses already: rules send it in a circle.",
        )
    event = dict(delivery.occasion.event)
    if not delivery.is_given_whole:
        detail = read_json(delivery.text)
        if not isinstance(detail, dict):
            raise DeliveryFailed("INVALID_JSON", f"A detail is an object, got {delivery.text}")
        event["detail"] = detail
    outbox.keep(context, Waiting(event, bus, context.clock(), delivery.hops + 1))
