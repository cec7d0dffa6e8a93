"""Pipelines: a definition under a name, and the versions it had."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.engine import caching
from emulator.engine.checking import load_definition
from emulator.engine.definition import Definition, DefinitionError
from emulator.engine.executions import (
    DEFINITION_KIND,
    EXECUTING,
    REQUEST_KIND,
    STEP_KIND,
    STOPPING,
    step_documents,
    step_key,
)
from emulator.engine.executions import KIND as EXECUTION_KIND
from emulator.errors import AwsError, resource_not_found, unsupported, validation_error
from emulator.services.sagemaker import listing, names, tags
from emulator.services.sagemaker.roles import role_fault
from emulator.store import AlreadyExists, Document

KIND = "Pipeline"
VERSION_KIND = "PipelineVersion"

_SUMMARY_KEYS = (
    "PipelineArn",
    "PipelineName",
    "PipelineDisplayName",
    "PipelineDescription",
    "RoleArn",
    "CreationTime",
    "LastModifiedTime",
    "LastExecutionTime",
)
_VERSION_KEYS = (
    "PipelineArn",
    "PipelineVersionId",
    "CreationTime",
    "PipelineVersionDescription",
    "PipelineVersionDisplayName",
    "LastExecutionPipelineExecutionArn",
)
_CHANGEABLE = (
    "PipelineDisplayName",
    "PipelineDescription",
    "RoleArn",
    "ParallelismConfiguration",
)


def existing_pipeline(context: Context, name_or_arn: str) -> Document:
    """The pipeline's document.

    Raises:
        AwsError: ResourceNotFound.
    """
    name = names.name_of(name_or_arn)
    pipeline = context.store.get(KIND, name.lower())
    if pipeline is None:
        arn = names.arn(context, "pipeline", name)
        raise resource_not_found(f"Pipeline '{arn}' does not exist.")
    return pipeline


def existing_version(context: Context, pipeline: Document, version_id: int | None) -> Document:
    """A version of the pipeline, the newest when no id is given.

    Raises:
        AwsError: ResourceNotFound.
    """
    arn = pipeline["PipelineArn"]
    wanted = pipeline["_LatestVersionId"] if version_id is None else version_id
    version = context.store.get(VERSION_KIND, f"{arn}/{wanted}")
    if version is None:
        raise resource_not_found(f"Pipeline version {wanted} of '{arn}' does not exist.")
    return version


def checked(definition: str) -> Definition:
    """What the definition says.

    Raises:
        AwsError: ValidationException with every fault of the definition.
    """
    try:
        return load_definition(definition)
    except DefinitionError as error:
        raise validation_error(str(error)) from error


def refuse_alias(request: Request) -> None:
    """Say that version aliases are not emulated.

    Raises:
        AwsError: UnsupportedByEmulator, when the request has one.
    """
    for member in ("PipelineVersionAlias", "PipelineVersionAliases", "MlflowExperimentName"):
        if request.get(member):
            raise unsupported(f"{member} is not emulated.")


def note_run(context: Context, pipeline: Document, version: Document, execution: Document) -> None:
    """Note on a pipeline and its version that an execution of it has started."""
    last_run = {"LastRunTime": execution["CreationTime"]}
    context.store.update(
        KIND, pipeline["PipelineName"].lower(), lambda document: document | last_run
    )
    name = f"{pipeline['PipelineArn']}/{version['PipelineVersionId']}"
    last = {"LastExecutionPipelineExecutionArn": execution["PipelineExecutionArn"]}
    context.store.update(VERSION_KIND, name, lambda document: document | last)


@blocking
def create_pipeline(context: Context, request: Request) -> Answer:
    """Keep a new pipeline whose definition can run.

    Raises:
        AwsError: ValidationException with every fault of the definition, or when the name is
            taken.
    """
    refuse_alias(request)
    name, arn = request["PipelineName"], names.arn(context, "pipeline", request["PipelineName"])
    known = context.store.get(KIND, name.lower())
    if known is not None and known["_ClientRequestToken"] == request["ClientRequestToken"]:
        return {"PipelineArn": arn}
    definition = _checked_definition(context, request)
    _check_role(context, request["RoleArn"])
    now = context.clock()
    document: Document = {
        "PipelineArn": arn,
        "PipelineName": name,
        "PipelineDisplayName": name,
        "PipelineStatus": "Active",
        "CreationTime": now,
        "LastModifiedTime": now,
        "_ClientRequestToken": request["ClientRequestToken"],
        "_LatestVersionId": 1,
        **{key: request[key] for key in _CHANGEABLE if key in request},
    }
    try:
        with context.store.transaction():
            context.store.insert(KIND, name.lower(), document)
            _add_version(context, document, definition)
            tags.save(context, arn, request.get("Tags"))
    except AlreadyExists as error:
        raise validation_error(
            "Pipeline names must be unique within an AWS account and region. Pipeline with name"
            f" ({name}) already exists."
        ) from error
    return {"PipelineArn": arn}


@blocking
def update_pipeline(context: Context, request: Request) -> Answer:
    """Change a pipeline; a definition becomes a new version.

    Raises:
        AwsError: ResourceNotFound; ValidationException with every fault of the definition.
    """
    refuse_alias(request)
    pipeline = existing_pipeline(context, request["PipelineName"])
    has_definition = _has_definition(request)
    definition = _checked_definition(context, request) if has_definition else None
    if "RoleArn" in request:
        _check_role(context, request["RoleArn"])

    def change(document: Document) -> None:
        document |= {key: request[key] for key in _CHANGEABLE if key in request}
        document["LastModifiedTime"] = context.clock()
        if definition is not None:
            document["_LatestVersionId"] += 1

    with context.store.transaction():
        changed = context.store.update(KIND, pipeline["PipelineName"].lower(), change)
        if definition is not None:
            _add_version(context, changed, definition)
    return {
        "PipelineArn": changed["PipelineArn"],
        "PipelineVersionId": changed["_LatestVersionId"],
    }


def describe_pipeline(context: Context, request: Request) -> Answer:
    """A pipeline with the definition of its newest version, or of the one asked for."""
    refuse_alias(request)
    pipeline = existing_pipeline(context, request["PipelineName"])
    version = existing_version(context, pipeline, request.get("PipelineVersionId"))
    return {**pipeline, **version, "CreationTime": pipeline["CreationTime"]}


def delete_pipeline(context: Context, request: Request) -> Answer:
    """Remove a pipeline with its versions and executions.

    Raises:
        AwsError: ConflictException while it is executing, as AWS wants it stopped first.
    """
    pipeline = existing_pipeline(context, request["PipelineName"])
    arn = pipeline["PipelineArn"]
    with context.store.transaction():
        executions = context.store.list(EXECUTION_KIND, f"{arn}/execution/")
        for execution in executions:
            if execution["PipelineExecutionStatus"] in (EXECUTING, STOPPING):
                raise AwsError(
                    "ConflictException",
                    f"Pipeline '{arn}' cannot be deleted while"
                    f" {execution['PipelineExecutionArn']} is"
                    f" {execution['PipelineExecutionStatus']}. Stop it first.",
                )
        for execution in executions:
            _delete_execution(context, execution["PipelineExecutionArn"])
        for version in context.store.list(VERSION_KIND, f"{arn}/"):
            context.store.delete(VERSION_KIND, f"{arn}/{version['PipelineVersionId']}")
        for start in context.store.list(REQUEST_KIND, f"{arn}/"):
            context.store.delete(REQUEST_KIND, f"{arn}/{start['Token']}")
        caching.forget(context, arn)
        context.store.delete(KIND, pipeline["PipelineName"].lower())
        tags.forget(context, arn)
    return {"PipelineArn": arn}


def list_pipelines(context: Context, request: Request) -> Answer:
    """The pipelines of this account; all of them are the customer's own."""
    prefix = request.get("PipelineNamePrefix", "").lower()
    documents = [
        {**document, "LastExecutionTime": document.get("LastRunTime")}
        for document in context.store.list(KIND, prefix)
        if request.get("ManagedBy", "CUSTOMER") == "CUSTOMER"
    ]
    summaries, next_token = listing.page(
        documents, request, name_key="PipelineName", summary_keys=_SUMMARY_KEYS
    )
    summaries = [
        {key: value for key, value in summary.items() if value is not None} for summary in summaries
    ]
    return {"PipelineSummaries": summaries, "NextToken": next_token}


def list_pipeline_versions(context: Context, request: Request) -> Answer:
    """The versions of a pipeline."""
    arn = existing_pipeline(context, request["PipelineName"])["PipelineArn"]
    summaries, next_token = listing.page(
        context.store.list(VERSION_KIND, f"{arn}/"),
        request,
        name_key="PipelineVersionDisplayName",
        summary_keys=_VERSION_KEYS,
    )
    return {"PipelineVersionSummaries": summaries, "NextToken": next_token}


def update_pipeline_version(context: Context, request: Request) -> Answer:
    """Name or describe a version."""
    if request.get("PipelineVersionAliasOperations"):
        raise unsupported("PipelineVersionAliasOperations is not emulated.")
    pipeline = existing_pipeline(context, request["PipelineArn"])
    version = existing_version(context, pipeline, request["PipelineVersionId"])
    members = ("PipelineVersionDisplayName", "PipelineVersionDescription")
    changes = {key: request[key] for key in members if key in request}
    arn, version_id = pipeline["PipelineArn"], version["PipelineVersionId"]
    context.store.update(VERSION_KIND, f"{arn}/{version_id}", lambda document: document | changes)
    return {"PipelineArn": arn, "PipelineVersionId": version_id}


def _add_version(context: Context, pipeline: Document, definition: str) -> None:
    arn, version_id = pipeline["PipelineArn"], pipeline["_LatestVersionId"]
    version = {
        "PipelineArn": arn,
        "PipelineVersionId": version_id,
        "PipelineDefinition": definition,
        "CreationTime": pipeline["LastModifiedTime"],
    }
    context.store.put(VERSION_KIND, f"{arn}/{version_id}", version)


def _has_definition(request: Request) -> bool:
    return "PipelineDefinition" in request or "PipelineDefinitionS3Location" in request


def _checked_definition(context: Context, request: Request) -> str:
    if ("PipelineDefinition" in request) == ("PipelineDefinitionS3Location" in request):
        raise validation_error(
            "Give either PipelineDefinition or PipelineDefinitionS3Location, and only one of them."
        )
    text = request.get("PipelineDefinition")
    if text is None:
        text = _definition_in_s3(context, request["PipelineDefinitionS3Location"])
    checked(text)
    return str(text)


def _definition_in_s3(context: Context, location: Mapping[str, Any]) -> str:
    if "VersionId" in location:
        raise unsupported("PipelineDefinitionS3Location.VersionId is not emulated.")
    s3_uri = f"s3://{location['Bucket']}/{location['ObjectKey']}"
    try:
        return context.objects.path(location["Bucket"], location["ObjectKey"]).read_text()
    except AwsError as error:
        raise validation_error(
            f"The pipeline definition at {s3_uri} cannot be read: {error.message}"
        ) from error
    except UnicodeDecodeError as error:
        raise validation_error(f"The pipeline definition at {s3_uri} is not text.") from error


def _check_role(context: Context, role_arn: str) -> None:
    fault = role_fault(context, role_arn)
    if fault:
        raise validation_error(fault)


def _delete_execution(context: Context, execution_arn: str) -> None:
    for step_name in step_documents(context, execution_arn):
        context.store.delete(STEP_KIND, step_key(execution_arn, step_name))
    context.store.delete(DEFINITION_KIND, execution_arn)
    context.store.delete(EXECUTION_KIND, execution_arn)


OPERATIONS: Mapping[str, Handler] = {
    "CreatePipeline": create_pipeline,
    "UpdatePipeline": update_pipeline,
    "DescribePipeline": describe_pipeline,
    "DeletePipeline": delete_pipeline,
    "ListPipelines": list_pipelines,
    "ListPipelineVersions": list_pipeline_versions,
    "UpdatePipelineVersion": update_pipeline_version,
}
