"""One job run, from its process to its logs in S3.

Source: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html:
logUri/applications/APPLICATION_ID/jobs/JOB_RUN_ID/SPARK_DRIVER/{stdout,stderr}.gz.
"""

import logging
import re
import shlex

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.emr_serverless.records import (
    APPLICATION,
    CANCELLED,
    CANCELLING,
    DETAILS_CHARACTERS,
    ENDED,
    FAILED,
    JOB_RUN,
    RUNNING,
    SUBMITTED,
    SUCCESS,
    job_run_name,
)
from emulator.services.sagemaker.jobs.container_runs import EXITED, TIMED_OUT
from emulator.services.sagemaker.jobs.failures import ClientFault
from emulator.services.spark import runs
from emulator.services.spark.configurations import spark_settings
from emulator.services.spark.logs import write_logs
from emulator.services.spark.runs import SparkExit, SparkRun
from emulator.store import Document

logger = logging.getLogger(__name__)

FOLDER = "emr-serverless"
_STOPPED = "The emulator stopped while the job ran; start the job again."
_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


def start(context: Context, job_run: Document) -> None:
    """Run a job run in a thread of its own."""
    context.workers.start(f"emr-serverless {job_run['jobRunId']}", run_job, context, job_run)


def run_job(context: Context, job_run: Document) -> None:
    """Run a job run to its end, whatever happens."""
    job_run_id = job_run["jobRunId"]
    name = job_run_name(job_run["applicationId"], job_run_id)
    with runs.handle_of(context, job_run_id) as handle:
        begun = context.store.update(JOB_RUN, name, lambda run: _begin(run, context.clock()))
        if begun["state"] != RUNNING:
            return
        ended: SparkExit | None = None
        try:
            ended = runs.submit(context, _spark_run(context, begun), handle)
            state, details = _ending(begun, ended, was_cancelled=handle.stop_requested.is_set())
        except (ClientFault, AwsError) as error:
            state, details = FAILED, error.message
        except Exception as error:  # the thread's boundary: the run has to end all the same
            logger.exception("job run %s failed in the emulator", name)
            state, details = FAILED, f"InternalServerError: {error}"
        if ended is not None:
            _write_logs(context, begun, ended)
    _end(context, name, state, details)


def _begin(run: Document, now: float) -> None:
    if run["state"] == SUBMITTED:
        run.update(state=RUNNING, updatedAt=now, startedAt=now)


def _ending(run: Document, ended: SparkExit, *, was_cancelled: bool) -> tuple[str, str]:
    if ended.exit.cause == TIMED_OUT:
        return CANCELLED, f"Job timed out after {run['executionTimeoutMinutes']} minutes."
    if was_cancelled or ended.exit.cause != EXITED:
        return CANCELLED, "Job was cancelled."
    if ended.exit.code == 0:
        return SUCCESS, ""
    # Source: the words of stateDetails as GetJobRun answers them.
    return FAILED, (
        "Job failed, please check complete logs in configured logging destination. "
        f"ExitCode: {ended.exit.code}. Last few exceptions: {ended.reason}"
    )


def _end(context: Context, name: str, state: str, details: str) -> None:
    def end(run: Document) -> None:
        if run["state"] in ENDED:  # the emulator is shutting down and has failed it
            return
        now = context.clock()
        began = run.get("startedAt", now)
        run.update(
            state=state,
            stateDetails=details[:DETAILS_CHARACTERS],
            updatedAt=now,
            endedAt=now,
            totalExecutionDurationSeconds=int(now - began),
        )

    context.store.update(JOB_RUN, name, end)


def _spark_run(context: Context, run: Document) -> SparkRun:
    driver = run["jobDriver"]["sparkSubmit"]
    application = context.store.get(APPLICATION, run["applicationId"]) or {}
    overrides = run.get("configurationOverrides", {}).get("applicationConfiguration", ())
    words = _NOT_IN_FILE_NAMES.sub("-", run.get("name", ""))[:100]
    prefix = f"{words}/" if words else ""
    return SparkRun(
        folder=FOLDER,
        run_id=run["jobRunId"],
        # AWS's stream but for the name in front, by which `emulator logs` finds it.
        log=f"aws/emr-serverless/{prefix}{_place(run)}/stdout",
        arguments=(
            *spark_settings(application.get("runtimeConfiguration", ()), "classification"),
            *spark_settings(overrides, "classification"),
            *shlex.split(driver.get("sparkSubmitParameters", "")),
            driver["entryPoint"],
            *driver.get("entryPointArguments", ()),
        ),
        variables={
            "EMR_SERVERLESS_APPLICATION_ID": run["applicationId"],
            "EMR_SERVERLESS_JOB_RUN_ID": run["jobRunId"],
        },
        timeout_seconds=run["executionTimeoutMinutes"] * 60,
    )


def _place(run: Document) -> str:
    return f"applications/{run['applicationId']}/jobs/{run['jobRunId']}/SPARK_DRIVER"


def log_folder(run: Document) -> str | None:
    """Where the job run's logs are in S3, if they are to be there."""
    monitoring = run.get("configurationOverrides", {}).get("monitoringConfiguration", {})
    uri = monitoring.get("s3MonitoringConfiguration", {}).get("logUri")
    return f"{uri.rstrip('/')}/{_place(run)}" if uri else None


def _write_logs(context: Context, run: Document, ended: SparkExit) -> None:
    folder = log_folder(run)
    if folder is None:
        return
    try:
        write_logs(context, folder, {"stdout": ended.stdout, "stderr": ended.stderr})
    except AwsError as error:
        logger.warning("logs of job run %s: %s", run["jobRunId"], error)


def _fail_interrupted(context: Context, run: Document) -> None:
    state = CANCELLED if run["state"] == CANCELLING else FAILED
    _end(context, job_run_name(run["applicationId"], run["jobRunId"]), state, _STOPPED)


def recover(context: Context) -> None:
    """Fail the job runs that died with the last emulator."""
    runs.end_those_left(context, FOLDER)
    for run in context.store.list(JOB_RUN):
        if run["state"] not in ENDED:
            _fail_interrupted(context, run)


def shut_down(context: Context) -> None:
    """Fail and end the job runs that run."""
    for run in context.store.list(JOB_RUN):
        if run["state"] not in ENDED:
            _fail_interrupted(context, run)
            runs.end_now(context, run["jobRunId"])
