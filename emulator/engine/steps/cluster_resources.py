"""What EMR and EMRServerless steps run, as those services describe and stop it.

Its name is the id of the cluster or the application, a slash, and that of the step or the job run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.context import Context


@dataclass(frozen=True)
class ClusterResource:
    """How a step type's service describes and stops what the step runs, by its name."""

    describe: Callable[[Context, str], Mapping[str, Any]]
    stop: Callable[[Context, str], None]


def _describe_emr(context: Context, name: str) -> Mapping[str, Any]:
    cluster_id, step_id = name.split("/")
    answer = context.api.call("emr", "DescribeStep", ClusterId=cluster_id, StepId=step_id)
    return {**answer["Step"], "ClusterId": cluster_id}


def _stop_emr(context: Context, name: str) -> None:
    cluster_id, step_id = name.split("/")
    context.api.call(
        "emr",
        "CancelSteps",
        ClusterId=cluster_id,
        StepIds=[step_id],
        StepCancellationOption="TERMINATE_PROCESS",
    )


def _describe_emr_serverless(context: Context, name: str) -> Mapping[str, Any]:
    application_id, job_run_id = name.split("/")
    return context.api.call(
        "emr-serverless", "GetJobRun", applicationId=application_id, jobRunId=job_run_id
    )


def _stop_emr_serverless(context: Context, name: str) -> None:
    application_id, job_run_id = name.split("/")
    context.api.call(
        "emr-serverless", "CancelJobRun", applicationId=application_id, jobRunId=job_run_id
    )


CLUSTERS: Mapping[str, ClusterResource] = {
    "EMR": ClusterResource(_describe_emr, _stop_emr),
    "EMRServerless": ClusterResource(_describe_emr_serverless, _stop_emr_serverless),
}
