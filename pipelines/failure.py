"""What a failed execution has to say: one report, with the script's own words first."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pipelines import job as jobs
from pipelines.execution import Execution, Step
from pipelines.job import Job

_TRACEBACK = "Traceback (most recent call last):"
# Source: https://docs.python.org/3/library/traceback.html
_CHAIN_LINKS = ("direct cause of the following", "another exception occurred")
_LOG_EVENTS = 1000
_TAIL_LINES = 20


@dataclass(frozen=True)
class JobLog:
    """The end of a job's log: its stream, and its last lines."""

    group: str
    stream: str
    lines: tuple[str, ...]


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
    for step in failed:
        lines += ["", *_step_lines(sagemaker, logs, step)]
    not_run = [step.name for step in execution.steps if step.status == "Stopped"]
    if not_run:
        lines += ["", f"Stopped steps: {', '.join(not_run)}"]
    return "\n".join(lines)


def _step_lines(sagemaker: Any, logs: Any, step: Step) -> list[str]:
    lines = [f"Step {step.name} failed.", *_indented(step.failure_reason.splitlines())]
    job = _job_to_look_at(sagemaker, step)
    if job is None:
        return lines
    lines.append(f"  {job.kind} {job.name}: {job.status}")
    lines += _indented(
        [line for line in job.failure_reason.splitlines() if line not in step.failure_reason]
    )
    log = read_log(logs, job) if job.log_group else None
    if log is not None:
        lines += ["  The script said:", *_indented(last_words(log.lines), 4)]
    lines += ["  It was given:", *_indented([f"{k}: {v}" for k, v in job.inputs.items()], 4)]
    return lines + (_where(log) if log is not None else _no_log(job))


def _job_to_look_at(sagemaker: Any, step: Step) -> Job | None:
    job = jobs.of_step(sagemaker, step)
    if job is not None and job.kind == "HyperParameterTuningJob":
        return jobs.failed_training_job(sagemaker, job) or job
    return job


def read_log(logs: Any, job: Job) -> JobLog | None:
    """The newest log stream of a job, its end; None when the job wrote none."""
    try:
        streams = logs.describe_log_streams(
            logGroupName=job.log_group, logStreamNamePrefix=job.log_stream_prefix
        )["logStreams"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    if not streams:
        return None
    stream = max(streams, key=lambda entry: entry.get("lastEventTimestamp", 0))["logStreamName"]
    events = logs.get_log_events(
        logGroupName=job.log_group,
        logStreamName=stream,
        startFromHead=False,
        limit=_LOG_EVENTS,
    )["events"]
    lines = [line for event in events for line in event["message"].splitlines() or [""]]
    return JobLog(job.log_group, stream, tuple(lines))


def last_words(lines: Sequence[str]) -> list[str]:
    """The last traceback in a log, with those it is chained to; without one, the last lines."""
    starts = [number for number, line in enumerate(lines) if line.startswith(_TRACEBACK)]
    if not starts:
        return list(lines[-_TAIL_LINES:])
    first = last = starts.pop()
    for start in reversed(starts):
        between = lines[_end_of_traceback(lines, start) : first]
        if not any(link in line for line in between for link in _CHAIN_LINKS):
            break
        first = start
    return list(lines[first : _end_of_traceback(lines, last)])


def _end_of_traceback(lines: Sequence[str], start: int) -> int:
    # Frames are indented; the first line that is not names the exception.
    number = start + 1
    while number < len(lines) and lines[number].startswith((" ", "\t")):
        number += 1
    return min(number + 1, len(lines))


def _where(log: JobLog) -> list[str]:
    command = ["aws", "logs", "tail", log.group, "--log-stream-names", log.stream]
    command += ["--since", "14d", "--format", "short"]
    return [
        f"  The log is in CloudWatch Logs, group {log.group}, stream {log.stream}:",
        f"    {shlex.join(command)}",
    ]


def _no_log(job: Job) -> list[str]:
    if not job.log_group:
        return []
    return [f"  It wrote no log (group {job.log_group}, streams {job.log_stream_prefix}*)."]


def _indented(lines: Sequence[str], columns: int = 2) -> list[str]:
    return [" " * columns + line for line in lines]
