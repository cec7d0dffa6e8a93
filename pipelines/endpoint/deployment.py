"""Where a model goes, and what its endpoint must answer before the deployment counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# In the customer metadata of a model package: the folder of pipelines/ that made it, and that
# therefore knows how to deploy it.
PIPELINE_PROPERTY = "Pipeline"

FUNCTION_NAME = "sagemaker-endpoint-check"
FUNCTION_TIMEOUT_SECONDS = 120
FUNCTION_RUNTIME = "python3.12"

# Parameters of `model_deploy/endpoint.yaml` for a stage that people depend on: half of the traffic
# goes to the new model first, and an error of its own or answers slower than half a second take it
# back. Any model may say otherwise.
GUARDED: Mapping[str, str] = {
    "TrafficShifting": "Canary",
    "TrafficShiftingPercentage": "50",
    "WaitIntervalSeconds": "300",
    "ErrorsThreshold": "1",
    "LatencyThresholdMicroseconds": "500000",
}


@dataclass(frozen=True)
class Stage:
    """One stage: where an approved model goes, and how large; the defaults of the parameters.

    Attributes:
        template: Further parameters of `model_deploy/endpoint.yaml`, by which a project's deploy
            pipeline makes the stage: the kind of endpoint, how traffic shifts, alarms, scaling.
    """

    endpoint_name: str
    instance_type: str
    instance_count: int
    data_capture_percentage: int
    template: Mapping[str, str] = field(default_factory=dict)

    def parameters(self) -> dict[str, str]:
        """The pipeline parameters that make an execution deploy to this stage."""
        return {
            "EndpointName": self.endpoint_name,
            "InstanceType": self.instance_type,
            "InstanceCount": str(self.instance_count),
            "DataCapturePercentage": str(self.data_capture_percentage),
        }


@dataclass(frozen=True)
class Check:
    """One question to the endpoint and what a right answer looks like.

    There must be as many `answers` as it says, each a number from `minimum` to `maximum`.
    `answer_key` names the list in a JSON answer ("" when the answer is one number a line),
    `value_key` the number in each item of the list ("" when the items are the numbers).
    """

    content_type: str
    body: str
    answers: int
    minimum: float
    maximum: float
    answer_key: str = ""
    value_key: str = ""

    def question(self, endpoint_name: Any, config_name: Any) -> dict[str, Any]:
        """The event of the function that asks, `steps/endpoint_check`.

        The configuration is named because an update that failed leaves the old one in service.
        """
        return {
            "EndpointName": endpoint_name,
            "EndpointConfigName": config_name,
            "ContentType": self.content_type,
            "Body": self.body,
            "AnswerKey": self.answer_key,
            "ValueKey": self.value_key,
            "Answers": self.answers,
            "Minimum": self.minimum,
            "Maximum": self.maximum,
        }


@dataclass(frozen=True)
class Deployment:
    """How a model is deployed: stages by name, the default one first, and checks by step."""

    stages: Mapping[str, Stage]
    checks: Mapping[str, Check]
