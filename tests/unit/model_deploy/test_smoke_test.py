"""smoke-test against clients in memory: whom it asks, what it says, how it ends."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from model_deploy import smoke_test
from tests.unit.pipelines.aws_in_memory import Answer, Client, client_error

GIVEN = {
    "AWS_REGION": "us-east-1",
    "SAGEMAKER_PROJECT_NAME": "books",
    "SAGEMAKER_PROJECT_ID": "p-abc",
    "ARTIFACT_BUCKET": "bucket",
}
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/books/2"
OUTPUTS = {"ModelName": "model-2", "EndpointConfigName": "config-2", "EndpointName": "books-prod"}
# What the questions of pipelines/book_ratings/endpoint.py may be answered with.
ANSWERS = {
    "text/csv": "4\n4\n4",
    "instances": json.dumps({"predictions": [4, 4]}),
    "top_k": json.dumps({"recommendations": [{"score": 4}] * 5}),
}


def stack(outputs: Mapping[str, str] = OUTPUTS, status: str = "UPDATE_COMPLETE") -> Answer:
    parameters = {"Kind": "RealTime", "EndpointName": "books-prod", "InstanceType": "ml.m5.large"}
    return {
        "Stacks": [
            {
                "StackName": "sagemaker-books-p-abc-prod",
                "StackStatus": status,
                "Parameters": [
                    {"ParameterKey": name, "ParameterValue": value}
                    for name, value in parameters.items()
                ],
                "Outputs": [
                    {"OutputKey": name, "OutputValue": value} for name, value in outputs.items()
                ],
            }
        ]
    }


def right(request: dict[str, Any]) -> Mapping[str, Any]:
    asked = request["Body"].decode()
    name = "top_k" if "top_k" in asked else "instances" if "instances" in asked else "text/csv"
    return {"Body": io.BytesIO(ANSWERS[name].encode())}


def aws(
    stacks: Answer,
    container: Mapping[str, str] | None = None,
    pipeline: str = "book_ratings",
    answer: Answer = right,
) -> dict[str, Client]:
    package = {"ModelPackageArn": PACKAGE, "ModelApprovalStatus": "Approved"}
    metadata = {"CustomerMetadataProperties": {"Pipeline": pipeline}} if pipeline else {}
    primary = {"ModelPackageName": PACKAGE} if container is None else container
    return {
        "cloudformation": Client("cloudformation", {"describe_stacks": stacks}),
        "sagemaker": Client(
            "sagemaker",
            {
                "describe_model": {"PrimaryContainer": primary} if primary else {},
                "describe_model_package": package | metadata,
                "describe_endpoint": {
                    "EndpointStatus": "InService",
                    "EndpointConfigName": "config-2",
                },
            },
        ),
        "sagemaker-runtime": Client("sagemaker-runtime", {"invoke_endpoint": answer}),
    }


def run(clients: Mapping[str, Client], environment: Mapping[str, str] = GIVEN) -> int:
    return smoke_test.main(["--stage", "prod"], environment, lambda name, region: clients[name])


def test_all_questions_of_the_pipeline_that_made_the_model_are_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clients = aws(stack())
    assert run(clients) == 0
    said = capsys.readouterr()
    assert "CheckCsv: 4\n4\n4" in said.out
    assert "3 of 3 answers are right." in said.out
    assert said.err == ""
    (asked,) = clients["cloudformation"].requests_of("describe_stacks")
    assert asked == {"StackName": "sagemaker-books-p-abc-prod"}
    assert clients["sagemaker"].requests_of("describe_model") == [{"ModelName": "model-2"}]
    names = {
        each["EndpointName"] for each in clients["sagemaker-runtime"].requests_of("invoke_endpoint")
    }
    assert names == {"books-prod"}


def test_every_wrong_answer_is_told_and_the_others_are_asked_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def wrong(request: dict[str, Any]) -> Mapping[str, Any]:
        return {"Body": io.BytesIO(b"4\n4\n4")}

    assert run(aws(stack(), answer=wrong)) == 1
    said = capsys.readouterr()
    assert "1 of 3 answers are right." in said.out
    assert "CheckJson failed: " in said.err
    assert "CheckTopFive failed: " in said.err


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_IN_PROGRESS"])
def test_a_stack_that_serves_no_model_is_told_with_its_status(
    status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(aws(stack({}, status))) == 1
    said = capsys.readouterr().err
    assert f"Stack sagemaker-books-p-abc-prod serves no model: it is {status}" in said
    assert "no output ModelName" in said


def test_a_stack_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    # CloudFormation's words for it.
    message = "Stack with id sagemaker-books-p-abc-prod does not exist"
    missing = client_error("ValidationError", message, "DescribeStacks")
    assert run(aws(missing)) == 1
    said = capsys.readouterr().err
    assert "no stack sagemaker-books-p-abc-prod: the stage has not been deployed" in said


@pytest.mark.parametrize("container", [{}, {"Image": "i", "ModelDataUrl": "s3://b/k"}])
def test_a_model_of_no_package_is_told(
    container: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(aws(stack(), container)) == 1
    assert "Model model-2 of stack sagemaker-books-p-abc-prod is of no" in capsys.readouterr().err


def test_a_package_that_does_not_say_its_pipeline_needs_the_variable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clients = aws(stack(), pipeline="")
    assert run(clients) == 2
    said = capsys.readouterr().err
    assert f"Model package {PACKAGE} does not say which pipeline made it" in said
    assert "PIPELINE" in said
    assert run(clients, GIVEN | {"PIPELINE": "book_ratings"}) == 0


def test_a_pipeline_that_is_not_here_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(aws(stack(), pipeline="films")) == 2
    assert "There is no pipeline 'films.endpoint'" in capsys.readouterr().err


def test_all_variables_that_are_missing_are_named_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run({}, {"AWS_REGION": "us-east-1", "ARTIFACT_BUCKET": ""}) == 2
    said = capsys.readouterr().err
    wanted = "SAGEMAKER_PROJECT_NAME, SAGEMAKER_PROJECT_ID, ARTIFACT_BUCKET"
    assert f"Missing in the environment: {wanted}." in said


def test_a_refusal_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    denied = client_error("AccessDeniedException", "not authorized", "InvokeEndpoint", 403)
    assert run(aws(stack(), answer=denied)) == 1
    assert "smoke-test: An error occurred (AccessDenied" in capsys.readouterr().err


def test_there_are_two_stages() -> None:
    with pytest.raises(SystemExit) as raised:
        smoke_test.main(["--stage", "test"], GIVEN, lambda name, region: {}[name])
    assert raised.value.code == 2
