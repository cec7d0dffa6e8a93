"""Executions of pipelines: started, followed, stopped, made again."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.engine import executor
from emulator.engine.executions import (
    COMPLETED_WITH_FAILURES,
    DEFINITION_KIND,
    EXECUTING,
    KIND,
    REQUEST_KIND,
    STOPPING,
    add_step,
    end_what_died,
    forget_unsuccessful,
    step_documents,
    touch,
)
from emulator.engine.graph import FAILED, STOPPED
from emulator.engine.parameters import as_given, execution_values
from emulator.engine.starting import experiment_config, lent_steps, new_execution
from emulator.engine.steps import callbacks
from emulator.errors import AwsError, resource_not_found, validation_error
from emulator.services.sagemaker import listing
from emulator.services.sagemaker.experiments.configs import (
    begin_execution,
    check_execution_config,
)
from emulator.services.sagemaker.pipelines import (
    checked,
    existing_pipeline,
    existing_version,
    note_run,
    refuse_alias,
)
from emulator.store import Document

DIED = (
    "InternalServerError: The emulator stopped while the execution ran."
    " RetryPipelineExecution goes on from where it was."
)
_STEP_KEYS = (
    "StepName",
    "StepDisplayName",
    "StepDescription",
    "StartTime",
    "EndTime",
    "StepStatus",
    "CacheHitResult",
    "FailureReason",
    "Metadata",
    "AttemptCount",
    "SelectiveExecutionResult",
)
_SUMMARY_KEYS = (
    "PipelineExecutionArn",
    "StartTime",
    "PipelineExecutionStatus",
    "PipelineExecutionDescription",
    "PipelineExecutionDisplayName",
    "PipelineExecutionFailureReason",
)


def existing_execution(context: Context, execution_arn: str) -> Document:
    """The execution's document.

    Raises:
        AwsError: ResourceNotFound.
    """
    execution = context.store.get(KIND, execution_arn)
    if execution is None:
        raise resource_not_found(f"PipelineExecution '{execution_arn}' does not exist.")
    return execution


@blocking
def start_pipeline_execution(context: Context, request: Request) -> Answer:
    """Start an execution; the same ClientRequestToken gives the same one again.

    Raises:
        AwsError: ResourceNotFound; ValidationException with every fault of the parameters, or of
            a definition that an earlier release of the emulator took.
    """
    refuse_alias(request)
    pipeline = existing_pipeline(context, request["PipelineName"])
    token = request["ClientRequestToken"]
    token_name = f"{pipeline['PipelineArn']}/{token}"
    known = context.store.get(REQUEST_KIND, token_name)
    if known is not None:
        return {"PipelineExecutionArn": known["PipelineExecutionArn"]}
    version = existing_version(context, pipeline, request.get("PipelineVersionId"))
    definition = checked(version["PipelineDefinition"])
    values, faults = execution_values(definition, request.get("PipelineParameters", []))
    lent = lent_steps(context, pipeline, definition, request, faults)
    if faults:
        raise validation_error(" ".join(faults))
    execution = new_execution(context, pipeline, version, request, values)
    if definition.experiment_config:
        execution["PipelineExperimentConfig"] = experiment_config(definition, execution)
        check_execution_config(context, execution["PipelineExperimentConfig"])
    arn = execution["PipelineExecutionArn"]
    with context.store.transaction():
        known = context.store.get(REQUEST_KIND, token_name)
        if known is not None:
            return {"PipelineExecutionArn": known["PipelineExecutionArn"]}
        context.store.insert(
            REQUEST_KIND, token_name, {"Token": token, "PipelineExecutionArn": arn}
        )
        context.store.insert(KIND, arn, execution)
        kept = {
            "PipelineDefinition": version["PipelineDefinition"],
            "CreationTime": version["CreationTime"],
        }
        context.store.insert(DEFINITION_KIND, arn, kept)
        if "PipelineExperimentConfig" in execution:
            begin_execution(context, execution["PipelineExperimentConfig"], arn)
        for document in lent:
            add_step(context, arn, document)
        note_run(context, pipeline, version, execution)
    executor.start(context, arn)
    return {"PipelineExecutionArn": arn}


def describe_pipeline_execution(context: Context, request: Request) -> Answer:
    """An execution as it stands."""
    return existing_execution(context, request["PipelineExecutionArn"])


def list_pipeline_executions(context: Context, request: Request) -> Answer:
    """A pipeline's executions, the newest first unless asked otherwise."""
    refuse_alias(request)
    pipeline = existing_pipeline(context, request["PipelineName"])
    documents = [
        {
            **document,
            "StartTime": document["CreationTime"],
            **_renamed(document, "FailureReason", "PipelineExecutionFailureReason"),
        }
        for document in context.store.list(KIND, f"{pipeline['PipelineArn']}/execution/")
    ]
    summaries, next_token = listing.page(
        documents,
        request,
        name_key="PipelineExecutionArn",
        time_key="StartTime",
        summary_keys=_SUMMARY_KEYS,
        sort_keys={"PipelineExecutionArn": "PipelineExecutionArn"},
    )
    return {"PipelineExecutionSummaries": summaries, "NextToken": next_token}


def update_pipeline_execution(context: Context, request: Request) -> Answer:
    """Change what an execution is called, or how many of its steps run at a time."""
    arn = existing_execution(context, request["PipelineExecutionArn"])["PipelineExecutionArn"]
    members = (
        "PipelineExecutionDescription",
        "PipelineExecutionDisplayName",
        "ParallelismConfiguration",
    )
    changes = {key: request[key] for key in members if key in request}
    touch(context, arn, lambda document: document.update(changes))
    return {"PipelineExecutionArn": arn}


def stop_pipeline_execution(context: Context, request: Request) -> Answer:
    """Let no further step start, and end those that run.

    Raises:
        AwsError: ConflictException when it has ended already.
    """
    arn = request["PipelineExecutionArn"]
    with context.store.transaction():
        status = existing_execution(context, arn)["PipelineExecutionStatus"]
        if status not in (EXECUTING, STOPPING):
            raise AwsError(
                "ConflictException",
                f"PipelineExecution '{arn}' is {status}; only one that is Executing can be"
                " stopped.",
            )
        if status == EXECUTING:
            touch(context, arn, lambda document: document.update(PipelineExecutionStatus=STOPPING))
    return {"PipelineExecutionArn": arn}


def retry_pipeline_execution(context: Context, request: Request) -> Answer:
    """Go on with an execution that failed or was stopped: what succeeded is kept.

    Raises:
        AwsError: ConflictException when it did neither, or ended with a Fail step.
    """
    arn, token = request["PipelineExecutionArn"], request["ClientRequestToken"]
    with context.store.transaction():
        execution = existing_execution(context, arn)
        if execution.get("_RetryToken") == token:
            return {"PipelineExecutionArn": arn}
        status = execution["PipelineExecutionStatus"]
        if status not in (FAILED, STOPPED, COMPLETED_WITH_FAILURES):
            raise AwsError(
                "ConflictException",
                f"PipelineExecution '{arn}' is {status}; only one that is Failed or Stopped can be"
                " retried.",
            )
        if executor.has_reached_fail(step_documents(context, arn)):
            raise AwsError(
                "ConflictException",
                f"PipelineExecution '{arn}' ended with a Fail step, so it cannot be retried;"
                " start a new one.",
            )
        attempts = forget_unsuccessful(context, arn)

        def change(document: Document) -> None:
            document |= {"PipelineExecutionStatus": EXECUTING, "_RetryToken": token}
            document["_Attempts"] |= attempts
            document.pop("FailureReason", None)
            if "ParallelismConfiguration" in request:
                document["ParallelismConfiguration"] = request["ParallelismConfiguration"]

        touch(context, arn, change)
    executor.start(context, arn)
    return {"PipelineExecutionArn": arn}


def list_pipeline_execution_steps(context: Context, request: Request) -> Answer:
    """The steps that have started, the newest first unless asked otherwise.

    Steps of a branch that was not taken, and steps behind a failed one, are not among them.
    """
    arn = request.get("PipelineExecutionArn")
    if arn is None:
        raise validation_error("PipelineExecutionArn is required.")
    existing_execution(context, arn)
    steps, next_token = listing.page(
        step_documents(context, arn).values(),
        request,
        name_key="StepName",
        time_key="StartTime",
        summary_keys=_STEP_KEYS,
    )
    return {"PipelineExecutionSteps": steps, "NextToken": next_token}


def list_pipeline_parameters_for_execution(context: Context, request: Request) -> Answer:
    """Each parameter's value in an execution, defaults among them, in the definition's order."""
    execution = existing_execution(context, request["PipelineExecutionArn"])
    parameters = [
        {"Name": name, "Value": as_given(value), "_Position": position}
        for position, (name, value) in enumerate(execution["_Parameters"].items())
    ]
    page, next_token = listing.page(
        parameters,
        {key: request[key] for key in ("MaxResults", "NextToken") if key in request},
        name_key="Name",
        time_key="_Position",
        summary_keys=("Name", "Value"),
        default_order="Ascending",
    )
    return {"PipelineParameters": page, "NextToken": next_token}


def describe_pipeline_definition_for_execution(context: Context, request: Request) -> Answer:
    """The definition that an execution runs, whatever became of the pipeline since."""
    arn = existing_execution(context, request["PipelineExecutionArn"])["PipelineExecutionArn"]
    return context.store.get(DEFINITION_KIND, arn) or {}


def send_pipeline_execution_step_success(context: Context, request: Request) -> Answer:
    """End a Callback step well, with its outputs.

    Raises:
        AwsError: ResourceNotFound when no step waits for the token; ValidationException when the
            outputs are not those that the step declares.
    """
    outputs = request.get("OutputParameters", [])
    arn = callbacks.succeed(
        context, request["CallbackToken"], outputs, request.get("ClientRequestToken")
    )
    return {"PipelineExecutionArn": arn}


def send_pipeline_execution_step_failure(context: Context, request: Request) -> Answer:
    """Fail a Callback step.

    Raises:
        AwsError: ResourceNotFound when no step waits for the token.
    """
    reason, request_token = request.get("FailureReason"), request.get("ClientRequestToken")
    arn = callbacks.fail(context, request["CallbackToken"], reason, request_token)
    return {"PipelineExecutionArn": arn}


def cache_report(context: Context, execution_arn: str) -> list[dict[str, Any]]:
    """For each started step whether its result was reused, and why or why not.

    No operation of AWS tells the reason; this is the emulator's own answer.

    Raises:
        AwsError: ResourceNotFound.
    """
    existing_execution(context, execution_arn)
    return [
        {"StepName": name, "StepType": document["_StepType"], **document["_Cache"]}
        for name, document in step_documents(context, execution_arn).items()
        if "_Cache" in document
    ]


def recover(context: Context) -> None:
    """Fail the executions that died with the last process."""
    end_what_died(context, DIED)
    callbacks.forget_all(context)


def _renamed(document: Document, old: str, new: str) -> dict[str, Any]:
    return {new: document[old]} if old in document else {}


OPERATIONS: Mapping[str, Handler] = {
    "StartPipelineExecution": start_pipeline_execution,
    "DescribePipelineExecution": describe_pipeline_execution,
    "ListPipelineExecutions": list_pipeline_executions,
    "UpdatePipelineExecution": update_pipeline_execution,
    "StopPipelineExecution": stop_pipeline_execution,
    "RetryPipelineExecution": retry_pipeline_execution,
    "ListPipelineExecutionSteps": list_pipeline_execution_steps,
    "ListPipelineParametersForExecution": list_pipeline_parameters_for_execution,
    "DescribePipelineDefinitionForExecution": describe_pipeline_definition_for_execution,
    "SendPipelineExecutionStepSuccess": send_pipeline_execution_step_success,
    "SendPipelineExecutionStepFailure": send_pipeline_execution_step_failure,
}
