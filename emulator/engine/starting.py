"""What a new execution starts with."""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.context import Context, Request
from emulator.engine.definition import Definition
from emulator.engine.executions import (
    EXECUTING,
    KIND,
    Document,
    execution_id,
    step_documents,
)
from emulator.engine.graph import FAILED, SUCCEEDED
from emulator.engine.naming import new_execution_id
from emulator.engine.plan import execution_variables
from emulator.engine.references import Scope, UnresolvedReference, resolve
from emulator.engine.selection import lent, needed, selection_faults
from emulator.errors import validation_error


def new_execution(
    context: Context,
    pipeline: Document,
    version: Document,
    request: Request,
    values: Mapping[str, Any],
) -> Document:
    """The document of an execution that starts now.

    ``pipeline`` and ``version`` are kept documents, ``request`` is StartPipelineExecution's.
    """
    now = context.clock()
    execution: Document = {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": f"{pipeline['PipelineArn']}/execution/{new_execution_id()}",
        "PipelineExecutionDisplayName": f"execution-{int(now * 1000)}",
        "PipelineExecutionStatus": EXECUTING,
        "CreationTime": now,
        "LastModifiedTime": now,
        "PipelineVersionId": version["PipelineVersionId"],
        "RoleArn": request.get("RoleArn", pipeline["RoleArn"]),
        "_PipelineName": pipeline["PipelineName"],
        "_Parameters": dict(values),
        "_Attempts": {},
        "_Revision": 0,
    }
    for key in (
        "PipelineExecutionDisplayName",
        "PipelineExecutionDescription",
        "SelectiveExecutionConfig",
    ):
        if key in request:
            execution[key] = request[key]
    if "SelectiveExecutionConfig" in request:
        execution["_SelectedSteps"] = _selected(request)
    parallelism = request.get("ParallelismConfiguration", pipeline.get("ParallelismConfiguration"))
    if parallelism:
        execution["ParallelismConfiguration"] = parallelism
    return execution


def experiment_config(definition: Definition, execution: Document) -> dict[str, Any]:
    """The definition's PipelineExperimentConfig with its expressions resolved.

    What it does not name is called like the pipeline and the execution. Source: the SDK's
    PipelineExperimentConfig.

    Raises:
        AwsError: ValidationException when an expression needs a step.
    """

    def nothing(*_: str) -> Any:
        raise UnresolvedReference("no step has run yet")

    scope = Scope(
        execution["_Parameters"], execution_variables(execution), nothing, nothing, nothing
    )
    try:
        resolved: dict[str, Any] = resolve(dict(definition.experiment_config), scope)
    except UnresolvedReference as error:
        raise validation_error(f"PipelineExperimentConfig: {error}") from error
    default = {
        "ExperimentName": execution["_PipelineName"],
        "TrialName": execution_id(execution["PipelineExecutionArn"]),
    }
    return default | resolved


def _selected(request: Request) -> list[str]:
    return [step["StepName"] for step in request["SelectiveExecutionConfig"]["SelectedSteps"]]


def lent_steps(
    context: Context,
    pipeline: Document,
    definition: Definition,
    request: Request,
    faults: list[str],
) -> list[Document]:
    """The steps that the selected ones need, out of the source execution; faults are noted."""
    if "SelectiveExecutionConfig" not in request:
        return []
    selected = _selected(request)
    faults += selection_faults(definition, selected)
    names = needed(definition, selected)
    source_arn = request["SelectiveExecutionConfig"].get("SourcePipelineExecutionArn")
    if faults or not names:
        return []
    if source_arn is None:
        # Source: https://github.com/aws/sagemaker-python-sdk/issues/4444
        faults.append(
            "Invalid SourcePipelineExecutionArn: null. The selected steps"
            f" [{', '.join(selected)}] have dependencies on [{', '.join(names)}]: give an"
            " execution in which these succeeded."
        )
        return []
    source = context.store.get(KIND, source_arn)
    if source is None:
        faults.append(f"SelectiveExecutionConfig: {source_arn} does not exist.")
        return []
    if source["PipelineArn"] != pipeline["PipelineArn"]:
        faults.append(f"SelectiveExecutionConfig: {source_arn} is of another pipeline.")
    elif source["PipelineExecutionStatus"] not in (SUCCEEDED, FAILED):
        status = source["PipelineExecutionStatus"]
        faults.append(
            f"SelectiveExecutionConfig: {source_arn} is {status}; it must be Succeeded or Failed."
        )
    return _lend(context, names, source_arn, faults)


def _lend(
    context: Context, names: Iterable[str], source_arn: str, faults: list[str]
) -> list[Document]:
    source_steps = step_documents(context, source_arn)
    documents = []
    for name in names:
        document, fault = lent(source_steps.get(name), name, source_arn, context.clock())
        if fault is not None:
            faults.append(fault)
        elif document is not None:
            documents.append(document)
    return documents
