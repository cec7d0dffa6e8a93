"""Steps that are jobs: create the job, sleep until it has ended."""

from typing import Any

from emulator.engine.executions import KIND, Document
from emulator.engine.steps.resources import RESOURCES, Resource
from emulator.engine.steps.run import (
    CAPACITY_ERROR,
    JOB_INTERNAL_ERROR,
    RESOURCE_LIMIT,
    StepFailed,
    StepResult,
    StepRun,
    StepStopped,
)

_REASON_EXCEPTIONS = (
    ("InternalServerError", JOB_INTERNAL_ERROR),
    ("CapacityError", CAPACITY_ERROR),
    ("ResourceLimitExceeded", RESOURCE_LIMIT),
)
_OVERDUE = "MaxRuntimeExceeded"


def run_processing(run: StepRun) -> StepResult:
    """CreateProcessingJob, to its end."""
    return _run_job(run, "CreateProcessingJob", "ProcessingJobStatus", is_recorded=True)


def run_training(run: StepRun) -> StepResult:
    """CreateTrainingJob, to its end."""
    return _run_job(run, "CreateTrainingJob", "TrainingJobStatus", is_recorded=True)


def run_tuning(run: StepRun) -> StepResult:
    """CreateHyperParameterTuningJob, to its end."""
    try:
        return _run_job(run, "CreateHyperParameterTuningJob", "HyperParameterTuningJobStatus")
    except StepFailed as failure:
        # A tuning job makes failed training jobs again itself. Source:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
        if failure.exception_type == JOB_INTERNAL_ERROR:
            raise StepFailed(failure.reason) from failure
        raise


def run_transform(run: StepRun) -> StepResult:
    """CreateTransformJob, to its end."""
    return _run_job(run, "CreateTransformJob", "TransformJobStatus", is_recorded=True)


def _run_job(
    run: StepRun, operation: str, status_member: str, *, is_recorded: bool = False
) -> StepResult:
    """``is_recorded``: the job belongs to the execution's trial, if it has one."""
    resource = RESOURCES[run.step.type]
    arguments = {**run.tagged(), resource.name_member: run.job_name}
    if is_recorded:
        arguments |= _experiment_config(run)
    answer = run.call(operation, **arguments)
    result = StepResult(
        {resource.metadata: {"Arn": answer[resource.arn_member]}}, resource_name=run.job_name
    )
    run.report(result)
    job = run.context.store.wait_until(
        resource.kind,
        run.job_name,
        lambda document: document[status_member] in ("Completed", "Failed", "Stopped"),
    )
    if job[status_member] == "Completed":
        return result
    raise _end(run, resource, job, job[status_member])


def _experiment_config(run: StepRun) -> dict[str, Any]:
    execution = run.context.store.get(KIND, run.execution_arn) or {}
    config = execution.get("PipelineExperimentConfig")
    if config is None:
        return {}
    return {"ExperimentConfig": {**run.arguments.get("ExperimentConfig", {}), **config}}


def _end(run: StepRun, resource: Resource, job: Document, status: str) -> Exception:
    """What a job's end other than Completed means for the step."""
    reason = str(job.get("FailureReason") or job.get("ExitMessage") or "")
    if status == "Stopped" and not run.is_stopping() and _is_overdue(job):
        limit = _limit_seconds(job)
        return StepFailed(
            reason
            or f"ClientError: {resource.kind} {run.job_name} ran longer than its"
            f" MaxRuntimeInSeconds{'' if limit is None else f' of {limit}'} and was stopped."
        )
    if status == "Stopped":
        return StepStopped(reason)
    for start, exception_type in _REASON_EXCEPTIONS:
        if reason.startswith(start):
            return StepFailed(reason, exception_type)
    return StepFailed(reason or f"{resource.kind} {run.job_name} failed and gave no reason.")


def _is_overdue(job: Document) -> bool:
    said = f"{job.get('SecondaryStatus')} {job.get('FailureReason')} {job.get('ExitMessage')}"
    return _OVERDUE in said or "MaxRuntimeInSeconds" in said


def _limit_seconds(job: Document) -> Any:
    return job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
