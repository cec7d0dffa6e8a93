"""What a project's CodePipelines are at, as GetPipelineState and ListActionExecutions tell it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

SKIPPED = "Skipped"
# Source: StageExecution.status and PipelineExecution.status in the API reference.
ENDED = frozenset({"Succeeded", "Failed", "Stopped", "Superseded", "Cancelled"})
_WAITING = "InProgress"


@dataclass(frozen=True)
class Action:
    """An action of a stage in its latest execution.

    Attributes:
        token: Of a manual approval that waits for an answer, else "".
        fault: Why it failed, else "".
        url: Where AWS's console shows what it did, else "".
    """

    name: str
    status: str
    summary: str
    token: str
    fault: str
    url: str


@dataclass(frozen=True)
class Stage:
    """A stage in its latest execution; status "" before there was one.

    Attributes:
        unmet: The rules of its entry condition that do not hold in that execution.
    """

    name: str
    status: str
    execution_id: str
    actions: tuple[Action, ...]
    unmet: tuple[str, ...] = ()


@dataclass(frozen=True)
class Approval:
    """A manual approval that waits for an answer."""

    pipeline: str
    stage: str
    action: str
    token: str
    execution_id: str


@dataclass(frozen=True)
class PipelineState:
    """A pipeline at one moment: each stage with its latest execution.

    Attributes:
        execution_id: The newest execution's, "" before there was one.
        trigger: What started that one, a TriggerType of the API; "CreatePipeline" is the one that
            the pipeline's own creation starts.
    """

    name: str
    stages: tuple[Stage, ...]
    execution_id: str
    execution_status: str
    trigger: str = ""

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """The manual approvals that wait."""
        return tuple(
            Approval(self.name, stage.name, action.name, action.token, stage.execution_id)
            for stage in self.stages
            for action in stage.actions
            if action.token and action.status == _WAITING
        )

    @property
    def is_settled(self) -> bool:
        """Whether nothing goes on unless somebody pushes or answers."""
        if not self.execution_id or self.execution_status in ENDED:
            return True
        # A later execution may be at work in the stages before the one that waits.
        return bool(self.approvals) and not any(
            action.status == _WAITING and not action.token
            for stage in self.stages
            for action in stage.actions
        )

    @property
    def has_failed(self) -> bool:
        """Whether its latest execution failed."""
        return self.execution_status == "Failed"

    @property
    def has_skipped(self) -> bool:
        """Whether its latest execution skipped a stage."""
        return any(
            stage.execution_id == self.execution_id and stage.status == SKIPPED
            for stage in self.stages
        )

    @property
    def failed_stages(self) -> tuple[Stage, ...]:
        """The stages that failed in the latest execution."""
        return tuple(
            stage
            for stage in self.stages
            if stage.execution_id == self.execution_id and stage.status == "Failed"
        )


def read(codepipeline: Any, name: str) -> PipelineState | None:
    """The state of a pipeline; None if there is none of this name."""
    try:
        # First: of an execution that has ended by now, the stages that are read next have, too.
        newest = codepipeline.list_pipeline_executions(pipelineName=name, maxResults=1)
        state = codepipeline.get_pipeline_state(name=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "PipelineNotFoundException":
            raise
        return None
    latest: dict[str, Any] = next(iter(newest["pipelineExecutionSummaries"]), {})
    return PipelineState(
        name=name,
        stages=tuple(_stage(stage) for stage in state["stageStates"]),
        execution_id=latest.get("pipelineExecutionId", ""),
        execution_status=latest.get("status", ""),
        trigger=latest.get("trigger", {}).get("triggerType", ""),
    )


def _stage(state: Mapping[str, Any]) -> Stage:
    latest = state.get("latestExecution", {})
    return Stage(
        name=state["stageName"],
        status=latest.get("status", ""),
        execution_id=latest.get("pipelineExecutionId", ""),
        actions=tuple(_action(action) for action in state.get("actionStates", ())),
        unmet=tuple(_unmet(state.get("beforeEntryConditionState", {}))),
    )


def _unmet(state: Mapping[str, Any]) -> Iterator[str]:
    for condition in state.get("conditionStates", ()):
        for rule in condition.get("ruleStates", ()):
            if rule.get("latestExecution", {}).get("status") == "Failed":
                yield rule["ruleName"]


def _action(state: Mapping[str, Any]) -> Action:
    latest = state.get("latestExecution", {})
    return Action(
        name=state["actionName"],
        status=latest.get("status", ""),
        summary=latest.get("summary", ""),
        token=latest.get("token", ""),
        fault=latest.get("errorDetails", {}).get("message", ""),
        url=latest.get("externalExecutionUrl", ""),
    )


def has_built(codepipeline: Any, name: str, commit: str) -> bool:
    """Whether an execution of the pipeline has a commit, or had, told by its first characters."""
    pages = codepipeline.get_paginator("list_pipeline_executions").paginate(pipelineName=name)
    return any(
        revision["revisionId"].startswith(commit)
        for page in pages
        for execution in page["pipelineExecutionSummaries"]
        for revision in execution["sourceRevisions"]
        if revision.get("revisionId")
    )
