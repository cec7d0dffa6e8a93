"""One execution of one action: its document, from InProgress to its end."""

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codepipeline import notices
from emulator.services.codepipeline.actions import ABANDON, PERFORM
from emulator.services.codepipeline.actions.work import (
    CONFIGURATION_ERROR,
    Abandoned,
    ActionFailed,
    Result,
    Work,
)
from emulator.services.codepipeline.artifacts import Artifact, new_artifact
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
    SUCCEEDED,
    action_execution_name,
    execution_name,
)
from emulator.store import Document, Missing

logger = logging.getLogger(__name__)

_INTERNAL = "InternalError"
_MESSAGE_CHARACTERS = 5000  # botocore shape Message
_SUMMARY_CHARACTERS = 2048  # botocore shape ExecutionSummary
_INTERRUPTED = "The emulator stopped while the action ran; retry the stage."


def run_action(
    context: Context, plan: Plan, stage: Stage, action: Action, execution_id: str
) -> None:
    """Run an action, or wait on for one that only waits; its end is in its document."""
    document = _current(context, plan, stage, action, execution_id)
    if document is None:
        document = _begin(context, plan, stage, action, execution_id)
    name = action_execution_name(plan.pipeline, execution_id, document["actionExecutionId"])
    try:
        result = PERFORM[action.key](_work(context, plan, stage, action, document))
    except (Abandoned, Missing):
        return
    except (ActionFailed, Unresolved) as error:
        code = error.code if isinstance(error, ActionFailed) else CONFIGURATION_ERROR
        _fail(context, name, code, str(error))
    except (AwsError, ClientError) as error:
        _fail(context, name, CONFIGURATION_ERROR, str(error))
    except Exception as error:  # the thread's boundary: the execution would wait for ever
        logger.exception("action %s failed", name)
        _fail(context, name, _INTERNAL, f"The emulator failed, see its own log: {error}")
    else:
        _succeed(context, action, name, result)


def _current(
    context: Context, plan: Plan, stage: Stage, action: Action, execution_id: str
) -> Document | None:
    execution = context.store.get(EXECUTION, execution_name(plan.pipeline, execution_id))
    if execution is None:
        raise Missing(EXECUTION, execution_id)
    action_execution_id = execution["_Stages"][stage.name]["Actions"].get(action.name)
    if action_execution_id is None:
        return None
    name = action_execution_name(plan.pipeline, execution_id, action_execution_id)
    return context.store.get(ACTION_EXECUTION, name)


def _begin(
    context: Context, plan: Plan, stage: Stage, action: Action, execution_id: str
) -> Document:
    """Keep a new action execution, as the stage's present one of this action."""
    action_execution_id, now = str(uuid.uuid4()), context.clock()
    name = action_execution_name(plan.pipeline, execution_id, action_execution_id)
    with context.store.transaction():
        execution = _set_current(context, plan, stage, action, execution_id, action_execution_id)
        inputs = [execution["_Artifacts"][each] for each in action.inputs]
        outputs = [new_artifact(plan.pipeline, plan.bucket, each) for each in action.outputs]
        document: Document = {
            "pipelineExecutionId": execution_id,
            "actionExecutionId": action_execution_id,
            "pipelineVersion": plan.version,
            "stageName": stage.name,
            "actionName": action.name,
            "startTime": now,
            "lastUpdateTime": now,
            "status": IN_PROGRESS,
            "input": {
                "actionTypeId": dict(action.type_id),
                "configuration": dict(action.configuration),
                "resolvedConfiguration": _resolved(action, execution),
                "roleArn": action.role_arn or plan.role_arn,
                "region": context.settings.region,
                "inputArtifacts": inputs,
                **({"namespace": action.namespace} if action.namespace else {}),
            },
            "output": {"outputArtifacts": []},
            "_Outputs": [each.detail() for each in outputs],
            "_Token": str(uuid.uuid4()),
            "_IsAsked": False,
            "_Namespace": action.namespace,
        }
        context.store.insert(ACTION_EXECUTION, name, document)
        context.store.update(
            PROGRESS,
            plan.pipeline,
            lambda progress: progress["Actions"].update({f"{stage.name}/{action.name}": name}),
        )
        notices.tell_action(context, execution, document)
    return document


def _set_current(
    context: Context,
    plan: Plan,
    stage: Stage,
    action: Action,
    execution_id: str,
    action_execution_id: str,
) -> Document:
    def set_current(execution: Document) -> None:
        execution["_Stages"][stage.name]["Actions"][action.name] = action_execution_id

    name = execution_name(plan.pipeline, execution_id)
    return context.store.update(EXECUTION, name, set_current)


def _values(execution: Document) -> dict[str, dict[str, str]]:
    declared = {each["name"]: each["resolvedValue"] for each in execution["variables"]}
    built_in = {EXECUTION_ID: execution["pipelineExecutionId"]}
    return {**execution["_Variables"], VARIABLES: declared, PIPELINE: built_in}


def _resolved(action: Action, execution: Document) -> dict[str, str]:
    """The configuration with its variables; as declared where one has no value."""
    values, resolved = _values(execution), {}
    for key, text in action.configuration.items():
        try:
            resolved[key] = resolve(text, values)
        except Unresolved:
            resolved[key] = text
    return resolved


def _work(context: Context, plan: Plan, stage: Stage, action: Action, document: Document) -> Work:
    """What the action is given.

    Raises:
        Unresolved: A variable that its configuration needs has no value.
        ActionFailed: The artifact store is not there.
    """
    execution_id = document["pipelineExecutionId"]
    execution = context.store.get(EXECUTION, execution_name(plan.pipeline, execution_id))
    if execution is None:
        raise Missing(EXECUTION, execution_id)
    if (action.inputs or action.outputs) and not context.objects.bucket_exists(plan.bucket):
        raise ActionFailed(
            CONFIGURATION_ERROR, f"The artifact store's bucket {plan.bucket!r} does not exist"
        )
    values = _values(execution)
    return Work(
        context=context,
        plan=plan,
        stage=stage.name,
        action=action,
        execution_id=execution_id,
        action_execution_id=document["actionExecutionId"],
        configuration={key: resolve(text, values) for key, text in action.configuration.items()},
        inputs=_artifacts(document["input"]["inputArtifacts"]),
        outputs=_artifacts(document["_Outputs"]),
        overrides={
            each["revisionType"]: each["revisionValue"]
            for each in execution["_Overrides"]
            if each["actionName"] == action.name
        },
        revisions={each["name"]: each["revisionId"] for each in execution["artifactRevisions"]},
    )


def _artifacts(details: list[Mapping[str, Any]]) -> tuple[Artifact, ...]:
    return tuple(
        Artifact(each["name"], each["s3location"]["bucket"], each["s3location"]["key"])
        for each in details
    )


def _succeed(context: Context, action: Action, name: str, result: Result) -> None:
    def succeed(document: Document) -> None:
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
        document = _end(context, name, SUCCEEDED, succeed)
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


def _fail(context: Context, name: str, code: str, message: str) -> None:
    def fail(document: Document) -> None:
        output = document["output"]
        told = output.get("executionResult", {})
        details = {"code": code, "message": message[:_MESSAGE_CHARACTERS]}
        summary = {"externalExecutionSummary": message[:_SUMMARY_CHARACTERS]}
        output["executionResult"] = {**told, **summary, "errorDetails": details}

    _end(context, name, FAILED, fail)


def _end(context: Context, name: str, status: str, change: Any) -> Document | None:
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
    _fail(context, name, _INTERNAL, _INTERRUPTED)


def abandon(context: Context, name: str) -> None:
    """End an action execution for the pipeline's part, and what it left running where we can."""
    document = _end(context, name, ABANDONED, lambda _: None)
    if document is None:
        return
    stop = ABANDON.get(key_of(document["input"]))
    if stop is not None:
        context.workers.start(f"abandon {name}", stop, context, document)
