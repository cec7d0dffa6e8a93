"""What a failed execution has to say: one report, with the script's own words first."""

import re
from collections.abc import Sequence
from typing import Any

from pipelines import job as jobs
from pipelines.execution import Execution, Step
from pipelines.job import Job
from pipelines.job_log import JobLog, command_to_read, last_words, read_log

# In what InvokeEndpoint says of a model's error, and so in what a function fails with that asked.
_ENDPOINT_LOG = re.compile(r"/aws/sagemaker/Endpoints/[A-Za-z0-9-]+")
_NO_OBJECTS = re.compile(r'No S3 objects found under S3 URL "(?P<s3_uri>[^"]+)"')


def report(sagemaker: Any, logs: Any, execution: Execution) -> str:
    """The text to show when an execution did not succeed: each step that failed, once.

    Args:
        sagemaker: a SageMaker client.
        logs: a CloudWatch Logs client.
        execution: as it ended.
    """
    failed = [step for step in execution.steps if step.status == "Failed"]
    lines = [f"Pipeline execution {execution.status}: {execution.arn}"]
    if execution.failure_reason not in {"", *(step.failure_reason for step in failed)}:
        lines.append(execution.failure_reason)
    told: set[JobLog] = set()
    for step in failed:
        lines += ["", *_step_lines(sagemaker, logs, execution, step, told)]
    not_run = [step.name for step in execution.steps if step.status == "Stopped"]
    if not_run:
        lines += ["", f"Stopped steps: {', '.join(not_run)}"]
    return "\n".join(lines)


def _step_lines(
    sagemaker: Any, logs: Any, execution: Execution, step: Step, told: set[JobLog]
) -> list[str]:
    lines = [f"Step {step.name} failed.", *_indented(step.failure_reason.splitlines())]
    lines += _indented(_empty_outputs(sagemaker, execution, step))
    job = _job_to_look_at(sagemaker, step)
    if job is None:
        return [*lines, *_endpoint_lines(logs, step, told)]
    more = [line for line in job.failure_reason.splitlines() if line not in step.failure_reason]
    lines += [f"  {job.kind} {job.name}: {job.status}", *_indented(more)]
    log = read_log(logs, job.log_group, job.log_stream_prefix) if job.log_group else None
    lines += _said(log) if log else []
    lines += ["  It was given:", *_indented([f"{k}: {v}" for k, v in job.inputs.items()], 4)]
    if log is None and job.log_group:
        lines.append(
            f"  It wrote no log (group {job.log_group}, streams {job.log_stream_prefix}*)."
        )
    return lines + (_where(log) if log else [])


def _endpoint_lines(logs: Any, step: Step, told: set[JobLog]) -> list[str]:
    """What the endpoint wrote that a step made or asked; several steps may ask the same one."""
    group = _endpoint_log(step)
    if not group:
        return []
    # What an endpoint's instances wrote before this step is of other models.
    log = read_log(logs, group, since=step.start if step.type == "Endpoint" else None)
    if log is None:
        return [f"  It wrote no log (group {group})."]
    if log in told:
        return ["  What the script said and where its log is: see above."]
    told.add(log)
    return [*_said(log), *_where(log)]


def _job_to_look_at(sagemaker: Any, step: Step) -> Job | None:
    job = jobs.of_step(sagemaker, step)
    if job is not None and job.kind == "HyperParameterTuningJob":
        return jobs.failed_training_job(sagemaker, job) or jobs.with_a_log(sagemaker, job)
    return job


def _endpoint_log(step: Step) -> str:
    """The log group of the endpoint that a step made or asked; "" if it did neither.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
    """
    if step.type == "Endpoint" and step.arn:
        return f"/aws/sagemaker/Endpoints/{step.arn.rsplit('/', 1)[-1]}"
    asked = _ENDPOINT_LOG.search(step.failure_reason)
    return asked.group() if asked else ""


def _empty_outputs(sagemaker: Any, execution: Execution, failed: Step) -> list[str]:
    """Which outputs of earlier steps the inputs were that the failed step found empty."""
    empty = {match["s3_uri"].rstrip("/") for match in _NO_OBJECTS.finditer(failed.failure_reason)}
    if not empty:
        return []
    found = []
    for step in execution.steps:
        job = jobs.of_step(sagemaker, step) if step.type == "ProcessingJob" else None
        for name, s3_uri, path in jobs.processing_outputs(job) if job else ():
            if s3_uri.rstrip("/") in empty:
                found.append(
                    f"It is output {name} of step {step.name}, which put nothing in {path}."
                )
    return found


def _said(log: JobLog) -> list[str]:
    words = last_words(log.lines)
    return ["  The script said:", *_indented(words, 4)] if words else ["  The script said nothing."]


def _where(log: JobLog) -> list[str]:
    return [
        f"  The log is in CloudWatch Logs, group {log.group}, stream {log.stream}:",
        f"    {command_to_read(log)}",
    ]


def _indented(lines: Sequence[str], columns: int = 2) -> list[str]:
    return [" " * columns + line for line in lines]
