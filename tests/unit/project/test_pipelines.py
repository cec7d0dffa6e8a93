import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from project.pipelines import Action, PipelineState, Stage, has_built, read
from project.status import tables
from tests.unit.pipelines.aws_in_memory import Client


def action(name: str, status: str, token: str = "") -> Action:
    return Action(name, status, "", token, "", "")


def state(status: str, *stages: Stage, trigger: str = "Webhook") -> PipelineState:
    return PipelineState("p-modeldeploy", stages, "new" if status else "", status, trigger)


WAITING = Stage("Staging", "InProgress", "old", (action("Approve", "InProgress", "token"),))


def test_a_pipeline_that_waits_for_an_answer_is_settled() -> None:
    waiting = state("InProgress", Stage("Build", "Succeeded", "old", ()), WAITING)
    assert waiting.is_settled
    assert [each.token for each in waiting.approvals] == ["token"]


def test_a_later_execution_at_work_before_the_stage_that_waits_is_not_settled() -> None:
    building = Stage("Build", "InProgress", "new", (action("Settings", "InProgress"),))
    assert not state("InProgress", building, WAITING).is_settled


@pytest.mark.parametrize("status", ["", "Succeeded", "Failed", "Stopped", "Superseded"])
def test_what_has_ended_or_never_begun_is_settled(status: str) -> None:
    assert state(status).is_settled


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_what_runs_is_not_settled(status: str) -> None:
    assert not state(status).is_settled


def test_only_the_stages_of_the_latest_execution_are_its_failures() -> None:
    failed = [Stage("Build", "Failed", "new", ()), Stage("Deploy", "Failed", "old", ())]
    assert [stage.name for stage in state("Failed", *failed).failed_stages] == ["Build"]


def test_only_what_the_latest_execution_skipped_counts() -> None:
    skipped = Stage("Deploy", "Skipped", "old", (), ("ModelIsApproved",))
    assert not state("InProgress", skipped).has_skipped
    assert state("Succeeded", replace(skipped, execution_id="new")).has_skipped


def test_an_execution_that_ends_while_it_is_read_is_not_told_without_its_stages() -> None:
    answered: list[str] = []

    def status() -> str:
        """It ends between the two calls, whichever comes first."""
        return "Failed" if answered else "InProgress"

    def executions(_: dict[str, Any]) -> dict[str, Any]:
        found = {"pipelineExecutionId": "e", "status": status()}
        answered.append("executions")
        return {"pipelineExecutionSummaries": [found]}

    def stages(_: dict[str, Any]) -> dict[str, Any]:
        latest = {"pipelineExecutionId": "e", "status": status()}
        answered.append("stages")
        return {"stageStates": [{"stageName": "Build", "latestExecution": latest}]}

    answers = {"list_pipeline_executions": executions, "get_pipeline_state": stages}
    found = read(Client("codepipeline", answers), "books-modelbuild")
    assert found is not None
    assert not (found.is_settled and not found.failed_stages)


def test_the_rules_that_a_skipped_stage_does_not_meet_are_read_and_shown() -> None:
    """Source: botocore's shape of GetPipelineState."""

    def rule(name: str, status: str) -> dict[str, Any]:
        return {"ruleName": name, "latestExecution": {"status": status}}

    rules = [rule("ModelIsApproved", "Failed"), rule("Fine", "Succeeded"), rule("Late", "Failed")]
    deploy = {
        "stageName": "Deploy",
        "latestExecution": {"pipelineExecutionId": "new", "status": "Skipped"},
        "beforeEntryConditionState": {"conditionStates": [{"ruleStates": rules}]},
        "actionStates": [{"actionName": "Make", "latestExecution": {"status": "Succeeded"}}],
    }
    summary = {"pipelineExecutionId": "new", "status": "Succeeded", "trigger": {}}
    answers = {
        "get_pipeline_state": {"stageStates": [deploy]},
        "list_pipeline_executions": {"pipelineExecutionSummaries": [summary]},
    }

    found = read(Client("codepipeline", answers), "p-modeldeploy")

    assert found is not None
    assert found.stages[0].unmet == ("ModelIsApproved", "Late")
    console = Console(width=120, file=io.StringIO())
    with console.capture() as shown:
        console.print(tables((found,)))
    assert "nothing is approved, Late does not hold" in shown.get()
    assert "Make" not in shown.get()


class Pages:
    """ListPipelineExecutions of two pages; a source that failed has no revision."""

    def get_paginator(self, operation: str) -> "Pages":
        assert operation == "list_pipeline_executions"
        return self

    def paginate(self, **which: str) -> list[dict[str, Any]]:
        assert which == {"pipelineName": "p-modelbuild"}
        revision = {"actionName": "Source", "revisionId": "5f1d0a"}
        executions = [{"sourceRevisions": [{"actionName": "Source"}]}, {"sourceRevisions": []}]
        return [
            {"pipelineExecutionSummaries": executions},
            {"pipelineExecutionSummaries": [{"sourceRevisions": [revision]}]},
        ]


@pytest.mark.parametrize(("commit", "is_known"), [("5f1d0a", True), ("5f1", True), ("0a", False)])
def test_a_commit_is_known_by_its_first_characters_on_any_page(commit: str, is_known: bool) -> None:
    assert has_built(Pages(), "p-modelbuild", commit) is is_known
