"""deploy-model against clients in memory."""

import json
from pathlib import Path
from typing import Any

import pytest

from model_deploy import check_function, deploy_model
from pipelines.book_ratings.endpoint import DEPLOYMENT
from pipelines.build import STEPS_DIRECTORY, build, cached_path, default_cache_directory
from pipelines.endpoint.deployment import FUNCTION_NAME
from pipelines.target import Target
from tests.unit.pipelines.aws_in_memory import Client, client_error

STAGING = DEPLOYMENT.stages["staging"]
TARGET = Target("arn:aws:iam::123456789012:role/name", "my-bucket", "us-east-1")
DEPLOY_PIPELINE = "book_ratings.endpoint"
PREFIX = "arn:aws:sagemaker:us-east-1:123456789012"
PACKAGE = f"{PREFIX}:model-package/book-ratings/3"
EXECUTION = f"{PREFIX}:pipeline/book-ratings-endpoint/execution/abcdefghijkl"
# AWS's words for it.
NO_ENDPOINT = client_error(
    "ValidationException", f'Could not find endpoint "{PREFIX}:endpoint/e".', "DescribeEndpoint"
)
NO_FUNCTION = client_error("ResourceNotFoundException", "Function not found: f", "GetFunction")


class Waits(Client):
    """A Lambda client whose functions are active at once."""

    def get_waiter(self, name: str) -> "Waits":
        assert name == "function_active_v2"
        return self

    def wait(self, **request: str) -> None:
        assert request == {"FunctionName": FUNCTION_NAME}


class Aws:
    """The clients that the command makes: a registry, and an endpoint if `deployed` is one."""

    def __init__(
        self,
        packages: list[dict[str, Any]],
        deployed: dict[str, Any] | None,
        made_by: str | None = "book_ratings",
    ) -> None:
        self.packages = packages
        metadata = {"Pipeline": made_by} if made_by else {}
        config = {
            "ProductionVariants": [
                {
                    "ModelName": "model",
                    "InstanceType": STAGING.instance_type,
                    "InitialInstanceCount": STAGING.instance_count,
                }
            ],
            "DataCaptureConfig": {"InitialSamplingPercentage": STAGING.data_capture_percentage},
        }
        endpoint = {"EndpointStatus": "InService", "EndpointConfigName": "config"}
        self.sagemaker = Client(
            "sagemaker",
            {
                "describe_model_package_group": {},
                "list_model_packages": self._list,
                "describe_model_package": {"CustomerMetadataProperties": metadata},
                "describe_endpoint": NO_ENDPOINT if deployed is None else endpoint,
                "describe_endpoint_config": config,
                "describe_model": deployed or {},
                "describe_pipeline": client_error("ResourceNotFound", "", "DescribePipeline"),
                "create_pipeline": {"PipelineArn": f"{PREFIX}:pipeline/book-ratings-endpoint"},
                "start_pipeline_execution": {"PipelineExecutionArn": EXECUTION},
            },
        )
        self.function = Waits("lambda", {"get_function": NO_FUNCTION, "create_function": {}})

    def _list(self, request: dict[str, Any]) -> dict[str, Any]:
        wanted = request.get("ModelApprovalStatus")
        found = [p for p in self.packages if wanted in (None, p["ModelApprovalStatus"])]
        return {"ModelPackageSummaryList": found[: request["MaxResults"]]}

    def client(self, service: str, region: str) -> Client:
        return {"sagemaker": self.sagemaker, "lambda": self.function}.get(
            service, Client(service, {})
        )


def package(version: int, status: str) -> dict[str, Any]:
    return {
        "ModelPackageArn": f"{PREFIX}:model-package/book-ratings/{version}",
        "ModelPackageGroupName": "book-ratings",
        "ModelPackageVersion": version,
        "ModelApprovalStatus": status,
    }


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "MODEL_EXECUTION_ROLE_ARN": TARGET.role_arn,
        "ARTIFACT_BUCKET": TARGET.bucket,
        "AWS_REGION": TARGET.region,
        "XDG_CACHE_HOME": str(tmp_path),
    }


@pytest.fixture
def kept_definition(environment: dict[str, str]) -> str:
    """A definition where a build would keep it, so that no test waits for the SDK."""
    path = cached_path(DEPLOY_PIPELINE, TARGET, default_cache_directory(environment))
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"Steps": []}), "utf-8")
    assert build(DEPLOY_PIPELINE, TARGET, path.parent).definition == json.dumps({"Steps": []})
    return path.read_text("utf-8")


def test_the_newest_approved_version_goes_to_the_stage(
    environment: dict[str, str], kept_definition: str
) -> None:
    aws = Aws([package(4, "PendingManualApproval"), package(3, "Approved")], deployed=None)
    assert deploy_model.main(["book-ratings"], environment, aws.client) == 0
    (started,) = aws.sagemaker.requests_of("start_pipeline_execution")
    parameters = {entry["Name"]: entry["Value"] for entry in started["PipelineParameters"]}
    assert parameters == {
        "ModelPackageArn": PACKAGE,
        "EndpointName": "book-ratings-staging",
        "InstanceType": STAGING.instance_type,
        "InstanceCount": str(STAGING.instance_count),
        "DataCapturePercentage": str(STAGING.data_capture_percentage),
    }
    (created,) = aws.sagemaker.requests_of("create_pipeline")
    assert created["PipelineName"] == "book-ratings-endpoint"
    assert created["PipelineDefinition"] == kept_definition
    (function,) = aws.function.requests_of("create_function")
    assert function["FunctionName"] == FUNCTION_NAME
    assert function["Role"] == TARGET.role_arn
    code = check_function.pack(STEPS_DIRECTORY / "endpoint_check")
    assert function["Code"] == {"ZipFile": code}


def test_what_serves_already_is_not_deployed_again(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    deployed = {"Containers": [{"ModelPackageName": PACKAGE}]}
    aws = Aws([package(3, "Approved")], deployed)
    assert deploy_model.main(["book-ratings"], environment, aws.client) == 0
    assert "serves it already" in capsys.readouterr().out
    assert aws.function.requests == []
    assert aws.sagemaker.requests_of("start_pipeline_execution") == []


def test_force_deploys_what_serves_already(
    environment: dict[str, str], kept_definition: str
) -> None:
    aws = Aws([package(3, "Approved")], {"Containers": [{"ModelPackageName": PACKAGE}]})
    assert deploy_model.main(["book-ratings", "--force"], environment, aws.client) == 0
    assert len(aws.sagemaker.requests_of("start_pipeline_execution")) == 1


def test_another_version_replaces_the_one_that_serves(
    environment: dict[str, str], kept_definition: str
) -> None:
    older = PACKAGE.removesuffix("3") + "2"
    aws = Aws([package(3, "Approved")], {"PrimaryContainer": {"ModelPackageName": older}})
    assert deploy_model.main(["book-ratings"], environment, aws.client) == 0
    assert len(aws.sagemaker.requests_of("start_pipeline_execution")) == 1


def test_other_settings_of_the_stage_replace_those_that_serve(
    environment: dict[str, str], kept_definition: str
) -> None:
    aws = Aws([package(3, "Approved")], {"Containers": [{"ModelPackageName": PACKAGE}]})
    words = ["book-ratings", "--stage", "prod"]
    assert deploy_model.main(words, environment, aws.client) == 0
    assert len(aws.sagemaker.requests_of("start_pipeline_execution")) == 1


def test_a_package_that_names_no_pipeline_needs_one_named(
    environment: dict[str, str], kept_definition: str, capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws([package(3, "Approved")], deployed=None, made_by=None)
    assert deploy_model.main(["book-ratings"], environment, aws.client) == 2
    assert "--pipeline NAME" in capsys.readouterr().err
    words = ["book-ratings", "--pipeline", "book_ratings"]
    assert deploy_model.main(words, environment, aws.client) == 0


def test_a_package_of_a_pipeline_that_is_not_here_is_not_deployed(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws([package(3, "Approved")], deployed=None, made_by="../elsewhere")
    assert deploy_model.main(["book-ratings"], environment, aws.client) == 2
    assert "There is no pipeline '../elsewhere.endpoint'" in capsys.readouterr().err
    assert aws.sagemaker.requests_of("start_pipeline_execution") == []


def test_an_unknown_stage_tells_the_known_ones(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["book-ratings", "--stage", "production"]
    assert deploy_model.main(words, environment, Aws([package(3, "Approved")], None).client) == 2
    assert "no stage 'production': expected one of staging, prod" in capsys.readouterr().err


def test_without_an_approved_version_the_command_to_approve_is_told(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws([package(4, "PendingManualApproval")], deployed=None)
    assert deploy_model.main(["book-ratings"], environment, aws.client) == 1
    error = capsys.readouterr().err
    assert "no approved model package" in error
    assert "approve-model book-ratings --version 4 --note TEXT" in error


def test_an_empty_group_says_what_fills_it(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy_model.main(["book-ratings"], environment, Aws([], None).client) == 1
    assert "run-pipeline makes one" in capsys.readouterr().err


def test_the_group_may_come_from_the_environment_of_the_project(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    given = {**environment, "SOURCE_MODEL_PACKAGE_GROUP_NAME": "of-the-project"}
    assert deploy_model.main([], given, Aws([], None).client) == 1
    assert "of-the-project" in capsys.readouterr().err
    assert deploy_model.main([], environment, Aws([], None).client) == 2
    assert "SOURCE_MODEL_PACKAGE_GROUP_NAME" in capsys.readouterr().err
