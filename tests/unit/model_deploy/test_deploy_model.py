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
# DescribeModel's answer for what the endpoint serves.
SERVING = {"Containers": [{"ModelPackageName": PACKAGE}]}
# AWS's words for it.
NO_ENDPOINT = client_error(
    "ValidationException", f'Could not find endpoint "{PREFIX}:endpoint/e".', "DescribeEndpoint"
)
NO_PIPELINE = client_error("ResourceNotFound", "Pipeline p does not exist.", "DescribePipeline")
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
        runs: tuple[dict[str, Any], ...] | None = (),
        ends: str = "Succeeded",
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
                "describe_pipeline": NO_PIPELINE,
                "create_pipeline": {"PipelineArn": f"{PREFIX}:pipeline/book-ratings-endpoint"},
                "start_pipeline_execution": {"PipelineExecutionArn": EXECUTION},
                "list_pipeline_executions": NO_PIPELINE if runs is None else listed(runs),
                "list_pipeline_parameters_for_execution": lambda request: {
                    "PipelineParameters": (runs or ())[int(request["PipelineExecutionArn"])][
                        "Parameters"
                    ]
                },
                "describe_pipeline_execution": {"PipelineExecutionStatus": ends},
                "list_pipeline_execution_steps": {"PipelineExecutionSteps": []},
                "describe_pipeline_definition_for_execution": {
                    "PipelineDefinition": json.dumps({"Steps": []})
                },
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


def listed(runs: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """ListPipelineExecutions' answer, with the place of each run for its ARN."""
    summaries = [
        {"PipelineExecutionArn": str(place), "PipelineExecutionStatus": run["Status"]}
        for place, run in enumerate(runs)
    ]
    return {"PipelineExecutionSummaries": summaries}


def package(version: int, status: str) -> dict[str, Any]:
    return {
        "ModelPackageArn": f"{PREFIX}:model-package/book-ratings/{version}",
        "ModelPackageGroupName": "book-ratings",
        "ModelPackageVersion": version,
        "ModelApprovalStatus": status,
    }


def run(status: str, package_arn: str, endpoint_name: str) -> dict[str, Any]:
    """An execution of the deploy pipeline, as its status and its parameters."""
    given = {"ModelPackageArn": package_arn, "EndpointName": endpoint_name}
    parameters = [{"Name": name, "Value": value} for name, value in given.items()]
    return {"Status": status, "Parameters": parameters}


CHECKED = run("Succeeded", PACKAGE, STAGING.endpoint_name)


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
    to_prod = run("Failed", PACKAGE, "book-ratings-prod")
    aws = Aws([package(3, "Approved")], SERVING, runs=(to_prod, CHECKED))
    assert deploy_model.main(["book-ratings"], environment, aws.client) == 0
    assert "serves it already" in capsys.readouterr().out
    assert aws.function.requests == []
    assert aws.sagemaker.requests_of("start_pipeline_execution") == []
    (request,) = aws.sagemaker.requests_of("list_pipeline_executions")
    assert request == {
        "PipelineName": "book-ratings-endpoint",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
    }


@pytest.mark.parametrize(
    "runs",
    [
        (),
        (run("Failed", PACKAGE, STAGING.endpoint_name), CHECKED),
        (run("Succeeded", PACKAGE.removesuffix("3") + "2", STAGING.endpoint_name), CHECKED),
        (run("Succeeded", PACKAGE, "book-ratings-prod"),),
    ],
)
def test_what_serves_but_whose_last_deployment_was_not_checked_is_deployed(
    environment: dict[str, str], kept_definition: str, runs: tuple[dict[str, Any], ...]
) -> None:
    aws = Aws([package(3, "Approved")], SERVING, runs=runs)
    assert deploy_model.main(["book-ratings"], environment, aws.client) == 0
    assert len(aws.sagemaker.requests_of("start_pipeline_execution")) == 1


def test_what_serves_is_deployed_when_the_deploy_pipeline_is_gone(
    environment: dict[str, str], kept_definition: str
) -> None:
    aws = Aws([package(3, "Approved")], SERVING, runs=None)
    assert deploy_model.main(["book-ratings"], environment, aws.client) == 0
    assert len(aws.sagemaker.requests_of("start_pipeline_execution")) == 1


def test_a_deployment_that_failed_behind_its_update_says_what_serves_and_how_to_go_back(
    environment: dict[str, str], kept_definition: str, capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws([package(3, "Approved")], SERVING, ends="Failed")
    words = ["book-ratings", "--stage", "staging", "--wait"]
    assert deploy_model.main(words, environment, aws.client) == 1
    told = capsys.readouterr().err
    assert "Endpoint book-ratings-staging serves version 3 now, " + PACKAGE in told
    assert told.splitlines()[-2:] == [
        "  approve-model book-ratings --version 3 --reject --note TEXT",
        "  deploy-model book-ratings --stage staging --wait",
    ]


def test_a_deployment_that_failed_before_its_update_leaves_nothing_to_go_back_from(
    environment: dict[str, str], kept_definition: str, capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws([package(3, "Approved")], deployed=None, ends="Failed")
    assert deploy_model.main(["book-ratings", "--wait"], environment, aws.client) == 1
    assert "approve-model" not in capsys.readouterr().err


def test_force_deploys_what_serves_already(
    environment: dict[str, str], kept_definition: str
) -> None:
    aws = Aws([package(3, "Approved")], SERVING, runs=(CHECKED,))
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
    aws = Aws([package(3, "Approved")], SERVING, runs=(CHECKED,))
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
