"""One step, from its process to its logs in S3.

Source: https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-manage-view-web-log-files.html:
LogUri/CLUSTER_ID/steps/STEP_ID/{controller,stdout,stderr}.gz.
"""

import logging
import re
from datetime import UTC, datetime
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.emr.records import (
    CANCEL_PENDING,
    CANCELLED,
    CLUSTER,
    COMPLETED,
    FAILED,
    PENDING,
    RUNNING,
    STEP,
    TERMINATING,
    enter,
    step_name,
)
from emulator.services.sagemaker.jobs.container_runs import EXITED
from emulator.services.sagemaker.jobs.failures import ClientFault
from emulator.services.spark import runs
from emulator.services.spark.configurations import spark_settings
from emulator.services.spark.logs import write_logs
from emulator.services.spark.runs import SparkExit, SparkRun
from emulator.store import Document

logger = logging.getLogger(__name__)

FOLDER = "emr"
_STOPPED = "The emulator stopped while the step ran; add the step again."
_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


def run_step(context: Context, cluster: Document, step_id: str) -> str:
    """Run a step to its end, whatever happens; gives the state it ends in."""
    name = step_name(cluster["Id"], step_id)
    with runs.handle_of(context, step_id) as handle:
        step = context.store.update(STEP, name, lambda each: _begin(each, context.clock()))
        if step["Status"]["State"] != RUNNING:
            return str(step["Status"]["State"])
        now = context.store.get(CLUSTER, cluster["Id"])
        if now is None or now["Status"]["State"] == TERMINATING:
            handle.request_stop()
        try:
            ended: SparkExit | None = runs.submit(context, _spark_run(cluster, step), handle)
            failure = _failure(ended) if ended else None
        except (ClientFault, AwsError) as error:
            ended, failure = None, _details(error.message)
        except Exception as error:  # the thread's boundary: the step has to end all the same
            logger.exception("step %s failed in the emulator", name)
            ended, failure = None, _details(f"InternalServerError: {error}")
        was_stopped = handle.stop_requested.is_set()
    return _end(context, cluster, step, ended, failure, was_stopped=was_stopped)


def fail_interrupted(context: Context, step: Document) -> None:
    """Fail a step that ran when the emulator ended."""

    def fail(document: Document) -> None:
        state = document["Status"]["State"]
        if state in (RUNNING, CANCEL_PENDING):
            ended = CANCELLED if state == CANCEL_PENDING else FAILED
            enter(document, ended, context.clock(), {"Message": _STOPPED})
            document["Status"]["FailureDetails"] = _details(_STOPPED)

    context.store.update(STEP, step_name(step["_ClusterId"], step["Id"]), fail)


def _begin(step: Document, now: float) -> None:
    if step["Status"]["State"] == PENDING:
        enter(step, RUNNING, now, {})


def _spark_run(cluster: Document, step: Document) -> SparkRun:
    words = _NOT_IN_FILE_NAMES.sub("-", step["Name"])
    return SparkRun(
        folder=FOLDER,
        run_id=step["Id"],
        log=f"aws/emr/{cluster['Id']}/{step['Id']}-{words}"[:200],
        arguments=(
            *spark_settings(cluster["Configurations"], "Classification"),
            *step["Config"]["Args"][1:],
        ),
        variables={"EMR_CLUSTER_ID": cluster["Id"], "EMR_STEP_ID": step["Id"]},
    )


def _failure(ended: SparkExit) -> dict[str, str] | None:
    if ended.exit.cause == EXITED and ended.exit.code == 0:
        return None
    return _details(ended.reason or f"the command ended with exit code {ended.exit.code}")


def _details(message: str) -> dict[str, str]:
    # Source: API_FailureDetails: where the root cause is not determined, the reason is this.
    return {"Reason": "Unknown Error.", "Message": message}


def _end(
    context: Context,
    cluster: Document,
    step: Document,
    ended: SparkExit | None,
    failure: dict[str, str] | None,
    *,
    was_stopped: bool,
) -> str:
    state = CANCELLED if was_stopped else FAILED if failure else COMPLETED
    folder = _log_folder(cluster, step["Id"])
    if folder is not None:
        _write_logs(context, folder, step, ended, state, failure)
        if failure and not was_stopped:
            failure["LogFile"] = f"{folder}/stderr.gz"

    def finish(document: Document) -> None:
        if document["Status"]["State"] not in (RUNNING, CANCEL_PENDING):
            return  # the emulator is shutting down and has failed it
        message = {"Message": "Cancelled by user"} if state == CANCELLED else {}
        enter(document, state, context.clock(), message)
        if state == FAILED and failure:
            document["Status"]["FailureDetails"] = failure

    name = step_name(cluster["Id"], step["Id"])
    return str(context.store.update(STEP, name, finish)["Status"]["State"])


def _log_folder(cluster: Document, step_id: str) -> str | None:
    if not cluster.get("LogUri"):
        return None
    return f"{cluster['LogUri'].rstrip('/')}/{cluster['Id']}/steps/{step_id}"


def _write_logs(
    context: Context,
    folder: str,
    step: Document,
    ended: SparkExit | None,
    state: str,
    failure: dict[str, str] | None,
) -> None:
    files = {"controller": _controller(context, step, ended, state, failure).encode()}
    if ended is not None:
        files |= {"stdout": ended.stdout, "stderr": ended.stderr}
    try:
        write_logs(context, folder, files)
    except AwsError as error:
        logger.warning("logs of step %s: %s", step["Id"], error)


def _controller(context: Context, step: Document, *facts: Any) -> str:
    ended, state, failure = facts
    began = step["Status"]["Timeline"].get("StartDateTime", context.clock())
    exit_code = ended.exit.code if ended is not None else None
    told = f": {failure['Message']}" if failure else ""
    return (
        f"{_time(began)} INFO startExec '{' '.join(step['Config']['Args'])}'\n"
        f"{_time(context.clock())} INFO process ended with exit code {exit_code}\n"
        f"{_time(context.clock())} INFO Step {state}{told}\n"
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
