"""The document of an action's execution: begun, ended, and what later actions get of it."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulator.context import Context
from emulator.services.codepipeline import notices
from emulator.services.codepipeline.actions import ABANDON
from emulator.services.codepipeline.actions.work import Result
from emulator.services.codepipeline.artifacts import new_artifact
from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.plan import Action, Plan, Stage
from emulator.services.codepipeline.declaration.references import (
    EXECUTION_ID,
    PIPELINE,
    VARIABLES,
    Unresolved,
    resolve,
)
from emulator.services.codepipeline.records import (
    ABANDONED,
    ACTION_EXECUTION,
    EXECUTION,
    FAILED,
    IN_PROGRESS,
    PROGRESS,
    RUNNING,
    SUCCEEDED,
    action_execution_name,
    execution_name,
)
from emulator.store import Document, Missing

INTERNAL = "InternalError"
_MESSAGE_CHARACTERS = 5000  # botocore shape Message
_SUMMARY_CHARACTERS = 2048  # botocore shape ExecutionSummary
_INTERRUPTED = "The emulator stopped while the action ran; retry the stage."


def current(
    context: Context, plan: Plan, stage: Stage, action: Action, execution_id: str
) -> Document | None:
    """The action's execution in the present attempt at its stage, if it has begun."""
    execution = context.store.get(EXECUTION, execution_name(plan.pipeline, execution_id))
    if execution is None:
        raise Missing(EXECUTION, execution_id)
    action_execution_id = execution["_Stages"][stage.name]["Actions"].get(action.name)
    if action_execution_id is None:
        return None
    name = action_execution_name(plan.pipeline, execution_id, action_execution_id)
    return context.store.get(ACTION_EXECUTION, name)


def begin(
    context: Context, plan: Plan, stage: Stage, action: Action, seen: Document
) -> Document | None:
    """Keep a new action execution, as the stage's present one of this action.

    None if the execution was stopped, or retried, since it was seen.
    """
    execution_id, action_execution_id = seen["pipelineExecutionId"], str(uuid.uuid4())
    name = action_execution_name(plan.pipeline, execution_id, action_execution_id)

    def set_current(execution: Document) -> None:
        execution["_Stages"][stage.name]["Actions"][action.name] = action_execution_id

    with context.store.transaction():
        present = context.store.get(EXECUTION, execution_name(plan.pipeline, execution_id))
        if present is None or present["status"] not in RUNNING:
            return None
        if present["_Attempt"] != seen["_Attempt"]:
            return None
        execution = context.store.update(
            EXECUTION, execution_name(plan.pipeline, execution_id), set_current
        )
        document = _new(context, plan, stage, action, execution)
        document["actionExecutionId"] = action_execution_id
        context.store.insert(ACTION_EXECUTION, name, document)
        context.store.update(
            PROGRESS,
            plan.pipeline,
            lambda progress: progress["Actions"].update({f"{stage.name}/{action.name}": name}),
        )
        notices.tell_action(context, execution, document)
    return document


def _new(
    context: Context, plan: Plan, stage: Stage, action: Action, execution: Document
) -> Document:
    now = context.clock()
    outputs = [new_artifact(plan.pipeline, plan.bucket, each) for each in action.outputs]
    return {
        "pipelineExecutionId": execution["pipelineExecutionId"],
        "pipelineVersion": plan.version,
        "stageName": stage.name,
        "actionName": action.name,
        "startTime": now,
        "lastUpdateTime": now,
        "status": IN_PROGRESS,
        "input": {
            "actionTypeId": dict(action.type_id),
            "configuration": dict(action.configuration),
            "resolvedConfiguration": resolved_where_known(action.configuration, execution),
            "roleArn": action.role_arn or plan.role_arn,
            "region": context.settings.region,
            "inputArtifacts": made_of(action.inputs, execution),
            **({"namespace": action.namespace} if action.namespace else {}),
        },
        "output": {"outputArtifacts": []},
        "_Outputs": [each.detail() for each in outputs],
        "_Token": str(uuid.uuid4()),
        "_IsAsked": False,
    }


def made_of(artifacts: Iterable[str], execution: Document) -> list[Any]:
    """Details of the artifacts that there are; those of a skipped stage were never made."""
    made = execution["_Artifacts"]
    return [made[each] for each in artifacts if each in made]


def values_of(execution: Document) -> dict[str, dict[str, str]]:
    """What references can have by now, by namespace and key."""
    declared = {each["name"]: each["resolvedValue"] for each in execution["variables"]}
    built_in = {EXECUTION_ID: execution["pipelineExecutionId"]}
    return {**execution["_Variables"], VARIABLES: declared, PIPELINE: built_in}


def resolved_where_known(configuration: Mapping[str, str], execution: Document) -> dict[str, str]:
    """The configuration with its variables; as declared where one has no value."""
    values, resolved = values_of(execution), {}
    for key, text in configuration.items():
        try:
            resolved[key] = resolve(text, values)
        except Unresolved:
            resolved[key] = text
    return resolved


def succeed(context: Context, action: Action, name: str, result: Result) -> None:
    """End an action execution Succeeded, unless it has ended, and hand on what it made."""

    def keep(document: Document) -> None:
        output = document["output"]
        output["outputArtifacts"] = document["_Outputs"]
        output["outputVariables"] = dict(result.variables)
        if result.summary:
            told = output.get("executionResult", {})
            output["executionResult"] = {**told, "externalExecutionSummary": result.summary}
        document["_Revision"] = None if result.revision is None else dict(result.revision)

    def give(document: Document, execution: Document) -> None:
        """Let later actions see what this one made."""
        artifacts = {each["name"]: each for each in document["_Outputs"]}
        execution["_Artifacts"].update(artifacts)
        if action.namespace:
            execution["_Variables"][action.namespace] = dict(result.variables)
        if result.revision is not None:
            kept = [
                each for each in execution["artifactRevisions"] if each["name"] not in artifacts
            ]
            made = [{"name": artifact, **result.revision} for artifact in artifacts]
            execution["artifactRevisions"] = kept + made
            told = execution["_SourceRevisions"]
            others = [each for each in told if each["actionName"] != action.name]
            execution["_SourceRevisions"] = [*others, _source_revision(action, result.revision)]

    with context.store.transaction():
        document = _end(context, name, SUCCEEDED, keep)
        if document is not None:
            pipeline, execution_id, _ = name.split("/")
            context.store.update(
                EXECUTION,
                execution_name(pipeline, execution_id),
                lambda execution: give(document, execution),
            )


def _source_revision(action: Action, revision: Mapping[str, Any]) -> dict[str, Any]:
    """The revision as botocore's SourceRevision."""
    members = ("revisionId", "revisionSummary", "revisionUrl")
    return {"actionName": action.name, **{key: revision[key] for key in members if key in revision}}


def fail(context: Context, name: str, code: str, message: str) -> None:
    """End an action execution Failed, unless it has ended."""

    def keep(document: Document) -> None:
        output = document["output"]
        told = output.get("executionResult", {})
        details = {"code": code, "message": message[:_MESSAGE_CHARACTERS]}
        summary = {"externalExecutionSummary": message[:_SUMMARY_CHARACTERS]}
        output["executionResult"] = {**told, **summary, "errorDetails": details}

    _end(context, name, FAILED, keep)


def _end(
    context: Context, name: str, status: str, change: Callable[[Document], None]
) -> Document | None:
    """Give an action execution its last status, unless it has one; None if so or if it is gone."""
    ended: list[bool] = []

    def end(document: Document) -> None:
        ended.append(document["status"] == IN_PROGRESS)
        if ended[-1]:
            document["status"], document["lastUpdateTime"] = status, context.clock()
            change(document)

    pipeline, execution_id, _ = name.split("/")
    try:
        with context.store.transaction():
            document = context.store.update(ACTION_EXECUTION, name, end)
            execution = context.store.get(EXECUTION, execution_name(pipeline, execution_id))
            if ended[-1] and execution is not None:
                notices.tell_action(context, execution, document)
    except Missing:
        return None
    return document if ended[-1] else None


def fail_interrupted(context: Context, name: str) -> None:
    """An action that ran when the emulator ended."""
    fail(context, name, INTERNAL, _INTERRUPTED)


def abandon(context: Context, name: str) -> None:
    """End an action execution for the pipeline's part, and what it left running where we can."""
    document = _end(context, name, ABANDONED, lambda _: None)
    if document is None:
        return
    stop = ABANDON.get(key_of(document["input"]))
    if stop is not None:
        context.workers.start(f"abandon {name}", stop, context, document)
