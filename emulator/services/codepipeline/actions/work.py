"""What an action is given, what it gives back, and how it fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Context
from emulator.services.codepipeline.artifacts import Artifact
from emulator.services.codepipeline.declaration.plan import Action, Plan
from emulator.services.codepipeline.records import (
    ACTION_EXECUTION,
    IN_PROGRESS,
    action_execution_name,
)
from emulator.store import Document

# Source: botocore shape FailureType, whose words the error codes of actions have.
JOB_FAILED = "JobFailed"
CONFIGURATION_ERROR = "ConfigurationError"
REVISION_UNAVAILABLE = "RevisionUnavailable"


class ActionFailed(Exception):
    """The action ends Failed, with this code and message in its errorDetails."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Abandoned(Exception):
    """The execution was stopped without waiting for the action."""


def require_made(wanted: Sequence[str], made: Sequence[Artifact]) -> None:
    """Refuse to go on without an artifact that no action has made.

    Raises:
        ActionFailed: Naming all that are missing.
    """
    missing = [name for name in wanted if name not in {each.name for each in made}]
    if missing:
        raise ActionFailed(
            CONFIGURATION_ERROR,
            f"Input artifact {', '.join(missing)} was not made: the stage that makes it was "
            "skipped",
        )


@dataclass(frozen=True)
class Result:
    """What became of an action that succeeded.

    Attributes:
        revision: Of a source action: botocore's ArtifactRevision but for its name.
    """

    summary: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    revision: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Work:
    """One execution of one action.

    Attributes:
        configuration: The declared one with its variables resolved.
        overrides: Revisions of this action that the execution was started with.
        revisions: The revision of each artifact that a source action made, by its name.
    """

    context: Context
    plan: Plan
    stage: str
    action: Action
    execution_id: str
    action_execution_id: str
    configuration: Mapping[str, str]
    inputs: tuple[Artifact, ...]
    outputs: tuple[Artifact, ...]
    overrides: Mapping[str, str]
    revisions: Mapping[str, str]

    @property
    def name(self) -> str:
        """The action execution's name in the store."""
        return action_execution_name(
            self.plan.pipeline, self.execution_id, self.action_execution_id
        )

    def report(self, **result: str) -> None:
        """Keep members of the ActionExecutionResult while the action goes on.

        Raises:
            Abandoned: It does not go on.
        """

        def keep(document: Document) -> None:
            if document["status"] != IN_PROGRESS:
                raise Abandoned
            output = document["output"]
            output["executionResult"] = {**output.get("executionResult", {}), **result}

        self.context.store.update(ACTION_EXECUTION, self.name, keep)

    def input(self, name: str) -> Artifact:
        """An input artifact by its name.

        Raises:
            ActionFailed: It is none of the action's.
        """
        for artifact in self.inputs:
            if artifact.name == name:
                return artifact
        names = ", ".join(artifact.name for artifact in self.inputs) or "none"
        raise ActionFailed(
            CONFIGURATION_ERROR,
            f"Artifact [{name}] is none of the action's input artifacts: {names}",
        )
