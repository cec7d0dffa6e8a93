"""Operations on pipelines."""

from collections.abc import Mapping
from typing import Any

from emulator import moto
from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError
from emulator.services.codepipeline import declaration as declarations
from emulator.services.codepipeline import s3_polling, starting, tags
from emulator.services.codepipeline.declaration.conditions import rules_in
from emulator.services.codepipeline.declaration.faults import STRUCTURE
from emulator.services.codepipeline.declaration.structure import SUPERSEDED, V1
from emulator.services.codepipeline.records import (
    ACTION_EXECUTION,
    EXECUTION,
    PIPELINE,
    PROGRESS,
    RULE_EXECUTION,
    VERSION,
    existing_pipeline,
    page,
    pipeline_arn,
    version_name,
)
from emulator.store import Document


@blocking
def create_pipeline(context: Context, request: Request) -> Answer:
    """Make a pipeline, and start its first execution as AWS does.

    Raises:
        AwsError: PipelineNameInUseException; every fault of the declaration, as
            ``declaration.check`` tells them; InvalidTagsException; TooManyTagsException.
    """
    declared, given_tags = request["pipeline"], request.get("tags", [])
    name = declared["name"]
    _check(context, declared)
    tags.check(given_tags)
    now = context.clock()
    declaration = _complete(declared, version=1)
    document: Document = {
        "pipeline": declaration,
        "metadata": {"pipelineArn": pipeline_arn(context, name), "created": now, "updated": now},
        "tags": given_tags,
    }
    with context.store.transaction():
        if context.store.get(PIPELINE, name) is not None:
            raise AwsError("PipelineNameInUseException", f"A pipeline with name '{name}' exists")
        context.store.insert(PIPELINE, name, document)
        context.store.insert(VERSION, version_name(name, 1), declaration)
        context.store.insert(PROGRESS, name, {"Gates": {}, "Actions": {}})
        starting.start_pipeline(context, document, starting.CREATED)
    s3_polling.watch(context)
    return {"pipeline": declaration, "tags": given_tags}


@blocking
def update_pipeline(context: Context, request: Request) -> Answer:
    """Declare the next version; executions that run keep theirs.

    Raises:
        AwsError: InvalidStructureException if there is no such pipeline; every fault of the
            declaration.
    """
    declared = request["pipeline"]
    name = declared["name"]
    _check(context, declared)
    if context.store.get(PIPELINE, name) is None:
        raise AwsError(STRUCTURE, f"There is no pipeline with name '{name}' to update")

    def update(document: Document) -> None:
        version = document["pipeline"]["version"] + 1
        document["pipeline"] = _complete(declared, version)
        document["metadata"]["updated"] = context.clock()

    with context.store.transaction():
        declaration = context.store.update(PIPELINE, name, update)["pipeline"]
        kept = version_name(name, declaration["version"])
        context.store.insert(VERSION, kept, declaration)
    s3_polling.watch(context)
    return {"pipeline": declaration}


def _check(context: Context, declared: Request) -> None:
    declarations.check(declared)
    arns = {declared["roleArn"]} | {
        each["roleArn"]
        for stage in declared["stages"]
        for each in (*stage["actions"], *rules_in(stage))
        if "roleArn" in each
    }
    missing = [arn for arn in sorted(arns) if not moto.role_exists(context, arn)]
    if missing:
        raise AwsError(
            STRUCTURE,
            f"CodePipeline is not authorized to perform AssumeRole on role {', '.join(missing)}: "
            f"it does not exist. {moto.which_roles(context)}",
        )


def _complete(declared: Request, version: int) -> Document:
    """The declaration with what AWS adds to it."""
    stages = [
        {**stage, "actions": [_complete_action(action) for action in stage["actions"]]}
        for stage in declared["stages"]
    ]
    return {
        **declared,
        "stages": stages,
        "version": version,
        "executionMode": declared.get("executionMode", SUPERSEDED),
        "pipelineType": declared.get("pipelineType", V1),
    }


def _complete_action(action: Mapping[str, Any]) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "runOrder": 1,
        "configuration": {},
        "inputArtifacts": [],
        "outputArtifacts": [],
    }
    return defaults | dict(action)


def get_pipeline(context: Context, request: Request) -> Answer:
    """The present declaration, or a version of it.

    Raises:
        AwsError: PipelineNotFoundException; PipelineVersionNotFoundException.
    """
    name, version = request["name"], request.get("version")
    document = existing_pipeline(context, name)
    if version is None:
        return {"pipeline": document["pipeline"], "metadata": document["metadata"]}
    declaration = context.store.get(VERSION, version_name(name, version))
    if declaration is None:
        raise AwsError(
            "PipelineVersionNotFoundException",
            f"Pipeline '{name}' has no version {version}; the newest is "
            f"{document['pipeline']['version']}",
        )
    return {"pipeline": declaration, "metadata": document["metadata"]}


def delete_pipeline(context: Context, request: Request) -> Answer:
    """Delete a pipeline with its history; one that is not there is deleted as well."""
    name = request["name"]
    with context.store.transaction():
        for document in context.store.list(ACTION_EXECUTION, f"{name}/"):
            ids = (document["pipelineExecutionId"], document["actionExecutionId"])
            context.store.delete(ACTION_EXECUTION, "/".join((name, *ids)))
        for document in context.store.list(RULE_EXECUTION, f"{name}/"):
            ids = (document["pipelineExecutionId"], document["ruleExecutionId"])
            context.store.delete(RULE_EXECUTION, "/".join((name, *ids)))
        for document in context.store.list(EXECUTION, f"{name}/"):
            context.store.delete(EXECUTION, f"{name}/{document['pipelineExecutionId']}")
        for document in context.store.list(VERSION, f"{name}/"):
            context.store.delete(VERSION, version_name(name, document["version"]))
        context.store.delete(PROGRESS, name)
        context.store.delete(PIPELINE, name)
        s3_polling.forget(context, name)
    return {}


def list_pipelines(context: Context, request: Request) -> Answer:
    """Every pipeline, by its name.

    Raises:
        AwsError: InvalidNextTokenException.
    """
    documents = sorted(context.store.list(PIPELINE), key=lambda each: each["pipeline"]["name"])
    shown, following = page(request, "ListPipelines", documents, _summary)
    return {"pipelines": shown, **following}


def _summary(document: Document) -> Answer:
    declaration, metadata = document["pipeline"], document["metadata"]
    members = ("name", "version", "pipelineType", "executionMode")
    return {
        **{member: declaration[member] for member in members},
        "created": metadata["created"],
        "updated": metadata["updated"],
    }


OPERATIONS: Mapping[str, Handler] = {
    "CreatePipeline": create_pipeline,
    "GetPipeline": get_pipeline,
    "UpdatePipeline": update_pipeline,
    "DeletePipeline": delete_pipeline,
    "ListPipelines": list_pipelines,
}
