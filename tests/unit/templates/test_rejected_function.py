"""The function that is told of rejected models: its own code, taken out of the template.

botocore's stubs hold every request to the service's model, and answer in its shapes.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from scripts.check_templates.loading import load

FUNCTION = load(Path(__file__).parents[3] / "model_deploy/pipeline.yaml")["Resources"]["Rejected"]
CODE: str = FUNCTION["Properties"]["Code"]["ZipFile"]
ARN = "arn:aws:sagemaker:us-east-1:123456789012"
NOW = datetime(2026, 1, 1)
PACKAGE = f"{ARN}:model-package/books/2"


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    clients = {
        name: boto3.client(
            name, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        for name in ("sagemaker", "codepipeline")
    }
    monkeypatch.setattr(boto3, "client", lambda name: clients[name])
    monkeypatch.setenv("ENDPOINT_NAMES", "books-staging,books-prod")
    monkeypatch.setenv("PIPELINE_NAME", "sagemaker-books-p-abc-modeldeploy")
    stubs = {name: Stubber(client) for name, client in clients.items()}
    for stub in stubs.values():
        stub.activate()
    yield stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def run(package: str = PACKAGE) -> Any:
    module: dict[str, Any] = {}
    exec(compile(CODE, "index.py", "exec"), module)
    return module["handler"]({"detail": {"ModelPackageArn": package}}, None)


def serves(stub: Stubber, endpoint: str, package: str) -> None:
    stub.add_response(
        "describe_endpoint",
        {
            "EndpointName": endpoint,
            "EndpointArn": f"{ARN}:endpoint/{endpoint}",
            "EndpointConfigName": "config-1",
            "EndpointStatus": "InService",
            "CreationTime": NOW,
            "LastModifiedTime": NOW,
        },
        {"EndpointName": endpoint},
    )
    stub.add_response(
        "describe_endpoint_config",
        {
            "EndpointConfigName": "config-1",
            "EndpointConfigArn": f"{ARN}:endpoint-config/config-1",
            "ProductionVariants": [{"VariantName": "AllTraffic", "ModelName": "model-1"}],
            "CreationTime": NOW,
        },
        {"EndpointConfigName": "config-1"},
    )
    stub.add_response(
        "describe_model",
        {
            "ModelName": "model-1",
            "ModelArn": f"{ARN}:model/model-1",
            "PrimaryContainer": {"ModelPackageName": package},
            "CreationTime": NOW,
        },
        {"ModelName": "model-1"},
    )


def is_missing(stub: Stubber, endpoint: str) -> None:
    """Source: what SageMaker answers to DescribeEndpoint of a name that it does not know."""
    message = f'Could not find endpoint "{ARN}:endpoint/{endpoint}".'
    stub.add_client_error("describe_endpoint", "ValidationException", message)


def test_the_code_fits_into_a_template() -> None:
    """Source: the CloudFormation template reference, ZipFile of AWS::Lambda::Function Code."""
    assert len(CODE) <= 4096


def test_a_rejected_model_that_is_served_is_replaced(stubs: dict[str, Stubber]) -> None:
    is_missing(stubs["sagemaker"], "books-staging")
    serves(stubs["sagemaker"], "books-prod", PACKAGE)
    stubs["codepipeline"].add_response(
        "start_pipeline_execution",
        {"pipelineExecutionId": "execution-1"},
        {"name": "sagemaker-books-p-abc-modeldeploy"},
    )
    assert run() == {"Endpoints": ["books-prod"], "PipelineExecutionId": "execution-1"}


def test_a_rejected_model_that_nothing_serves_deploys_nothing(stubs: dict[str, Stubber]) -> None:
    serves(stubs["sagemaker"], "books-staging", f"{ARN}:model-package/books/1")
    serves(stubs["sagemaker"], "books-prod", f"{ARN}:model-package/books/1")
    assert run() == {"Endpoints": [], "PipelineExecutionId": ""}


def test_before_the_first_deployment_nothing_is_replaced(stubs: dict[str, Stubber]) -> None:
    is_missing(stubs["sagemaker"], "books-staging")
    is_missing(stubs["sagemaker"], "books-prod")
    assert run() == {"Endpoints": [], "PipelineExecutionId": ""}


def test_what_cannot_be_found_out_is_an_error_that_the_alarm_tells(
    stubs: dict[str, Stubber],
) -> None:
    stubs["sagemaker"].add_client_error("describe_endpoint", "AccessDeniedException", "no")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        run()
