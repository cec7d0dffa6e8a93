from typing import Any

import pytest

from project.pipelines import Action, PipelineState, Stage, has_built


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
