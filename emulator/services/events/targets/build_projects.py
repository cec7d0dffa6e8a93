"""CodeBuild's projects."""

from emulator.context import Context
from emulator.json_text import read_json
from emulator.services.events.delivery.deliveries import Delivery
from emulator.services.events.delivery.failures import DeliveryFailed


def deliver(context: Context, delivery: Delivery) -> None:
    """Start a build; an input of one's own has further members of StartBuild.

    Raises:
        DeliveryFailed: INVALID_JSON, where that input is no object.
    """
    given = {} if delivery.is_given_whole else read_json(delivery.text)
    if not isinstance(given, dict):
        raise DeliveryFailed(
            "INVALID_JSON", f"The input of a build is an object of StartBuild, got {delivery.text}"
        )
    project = delivery.target["Arn"].rpartition("/")[2]
    context.api.call(
        "codebuild",
        "StartBuild",
        **{**given, "projectName": project, "idempotencyToken": delivery.id},
    )
