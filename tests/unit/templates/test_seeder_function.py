"""The function that seeds a repository for CloudFormation: its own code, out of the template.

botocore's stubs hold every request to the service's model, and answer in its shapes. What reaches
the function, and what it has to answer, is in "Custom resource request objects" and "response
objects" of the CloudFormation user guide.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from scripts.check_templates.loading import load

TEMPLATE = load(Path(__file__).parents[3] / "project/seed.yaml")
CODE: str = TEMPLATE["Resources"]["Seeder"]["Properties"]["Code"]["ZipFile"]
CONNECTION = "arn:aws:codeconnections:us-east-1:123456789012:connection/1"
PROJECT = "sagemaker-books-p-abc-seed"
BUILD = f"{PROJECT}:5f1d"
SEEDED = f"{CONNECTION}/ada/books"
LOGS = {"groupName": f"/aws/codebuild/{PROJECT}", "streamName": "5f1d"}


@dataclass
class Seeder:
    """The function with a stub for CodeBuild; what it answered is kept."""

    codebuild: Stubber
    answers: list[tuple[str, str | None, str | None]] = field(default_factory=list)

    def run(self, request: str, known: str = "", repository: str = "ada/books") -> None:
        module: dict[str, Any] = {}
        exec(compile(CODE, "index.py", "exec"), module)
        event = {
            "RequestType": request,
            "RequestId": "request-1",
            "ResourceProperties": {
                "ProjectName": PROJECT,
                "ConnectionArn": CONNECTION,
                "FullRepositoryId": repository,
            },
        }
        if known:
            event["PhysicalResourceId"] = known
        module["handler"](event, self)

    def get_remaining_time_in_millis(self) -> int:
        return 900_000

    def starts(self, status: str = "IN_PROGRESS") -> None:
        self.codebuild.add_response(
            "start_build",
            {"build": {"id": BUILD, "buildStatus": status}},
            {"projectName": PROJECT, "idempotencyToken": "request-1"},
        )

    def finds(self, status: str, *phases: dict[str, Any]) -> None:
        build = {"id": BUILD, "buildStatus": status, "logs": LOGS, "phases": list(phases)}
        self.codebuild.add_response("batch_get_builds", {"builds": [build]}, {"ids": [BUILD]})


@pytest.fixture
def seeder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seeder]:
    client = boto3.client(
        "codebuild", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    made = Seeder(Stubber(client))
    answers = ModuleType("cfnresponse")

    def send(
        event: Any,
        context: Any,
        status: str,
        data: dict[str, Any],
        physical_id: str | None = None,
        no_echo: bool = False,
        reason: str | None = None,
    ) -> None:
        made.answers.append((status, physical_id, reason))

    vars(answers).update(SUCCESS="SUCCESS", FAILED="FAILED", send=send)
    monkeypatch.setitem(sys.modules, "cfnresponse", answers)
    monkeypatch.setattr(boto3, "client", lambda name: client)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with made.codebuild:
        yield made
    made.codebuild.assert_no_pending_responses()


def test_the_code_fits_into_a_template() -> None:
    """Source: the CloudFormation template reference, ZipFile of AWS::Lambda::Function Code."""
    assert len(CODE) <= 4096


def test_the_build_ends_before_the_function_must() -> None:
    """Source: the Lambda developer guide: a function runs for at most 900 seconds."""
    build = TEMPLATE["Resources"]["SeedBuild"]["Properties"]
    function = TEMPLATE["Resources"]["Seeder"]["Properties"]
    minutes = build["TimeoutInMinutes"] + build["QueuedTimeoutInMinutes"]
    assert minutes * 60 < function["Timeout"] <= 900


def test_a_new_repository_is_seeded_and_the_answer_waits_for_the_end(seeder: Seeder) -> None:
    seeder.starts()
    seeder.finds("IN_PROGRESS")
    seeder.finds("SUCCEEDED")
    seeder.run("Create")
    assert seeder.answers == [("SUCCESS", SEEDED, None)]


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_a_repository_that_was_seeded_is_let_be(seeder: Seeder, request_type: str) -> None:
    seeder.run(request_type, SEEDED)
    assert seeder.answers == [("SUCCESS", SEEDED, None)]


def test_a_delete_after_a_create_that_never_answered_succeeds(seeder: Seeder) -> None:
    """CloudFormation makes up an id then."""
    seeder.run("Delete", "books-SeededRepository-1ABC")
    assert seeder.answers == [("SUCCESS", "books-SeededRepository-1ABC", None)]


def test_another_repository_of_an_update_is_seeded(seeder: Seeder) -> None:
    seeder.starts()
    seeder.finds("SUCCEEDED")
    seeder.run("Update", SEEDED, "ada/films")
    assert seeder.answers == [("SUCCESS", f"{CONNECTION}/ada/films", None)]


def test_a_failure_says_build_phase_and_log_and_leaves_the_update_where_it_was(
    seeder: Seeder,
) -> None:
    seeder.starts()
    said = "Error while executing command: git clone. Reason: exit status 128"
    seeder.finds(
        "FAILED",
        {"phaseType": "DOWNLOAD_SOURCE", "phaseStatus": "SUCCEEDED", "contexts": []},
        {
            "phaseType": "PRE_BUILD",
            "phaseStatus": "FAILED",
            "contexts": [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": said}],
        },
        {"phaseType": "COMPLETED"},
    )
    seeder.run("Update", SEEDED, "ada/films")
    assert seeder.answers == [
        (
            "FAILED",
            SEEDED,
            f"ada/films was not seeded: {BUILD} FAILED; its log: /aws/codebuild/{PROJECT}, stream "
            f"5f1d; phase PRE_BUILD FAILED: {said}",
        )
    ]


def test_a_long_message_leaves_room_for_the_answer(seeder: Seeder) -> None:
    """Source: the response object's size, at most 4,096 bytes."""
    seeder.starts()
    context = {"statusCode": "COMMAND_EXECUTION_ERROR", "message": "x" * 10_000}
    seeder.finds("FAILED", {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [context]})
    seeder.run("Create")
    ((status, _, reason),) = seeder.answers
    assert status == "FAILED"
    assert reason is not None
    assert len(reason) < 2000


def test_a_build_that_cannot_be_started_is_answered(seeder: Seeder) -> None:
    seeder.codebuild.add_client_error("start_build", "AccessDeniedException", "not you")
    seeder.run("Create")
    ((status, physical_id, reason),) = seeder.answers
    assert (status, physical_id) == ("FAILED", SEEDED)
    assert reason is not None
    assert "AccessDeniedException" in reason


def test_a_build_that_does_not_end_is_given_up_while_there_is_time_to_answer(
    seeder: Seeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeder, "get_remaining_time_in_millis", lambda: 10_000, raising=False)
    seeder.starts()
    seeder.run("Create")
    ((status, _, reason),) = seeder.answers
    assert status == "FAILED"
    assert reason is not None
    assert f"{BUILD} has not ended in time" in reason
