"""EMR and EMRServerless steps: on a cluster or an application that is there, or on a new one.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html: with
ClusterConfig, Pipelines makes the cluster for the step and terminates it afterwards.
"""

import logging
import secrets
from typing import Any

from emulator.engine.steps.run import (
    JOB_INTERNAL_ERROR,
    StepFailed,
    StepResult,
    StepRun,
    StepStopped,
)
from emulator.errors import AwsError

logger = logging.getLogger(__name__)

_STEP_KIND, _JOB_RUN_KIND = "EmrStep", "EmrServerlessJobRun"
_STEP_ENDS = ("COMPLETED", "CANCELLED", "FAILED", "INTERRUPTED")
_JOB_RUN_ENDS = ("SUCCESS", "FAILED", "CANCELLED")
_INTERNAL = ("The emulator stopped", "InternalServerError")


def run_emr(run: StepRun) -> StepResult:
    """AddJobFlowSteps, or RunJobFlow with the step on a cluster that ends with it."""
    step = {**run.arguments["StepConfig"], "Name": run.job_name}
    if "ClusterId" in run.arguments:
        cluster_id, step_id = _added(run, step)
    else:
        cluster_id, step_id = _on_new_cluster(run, step)
    name = f"{cluster_id}/{step_id}"
    cluster = run.call("DescribeCluster", "emr", ClusterId=cluster_id)["Cluster"]
    log_uri = cluster.get("LogUri", "").rstrip("/")
    metadata = {"ClusterId": cluster_id, "StepId": step_id, "StepName": run.job_name}
    if log_uri:
        metadata["LogFilePath"] = f"{log_uri}/{cluster_id}/steps/{step_id}/stderr.gz"
    result = StepResult({"EMR": metadata}, resource_name=name)
    run.report(result)
    ended = run.context.store.wait_until(
        _STEP_KIND, name, lambda document: document["Status"]["State"] in _STEP_ENDS
    )
    status = ended["Status"]
    if status["State"] == "COMPLETED":
        return result
    details = status.get("FailureDetails", {}).get("Message")
    reason = details or status["StateChangeReason"].get("Message", "it gave no reason")
    if status["State"] == "CANCELLED":
        raise _cancelled(run, f"EMR step {step_id} of cluster {cluster_id}", reason)
    raise _failed(f"EMR step {step_id} of cluster {cluster_id}", reason)


def _added(run: StepRun, step: dict[str, Any]) -> tuple[str, str]:
    cluster_id = run.arguments["ClusterId"]
    role = {key: run.arguments[key] for key in ("ExecutionRoleArn",) if key in run.arguments}
    answer = run.call("AddJobFlowSteps", "emr", JobFlowId=cluster_id, Steps=[step], **role)
    return cluster_id, answer["StepIds"][0]


def _on_new_cluster(run: StepRun, step: dict[str, Any]) -> tuple[str, str]:
    """A cluster that ends with its only step, also when the emulator is started again meanwhile."""
    config = run.arguments["ClusterConfig"]
    instances = {**config["Instances"], "KeepJobFlowAliveWhenNoSteps": False}
    tagged = run.tagged()["Tags"]
    own = {tag["Key"] for tag in tagged}
    tags = [tag for tag in config.get("Tags", []) if tag.get("Key") not in own]
    made = run.call(
        "RunJobFlow",
        "emr",
        **{**config, "Name": run.job_name, "Instances": instances, "Tags": [*tags, *tagged]},
        Steps=[step],
    )
    cluster_id = made["JobFlowId"]
    return cluster_id, run.call("ListSteps", "emr", ClusterId=cluster_id)["Steps"][0]["Id"]


def run_emr_serverless(run: StepRun) -> StepResult:
    """StartJobRun, on an application that is made for it and deleted afterwards if need be."""
    application_id = run.arguments.get("ApplicationId")
    if application_id is not None:
        return _run_job(run, application_id)
    config = run.arguments["ApplicationConfig"]
    created = run.call(
        "CreateApplication",
        "emr-serverless",
        **{"name": run.job_name, **config},
        clientToken=_token(),
    )
    application_id = created["applicationId"]
    try:
        return _run_job(run, application_id)
    finally:
        _delete(run, application_id)


def _run_job(run: StepRun, application_id: str) -> StepResult:
    job = {
        "name": run.job_name,
        **run.arguments["JobConfig"],
        "applicationId": application_id,
        "executionRoleArn": run.arguments["ExecutionRoleArn"],
    }
    started = run.call("StartJobRun", "emr-serverless", **job, clientToken=_token())
    name = f"{application_id}/{started['jobRunId']}"
    metadata = {
        "ApplicationId": application_id,
        "JobRunId": started["jobRunId"],
        "JobRunName": job["name"],
        **_log_file_path(job, name),
    }
    result = StepResult({"EMRServerless": metadata}, resource_name=name)
    run.report(result)
    ended = run.context.store.wait_until(
        _JOB_RUN_KIND, name, lambda document: document["state"] in _JOB_RUN_ENDS
    )
    if ended["state"] == "SUCCESS":
        return result
    what = f"EMR Serverless job run {started['jobRunId']} of application {application_id}"
    if ended["state"] == "CANCELLED":
        raise _cancelled(run, what, ended["stateDetails"])
    raise _failed(what, ended["stateDetails"])


def _log_file_path(job: dict[str, Any], name: str) -> dict[str, str]:
    monitoring = job.get("configurationOverrides", {}).get("monitoringConfiguration", {})
    uri = monitoring.get("s3MonitoringConfiguration", {}).get("logUri")
    if not uri:
        return {}
    application_id, job_run_id = name.split("/")
    place = f"applications/{application_id}/jobs/{job_run_id}/SPARK_DRIVER/stderr.gz"
    return {"LogFilePath": f"{uri.rstrip('/')}/{place}"}


def _delete(run: StepRun, application_id: str) -> None:
    try:
        for operation in ("StopApplication", "DeleteApplication"):
            run.context.api.call("emr-serverless", operation, applicationId=application_id)
    except AwsError as error:
        logger.warning("application %s: %s", application_id, error)


def _cancelled(run: StepRun, what: str, reason: str) -> Exception:
    """What was cancelled has stopped the step, but only if that is what the execution wanted."""
    if run.is_stopping():
        return StepStopped(reason)
    return StepFailed(f"ClientError: {what} was cancelled: {reason}")


def _failed(what: str, reason: str) -> StepFailed:
    exception_type = JOB_INTERNAL_ERROR if reason.startswith(_INTERNAL) else None
    return StepFailed(f"ClientError: {what} failed: {reason}", exception_type)


def _token() -> str:
    return secrets.token_hex(16)
