"""Which invocations are captured."""

import random

from emulator.context import Context
from emulator.services.runtime.capture import Captured, Payload
from emulator.services.runtime.connections import Response
from emulator.services.runtime.fleets import fleets_of
from emulator.services.runtime.questions import Question
from emulator.services.runtime.traffic import Fleet


def sample(
    context: Context,
    fleet: Fleet,
    variant_name: str,
    question: Question,
    response: Response,
    began: float,
) -> None:
    """Capture an invocation, begun at an epoch second, with the endpoint's sampling percentage."""
    config = fleet.capture
    if config is None or random.random() * 100 >= config["InitialSamplingPercentage"]:
        return
    record = Captured(
        endpoint_name=fleet.endpoint_name,
        variant_name=variant_name,
        config=config,
        inference_time=began,
        request=Payload(question.header("content-type") or "", question.body),
        response=Payload(response.headers.get("content-type", ""), response.body),
        inference_id=question.header("x-amzn-sagemaker-inference-id"),
        custom_attributes=question.header("x-amzn-sagemaker-custom-attributes"),
    )
    fleets_of(context).captures.append(context, record)
