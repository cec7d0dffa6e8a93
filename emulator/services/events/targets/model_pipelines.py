"""SageMaker's pipelines."""

import json
from typing import Any

from emulator.context import Context
from emulator.services.events.delivery.deliveries import Delivery
from emulator.services.events.inputs import value_at
from emulator.services.events.inputs.json_paths import MISSING, InvalidPath


def deliver(context: Context, delivery: Delivery) -> None:
    """Start an execution with the target's parameters; a repetition starts no other one."""
    parameters = delivery.target.get("SageMakerPipelineParameters", {})
    given = [
        {"Name": each["Name"], "Value": _value(each["Value"], delivery.occasion.event)}
        for each in parameters.get("PipelineParameterList", [])
    ]
    context.api.call(
        "sagemaker",
        "StartPipelineExecution",
        PipelineName=delivery.target["Arn"],
        ClientRequestToken=delivery.id,
        **({"PipelineParameters": given} if given else {}),
    )


def _value(text: str, event: Any) -> str:
    """A value, or what the JSON path that it is names in the event.

    Source: "Dynamic path parameters" of the EventBridge user guide.
    """
    if not text.startswith("$."):
        return text
    try:
        found = value_at(event, text)
    except InvalidPath:
        return text
    if found is MISSING:
        return text
    return found if isinstance(found, str) else json.dumps(found)
