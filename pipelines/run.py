"""One run of a pipeline from definition to outcome, as the commands of both halves do it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from pipelines import execution as executions
from pipelines import failure, progress, reuse
from pipelines.execution import Execution
from pipelines.job_progress import detailing
from pipelines.source import SourceArchive, upload
from pipelines.upsert import PipelineRequest, start, upsert


@dataclass(frozen=True)
class Clients:
    """The AWS clients of a run."""

    sagemaker: Any
    s3: Any
    logs: Any


def submit(
    clients: Clients,
    pipeline: PipelineRequest,
    archives: tuple[SourceArchive, ...],
    parameters: Mapping[str, str],
    output: TextIO,
    description: str = "",
) -> str:
    """Uploads the code, creates or updates the pipeline and starts it; the execution's ARN.

    The description is the execution's.
    """
    for archive in archives:
        verb = "Uploaded" if upload(clients.s3, archive) else "Already there:"
        print(f"{verb} {archive.s3_uri}", file=output)
    upserted = upsert(clients.sagemaker, pipeline)
    print(f"{'Created' if upserted.is_new else 'Updated'} {upserted.arn}", file=output)
    arn = start(clients.sagemaker, pipeline.name, parameters, description)
    print(f"Started {arn}", file=output, flush=True)
    return arn


def wait(
    clients: Clients,
    pipeline_name: str,
    execution_arn: str,
    output: TextIO,
    errors: TextIO,
    sleep: Callable[[float], object] = time.sleep,
) -> Execution:
    """Shows the steps until the execution ends, then what came of them.

    A success is told step by step on `output`, a failure in one report on `errors`.
    """
    add_details = detailing(clients.sagemaker)
    try:
        with progress.showing(output) as show:
            ended = executions.follow(
                clients.sagemaker,
                execution_arn,
                lambda execution: show(add_details(execution)),
                sleep,
            )
    except KeyboardInterrupt:
        stop = f"aws sagemaker stop-pipeline-execution --pipeline-execution-arn {execution_arn}"
        print(f"It runs on. To stop it:\n  {stop}", file=errors, flush=True)
        raise
    if not ended.has_succeeded:
        print(failure.report(clients.sagemaker, clients.logs, ended), file=errors, flush=True)
        return ended
    for step, reason in reuse.reasons(clients.sagemaker, pipeline_name, ended).items():
        print(f"{step}: {reason}", file=output)
    print(f"Succeeded {execution_arn}", file=output, flush=True)
    return ended
