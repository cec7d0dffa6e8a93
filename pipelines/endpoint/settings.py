"""The stages of deployment, and the questions that a deployed endpoint must answer."""

from collections.abc import Mapping
from dataclasses import dataclass

FUNCTION_NAME = "sagemaker-endpoint-check"
FUNCTION_TIMEOUT_SECONDS = 120
FUNCTION_RUNTIME = "python3.12"


@dataclass(frozen=True)
class Stage:
    """One stage: where an approved model goes, and how large; the defaults of the parameters."""

    endpoint_name: str
    instance_type: str
    instance_count: int
    data_capture_percentage: int

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

    `answer_key` names the list in a JSON answer ("" when the answer is one number a line),
    `value_key` the number in each item of the list ("" when the items are the numbers).
    """

    content_type: str
    body: str
    answer_key: str
    value_key: str
    answers: int
    minimum: float
    maximum: float


STAGES: Mapping[str, Stage] = {
    "staging": Stage("book-ratings-staging", "ml.t2.medium", 1, 100),
    "prod": Stage("book-ratings-prod", "ml.m5.large", 2, 20),
}

# Users and items 1, 2 and 0: it does not matter whether the model has seen them, because an unknown
# one must get a sensible answer too. Ratings go from 1 to 5; a regression may overshoot a little.
CHECKS: Mapping[str, Check] = {
    "CheckCsv": Check("text/csv", "1,1\n2,1\n0,0", "", "", 3, 0.5, 5.5),
    "CheckJson": Check(
        "application/json",
        '{"instances": [{"user_id": 1, "item_id": 1}, {"user_id": 0, "item_id": 0}]}',
        "predictions",
        "",
        2,
        0.5,
        5.5,
    ),
    "CheckTopFive": Check(
        "application/json",
        '{"user_id": 1, "top_k": 5}',
        "recommendations",
        "score",
        5,
        0.5,
        5.5,
    ),
}
