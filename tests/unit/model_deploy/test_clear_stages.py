"""clear-stages against CloudFormation in memory: what it leaves alone, and how it ends."""

from typing import Any

import pytest

from model_deploy import clear_stages
from tests.unit.pipelines.aws_in_memory import Answer, Client, client_error, service_model

GIVEN = {
    "AWS_REGION": "us-east-1",
    "SAGEMAKER_PROJECT_NAME": "books",
    "SAGEMAKER_PROJECT_ID": "p-abc",
}
STATUSES = service_model("cloudformation").shape_for("StackStatus").enum


def run(answer: Answer, given: dict[str, str] = GIVEN) -> tuple[int, Client]:
    cloudformation = Client("cloudformation", {"describe_stacks": answer})
    return clear_stages.main([], given, lambda service, region: cloudformation), cloudformation


@pytest.mark.parametrize("status", sorted(set(STATUSES) - {"ROLLBACK_COMPLETE"}))
def test_a_stack_in_any_other_state_is_left_alone(status: str) -> None:
    code, cloudformation = run({"Stacks": [{"StackName": "s", "StackStatus": status}]})

    assert code == 0
    assert cloudformation.requests_of("describe_stacks") == [
        {"StackName": "sagemaker-books-p-abc-staging"},
        {"StackName": "sagemaker-books-p-abc-prod"},
    ]


def test_a_stage_that_was_never_deployed_needs_nothing() -> None:
    def missing(request: dict[str, Any]) -> Any:
        # Source: what CloudFormation answers to DescribeStacks of an unknown name.
        words = f"Stack with id {request['StackName']} does not exist"
        raise client_error("ValidationError", words, "DescribeStacks")

    assert run(missing)[0] == 0


def test_a_refusal_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    refused = client_error("AccessDenied", "may not describe", "DescribeStacks", 403)

    assert run(refused)[0] == 1
    assert "clear-stages: " in (said := capsys.readouterr().err)
    assert "may not describe" in said


def test_without_a_project_it_cannot_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert run({"Stacks": []}, {"AWS_REGION": "us-east-1"})[0] == 2
    said = capsys.readouterr().err
    assert "SAGEMAKER_PROJECT_NAME, SAGEMAKER_PROJECT_ID" in said
