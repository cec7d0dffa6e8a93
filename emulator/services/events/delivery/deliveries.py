"""One event for one target of one rule, kept until it is done."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from emulator.context import Context
from emulator.services.events.delivery.failures import DeliveryFailed
from emulator.services.events.inputs import Occasion, render
from emulator.services.events.inputs.templates import InvalidTemplate
from emulator.services.events.outbox import Event
from emulator.store import Document

KIND = "EventDelivery"


@dataclass(frozen=True)
class Delivery:
    """What is to be delivered.

    Attributes:
        id: The same for each attempt, so that a target can tell a repetition.
        target: As PutTargets was given it.
        hops: How many buses the event was on before.
        attempts: How many have failed.
    """

    id: str
    occasion: Occasion
    target: Mapping[str, Any]
    hops: int
    attempts: int

    @property
    def is_given_whole(self) -> bool:
        """Whether the target gets the event as it is."""
        return not any(key in self.target for key in ("Input", "InputPath", "InputTransformer"))

    @cached_property
    def text(self) -> str:
        """What the target gets.

        Raises:
            DeliveryFailed: The input transformer gave no JSON.
        """
        try:
            return render(self.target, self.occasion)
        except InvalidTemplate as error:
            raise DeliveryFailed("INVALID_JSON", f"InputTransformer: {error}") from error


def keep(
    context: Context, rule: Document, event: Event, ingestion_time: float, hops: int = 0
) -> None:
    """Keep a delivery for each of the rule's targets, due now."""
    for target in rule["_Targets"]:
        delivery_id = str(uuid.uuid4())
        document = {
            "Id": delivery_id,
            "Event": event,
            "RuleArn": rule["Arn"],
            "RuleName": rule["Name"],
            "IngestionTime": ingestion_time,
            "Target": target,
            "Hops": hops,
            "Attempts": 0,
            "NextAttemptTime": context.clock(),
        }
        context.store.insert(KIND, delivery_id, document)


def of_document(document: Document) -> Delivery:
    """The delivery that a document keeps."""
    occasion = Occasion(
        document["Event"], document["RuleArn"], document["RuleName"], document["IngestionTime"]
    )
    return Delivery(
        document["Id"], occasion, document["Target"], document["Hops"], document["Attempts"]
    )


def put_off(context: Context, delivery: Delivery, until: float) -> None:
    """Keep a delivery that has failed once more for another attempt."""
    members = {"Attempts": delivery.attempts + 1, "NextAttemptTime": until}
    context.store.update(KIND, delivery.id, lambda document: document | members)


def forget(context: Context, delivery: Delivery) -> None:
    """Drop a delivery that is done, one way or the other."""
    context.store.delete(KIND, delivery.id)
