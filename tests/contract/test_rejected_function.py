"""The deploy half's function for rejected models, as its template has it, run by Lambda."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.check_templates.loading import load
from tests.conftest import ROLE_ARN
from tests.contract.test_lambda_functions import zipped

TEMPLATE = load(Path(__file__).parents[2] / "model_deploy/pipeline.yaml")
FUNCTION: dict[str, Any] = TEMPLATE["Resources"]["Rejected"]["Properties"]


def test_a_rejected_model_of_a_project_without_endpoints_deploys_nothing(
    client: Callable[[str], Any], unique: Callable[[str], str]
) -> None:
    functions, name = client("lambda"), unique("rejected")
    functions.create_function(
        FunctionName=name,
        Role=ROLE_ARN,
        Code={"ZipFile": zipped(index=FUNCTION["Code"]["ZipFile"])},
        Environment={
            "Variables": {
                "ENDPOINT_NAMES": f"{name}-staging,{name}-prod",
                "PIPELINE_NAME": f"{name}-modeldeploy",
            }
        },
        **{key: FUNCTION[key] for key in ("Runtime", "Handler", "Timeout", "MemorySize")},
    )
    package = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{name}/1"
    answer = functions.invoke(
        FunctionName=name, Payload=json.dumps({"detail": {"ModelPackageArn": package}})
    )
    said = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, said
    assert said == {"Endpoints": [], "PipelineExecutionId": ""}
