"""run-pipeline against clients in memory."""

import json
from pathlib import Path
from typing import Any

import pytest

from model_build import run_pipeline
from pipelines.build import pack_sources
from pipelines.target import Target
from tests.unit.pipelines.aws_in_memory import Client, client_error

TARGET = Target("arn:aws:iam::123456789012:role/name", "my-bucket", "us-east-1")
GIVEN = {
    "SAGEMAKER_PIPELINE_ROLE_ARN": TARGET.role_arn,
    "ARTIFACT_BUCKET": TARGET.bucket,
    "AWS_REGION": TARGET.region,
}
ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/book-ratings"
NOT_THERE = client_error("404", "Not Found", "HeadObject", status=404)
EXECUTION = f"{ARN}/execution/abcdefghijkl"


@pytest.fixture
def definition_file(tmp_path: Path) -> Path:
    (archive,) = pack_sources("book_ratings", TARGET).values()
    file = tmp_path / "definition.json"
    file.write_text(json.dumps({"Steps": [], "Metadata": {"code": archive.s3_uri}}), "utf-8")
    return file


def require(definition_file: Path, parameter: str) -> None:
    """Lets the definition have a parameter without a default."""
    definition = json.loads(definition_file.read_text("utf-8"))
    parameters = {"Parameters": [{"Name": parameter, "Type": "String"}]}
    definition_file.write_text(json.dumps(definition | parameters), "utf-8")


class Aws:
    """The clients that the command makes."""

    def __init__(self, status: str = "Succeeded", **answers: Any) -> None:
        self.sagemaker = Client(
            "sagemaker",
            {
                "describe_pipeline": {},
                "update_pipeline": {"PipelineArn": ARN},
                "start_pipeline_execution": {"PipelineExecutionArn": EXECUTION},
                "describe_pipeline_execution": {
                    "PipelineExecutionStatus": status,
                    "FailureReason": "Step failure: One or multiple steps failed.",
                },
                "list_pipeline_execution_steps": {
                    "PipelineExecutionSteps": [{"StepName": "Prepare", "StepStatus": status}]
                },
                "describe_pipeline_definition_for_execution": {
                    "PipelineDefinition": json.dumps({"Steps": []})
                },
                "list_pipeline_executions": {"PipelineExecutionSummaries": []},
                "add_tags": {},
                **answers,
            },
        )
        self.s3 = Client("s3", {"head_object": NOT_THERE, "put_object": {}})
        self.logs = Client("logs", {})

    def client(self, service: str, region: str) -> Client:
        assert region == TARGET.region
        made: Client = vars(self)[service]
        return made


def test_a_run_uploads_updates_starts_and_waits(
    definition_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws()
    words = ["--definition-file", str(definition_file), "--wait", "--tag", "team=books"]
    words += ["--parameter", "RatingsS3Uri=s3://b/r", "--parameter", "ItemsS3Uri=s3://b/i"]
    assert run_pipeline.main(words, GIVEN, aws.client) == 0
    (archive,) = pack_sources("book_ratings", TARGET).values()
    assert [request["Key"] for request in aws.s3.requests_of("put_object")] == [archive.key]
    assert aws.sagemaker.requests_of("update_pipeline")[0]["PipelineName"] == "book-ratings"
    assert aws.sagemaker.requests_of("add_tags")[0]["Tags"] == [{"Key": "team", "Value": "books"}]
    assert aws.sagemaker.requests_of("start_pipeline_execution")[0]["PipelineParameters"] == [
        {"Name": "RatingsS3Uri", "Value": "s3://b/r"},
        {"Name": "ItemsS3Uri", "Value": "s3://b/i"},
    ]
    printed = capsys.readouterr()
    assert f"Succeeded {EXECUTION}" in printed.out
    assert printed.err == ""


def test_the_execution_tells_the_commit_that_it_is_of(
    definition_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws, commit = Aws(), "0123456789abcdef0123456789abcdef01234567"
    environment = {**GIVEN, "CODEBUILD_RESOLVED_SOURCE_VERSION": commit}
    words = ["--definition-file", str(definition_file)]
    assert run_pipeline.main(words, environment, aws.client) == 0
    (started,) = aws.sagemaker.requests_of("start_pipeline_execution")
    assert started["PipelineExecutionDescription"] == f"Commit {commit}."
    assert f"Code: Commit {commit}." in capsys.readouterr().out


def test_a_parameter_without_default_comes_from_its_variable_and_is_told(
    definition_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require(definition_file, "RatingsS3Uri")
    aws = Aws()
    words = ["--definition-file", str(definition_file)]
    given = {**GIVEN, "RATINGS_S3_URI": "s3://b/r"}
    assert run_pipeline.main(words, given, aws.client) == 0
    assert aws.sagemaker.requests_of("start_pipeline_execution")[0]["PipelineParameters"] == [
        {"Name": "RatingsS3Uri", "Value": "s3://b/r"}
    ]
    assert "Parameter RatingsS3Uri: s3://b/r (from RATINGS_S3_URI)" in capsys.readouterr().out


def test_a_missing_parameter_is_refused_before_anything_is_done(
    definition_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require(definition_file, "RatingsS3Uri")
    aws = Aws()
    assert run_pipeline.main(["--definition-file", str(definition_file)], GIVEN, aws.client) == 2
    expected = "Missing: --parameter RatingsS3Uri=VALUE (or RATINGS_S3_URI)."
    assert expected in capsys.readouterr().err
    assert aws.sagemaker.requests == []
    assert aws.s3.requests == []


def test_a_run_that_fails_is_reported_once_and_in_the_exit_code(
    definition_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--definition-file", str(definition_file), "--wait"]
    assert run_pipeline.main(words, GIVEN, Aws("Failed").client) == 1
    printed = capsys.readouterr()
    assert printed.err.count(f"Pipeline execution Failed: {EXECUTION}") == 1
    assert printed.err.count("Step Prepare failed.") == 1


def test_without_wait_nothing_is_followed(definition_file: Path) -> None:
    aws = Aws()
    assert run_pipeline.main(["--definition-file", str(definition_file)], GIVEN, aws.client) == 0
    assert aws.sagemaker.requests_of("describe_pipeline_execution") == []


def test_a_refusal_of_aws_is_told_without_a_traceback(
    definition_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = client_error(
        "ValidationException", "Parameter [RatingsS3Uri] is missing", "StartPipelineExecution"
    )
    aws = Aws(start_pipeline_execution=refused)
    assert run_pipeline.main(["--definition-file", str(definition_file)], GIVEN, aws.client) == 1
    error = capsys.readouterr().err
    assert "Parameter [RatingsS3Uri] is missing" in error
    assert "Traceback" not in error


def test_a_bucket_that_does_not_exist_is_named_with_how_to_make_it(
    definition_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = client_error("NoSuchBucket", "The specified bucket does not exist", "PutObject", 404)
    missing.response["Error"]["BucketName"] = TARGET.bucket
    aws = Aws()
    aws.s3 = Client("s3", {"head_object": NOT_THERE, "put_object": missing})
    assert run_pipeline.main(["--definition-file", str(definition_file)], GIVEN, aws.client) == 1
    told = capsys.readouterr().err
    assert "does not exist: my-bucket. To make it: aws s3 mb s3://my-bucket" in told


def test_a_definition_of_other_code_is_refused_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "definition.json"
    file.write_text('{"Steps": []}', "utf-8")
    aws = Aws()
    assert run_pipeline.main(["--definition-file", str(file)], GIVEN, aws.client) == 2
    assert "Make it again with get-pipeline-definition" in capsys.readouterr().err
    assert aws.sagemaker.requests == []


def test_malformed_parameters_are_refused_before_anything_is_done(
    definition_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws()
    words = ["--definition-file", str(definition_file), "--parameter", "RmseThreshold"]
    assert run_pipeline.main(words, GIVEN, aws.client) == 2
    assert "'RmseThreshold', expected NAME=VALUE" in capsys.readouterr().err
    assert aws.sagemaker.requests == []


def test_the_project_names_the_pipeline_unless_a_flag_does(definition_file: Path) -> None:
    environment = {**GIVEN, "SAGEMAKER_PIPELINE_NAME": "of-the-project"}
    for words, name in (([], "of-the-project"), (["--pipeline-name", "mine"], "mine")):
        aws = Aws()
        words = ["--definition-file", str(definition_file), *words]
        assert run_pipeline.main(words, environment, aws.client) == 0
        assert aws.sagemaker.requests_of("update_pipeline")[0]["PipelineName"] == name


def test_ctrl_c_leaves_the_execution_running_and_says_how_to_stop_it(
    definition_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(request: dict[str, Any]) -> dict[str, Any]:
        raise KeyboardInterrupt

    aws = Aws(describe_pipeline_execution=interrupt)
    words = ["--definition-file", str(definition_file), "--wait"]
    assert run_pipeline.main(words, GIVEN, aws.client) == 130
    assert (
        f"stop-pipeline-execution --pipeline-execution-arn {EXECUTION}" in capsys.readouterr().err
    )


def test_ctrl_c_while_the_definition_is_built_ends_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_pipeline, "build", interrupt)
    assert run_pipeline.main([], GIVEN, Aws().client) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_a_definition_that_is_no_text_is_refused_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "definition.json"
    file.write_bytes(b"\xac\x00")
    aws = Aws()
    assert run_pipeline.main(["--definition-file", str(file)], GIVEN, aws.client) == 2
    assert f"--definition-file: {file} is not UTF-8" in capsys.readouterr().err
    assert aws.sagemaker.requests == []
