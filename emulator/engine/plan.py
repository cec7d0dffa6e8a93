"""An execution as its executor sees it: the definition in order, and what its expressions mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from emulator.context import Context
from emulator.engine.checking import load_definition
from emulator.engine.definition import Definition
from emulator.engine.executions import (
    DEFINITION_KIND,
    KIND,
    Document,
    execution_id,
    step_document,
)
from emulator.engine.graph import Node, nodes
from emulator.engine.json_paths import PathNotFound, look_up
from emulator.engine.references import Scope, UnresolvedReference
from emulator.engine.steps.resources import properties
from emulator.errors import AwsError

_LISTED_KEYS = 20


@dataclass(frozen=True)
class Plan:
    """One execution of one definition; nothing in it changes while it runs."""

    context: Context
    execution_arn: str
    pipeline_arn: str
    definition: Definition
    ordered: tuple[Node, ...]
    parameters: Mapping[str, Any]
    variables: Mapping[str, Any]

    def scope(self, job_name: str) -> Scope:
        """What a step's expressions may see, when its job has that name."""
        variables = {
            **self.variables,
            "CurrentDateTime": _timestamp(self.context.clock()),
            "TrainingJobName": job_name,
            "ProcessingJobName": job_name,
        }
        known: dict[str, Mapping[str, Any]] = {}

        def properties_of(step_name: str) -> Mapping[str, Any]:
            if step_name not in known:
                known[step_name] = self._properties(step_name)
            return known[step_name]

        def property_file_s3_uri(step_name: str, file_name: str) -> str:
            return self._property_file_s3_uri(step_name, file_name, properties_of(step_name))

        return Scope(self.parameters, variables, properties_of, property_file_s3_uri, self._read)

    def _properties(self, step_name: str) -> Mapping[str, Any]:
        document = step_document(self.context, self.execution_arn, step_name)
        if document is None:
            raise UnresolvedReference(f"step '{step_name}' has not run in this execution")
        try:
            return properties(self.context, self.definition.step(step_name).type, document)
        except AwsError as error:
            raise UnresolvedReference(
                f"what step '{step_name}' made cannot be described: {error.message}"
            ) from error

    def _property_file_s3_uri(
        self, step_name: str, file_name: str, described: Mapping[str, Any]
    ) -> str:
        files = self.definition.step(step_name).property_files
        file = next(file for file in files if file.name == file_name)
        path = ("ProcessingOutputConfig", "Outputs", file.output_name, "S3Output", "S3Uri")
        try:
            output_s3_uri = look_up(described, path)
        except PathNotFound as error:
            raise UnresolvedReference(
                f"property file '{file_name}' of step '{step_name}': the job has no output"
                f" '{file.output_name}' in S3: {error}"
            ) from error
        return f"{str(output_s3_uri).rstrip('/')}/{file.file_path}"

    def _read(self, s3_uri: str) -> bytes:
        parts = urlsplit(s3_uri)
        if parts.scheme != "s3":
            raise UnresolvedReference(f"JsonGet: {s3_uri!r} is not an S3 URI")
        try:
            return self.context.objects.path(parts.netloc, parts.path.lstrip("/")).read_bytes()
        except AwsError as error:
            raise UnresolvedReference(
                f"JsonGet: {s3_uri} cannot be read: {error.message}{self._beside(s3_uri, error)}"
            ) from error

    def _beside(self, s3_uri: str, error: AwsError) -> str:
        """What lies where a file was looked for and not found."""
        if error.code != "NoSuchKey":
            return ""
        folder = s3_uri[: s3_uri.rfind("/") + 1]
        bucket, prefix = urlsplit(folder).netloc, urlsplit(folder).path.lstrip("/")
        found = islice(self.context.objects.list(bucket, prefix), _LISTED_KEYS)
        names = [entry.key.removeprefix(prefix) for entry in found]
        return f" {folder} holds{': ' + ', '.join(names) if names else ' nothing'}."


def open_plan(context: Context, execution_arn: str) -> Plan:
    """The plan of an execution that is kept."""
    execution = context.store.get(KIND, execution_arn)
    kept = context.store.get(DEFINITION_KIND, execution_arn)
    if execution is None or kept is None:
        raise LookupError(f"there is no execution {execution_arn}")
    definition = load_definition(kept["PipelineDefinition"])
    return Plan(
        context=context,
        execution_arn=execution_arn,
        pipeline_arn=execution["PipelineArn"],
        definition=definition,
        ordered=nodes(definition),
        parameters=execution["_Parameters"],
        variables=execution_variables(execution),
    )


def execution_variables(execution: Document) -> dict[str, Any]:
    """The variables that are the same for all of an execution's steps."""
    arn = execution["PipelineExecutionArn"]
    return {
        "StartDateTime": _timestamp(execution["CreationTime"]),
        "PipelineName": execution["_PipelineName"],
        "PipelineArn": execution["PipelineArn"],
        "PipelineExecutionId": execution_id(arn),
        "PipelineExecutionArn": arn,
    }


def _timestamp(epoch_seconds: float) -> str:
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
