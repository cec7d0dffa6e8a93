"""Training jobs: channels and hyperparameters -> a training image -> a model archive."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError
from emulator.services.sagemaker.jobs import (
    checks,
    metrics,
    records,
    recovery,
    secondary_statuses,
    training_runs,
)
from emulator.services.sagemaker.jobs.built_in_metrics import metric_definitions
from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.jobs.directories import relative_to_container_root
from emulator.services.sagemaker.jobs.kinds import TRAINING
from emulator.services.sagemaker.jobs.lifecycle import Document
from emulator.services.sagemaker.jobs.s3_uris import parse_s3_uri

# Source: API_StoppingCondition, "The default value is 1 day".
_MAX_RUNTIME_SECONDS = 86400
_NOT_EMULATED = (
    "DebugRuleConfigurations",
    "ProfilerRuleConfigurations",
    "TensorBoardOutputConfig",
    "ServerlessJobConfig",
    "MlflowConfig",
    "ModelPackageConfig",
)
_SUMMARY_KEYS = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "TrainingJobStatus",
    "SecondaryStatus",
)


@blocking
def create_training_job(context: Context, request: Request) -> Answer:
    """CreateTrainingJob."""
    faults = Faults()
    check_request(context, request, faults)
    faults.raise_any()
    return records.create(
        context, TRAINING, request, _members(context, request), training_runs.run_training_job
    )


def check_request(context: Context, request: Request, faults: Faults) -> None:
    """Find what AWS, or the emulator, would refuse in a CreateTrainingJob request."""
    checks.check_role(context, request["RoleArn"], faults)
    if "AlgorithmSpecification" in request:
        _check_algorithm(context, request["AlgorithmSpecification"], faults)
    else:
        faults.add("AlgorithmSpecification is required")
    for member in _NOT_EMULATED:
        if request.get(member):
            faults.add_unsupported(f"{member} is not supported by the emulator")
    if "ResourceConfig" not in request:
        faults.add("ResourceConfig is required")
    checks.check_instances(request.get("ResourceConfig", {}), faults)
    checks.check_vpc(context, request, faults)
    _check_wait(request, faults)
    _check_channels(context, request, faults)
    output_uri = request["OutputDataConfig"]["S3OutputPath"]
    _check_output_uri(context, output_uri, "OutputDataConfig.S3OutputPath", faults)
    _check_checkpoints(context, request.get("CheckpointConfig"), faults)


def _check_wait(request: Request, faults: Faults) -> None:
    stopping = request.get("StoppingCondition", {})
    wait_seconds = stopping.get("MaxWaitTimeInSeconds")
    if request.get("EnableManagedSpotTraining"):
        if (wait_seconds or 0) < stopping.get("MaxRuntimeInSeconds", 1):
            faults.add(
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to"
                " MaxRuntimeInSeconds"
            )
    elif wait_seconds is not None:
        faults.add(
            "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is"
            " set to true"
        )


def _members(context: Context, request: Request) -> Document:
    """What DescribeTrainingJob says beyond the request, defaults included."""
    algorithm = dict(request["AlgorithmSpecification"])
    if not algorithm.get("MetricDefinitions"):
        algorithm["MetricDefinitions"] = list(
            metric_definitions(algorithm["TrainingImage"], request.get("HyperParameters", {}))
        )
    return {
        "AlgorithmSpecification": algorithm,
        "OutputDataConfig": {"KmsKeyId": ""} | request["OutputDataConfig"],
        "StoppingCondition": {"MaxRuntimeInSeconds": _MAX_RUNTIME_SECONDS}
        | request.get("StoppingCondition", {}),
        "EnableNetworkIsolation": request.get("EnableNetworkIsolation", False),
        "EnableInterContainerTrafficEncryption": request.get(
            "EnableInterContainerTrafficEncryption", False
        ),
        "EnableManagedSpotTraining": request.get("EnableManagedSpotTraining", False),
        **secondary_statuses.first(context.clock()),
    }


def _check_algorithm(context: Context, algorithm: Mapping[str, Any], faults: Faults) -> None:
    if "AlgorithmName" in algorithm:
        faults.add_unsupported(
            "AlgorithmSpecification.AlgorithmName is not supported by the emulator; give "
            "TrainingImage"
        )
    elif "TrainingImage" not in algorithm:
        faults.add("AlgorithmSpecification: TrainingImage or AlgorithmName is required")
    else:
        checks.check_image(context, algorithm["TrainingImage"], faults)
    _check_mode(algorithm["TrainingInputMode"], "AlgorithmSpecification.TrainingInputMode", faults)
    metrics.compile_definitions(algorithm.get("MetricDefinitions", ()), faults)


def _check_mode(mode: str, member: str, faults: Faults) -> None:
    if mode == "Pipe":
        faults.add_unsupported(
            f"{member} Pipe is not supported by the emulator; use File or FastFile"
        )


def _check_channels(context: Context, request: Request, faults: Faults) -> None:
    channels = request.get("InputDataConfig", ())
    twice = checks.duplicates(channel["ChannelName"] for channel in channels)
    if twice:
        faults.add(f"Channel names must be unique: [{', '.join(twice)}]")
    for channel in channels:
        _check_channel(context, channel, request["RoleArn"], faults)


def _check_channel(
    context: Context, channel: Mapping[str, Any], role_arn: str, faults: Faults
) -> None:
    name = channel["ChannelName"]
    _check_mode(channel.get("InputMode", "File"), f"Channel '{name}': InputMode", faults)
    if channel.get("CompressionType", "None") != "None":
        faults.add(f"Channel '{name}': CompressionType Gzip can only be used with InputMode Pipe")
    if channel.get("RecordWrapperType", "None") != "None":
        faults.add_unsupported(
            f"Channel '{name}': RecordWrapperType {channel['RecordWrapperType']} is not supported "
            "by the emulator"
        )
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        given = ", ".join(channel["DataSource"]) or "none"
        faults.add_unsupported(
            f"Channel '{name}': of the data sources the emulator supports S3DataSource, got {given}"
        )
        return
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        faults.add_unsupported(
            f"Channel '{name}': S3DataType {source['S3DataType']} is not supported by the "
            "emulator; use S3Prefix or ManifestFile"
        )
    try:
        uri = parse_s3_uri(source["S3Uri"])
    except AwsError as error:
        faults.add(f"Channel '{name}': {error.message}")
        return
    checks.check_has_objects(context, uri, role_arn, faults)


def _check_output_uri(context: Context, text: str, member: str, faults: Faults) -> None:
    try:
        checks.check_bucket(context, parse_s3_uri(text), member, faults)
    except AwsError as error:
        faults.add(f"{member}: {error.message}")


def _check_checkpoints(context: Context, config: Mapping[str, str] | None, faults: Faults) -> None:
    if config is None:
        return
    _check_output_uri(context, config["S3Uri"], "CheckpointConfig.S3Uri", faults)
    try:
        relative_to_container_root(config.get("LocalPath", training_runs.CHECKPOINTS_LOCAL_PATH))
    except AwsError as error:
        faults.add(f"CheckpointConfig: {error.message}")


def describe_training_job(context: Context, request: Request) -> Answer:
    """DescribeTrainingJob."""
    return records.describe(context, TRAINING, request["TrainingJobName"])


def list_training_jobs(context: Context, request: Request) -> Answer:
    """ListTrainingJobs; none of them is in a warm pool or of a training plan."""
    if "WarmPoolStatusEquals" in request or "TrainingPlanArnEquals" in request:
        return {"TrainingJobSummaries": []}
    return records.list_page(context, TRAINING, request, _SUMMARY_KEYS)


def stop_training_job(context: Context, request: Request) -> Answer:
    """StopTrainingJob."""

    def enter_stopping(document: Document, at: float) -> None:
        secondary_statuses.enter(document, secondary_statuses.STOPPING, at)

    return records.stop(context, TRAINING, request["TrainingJobName"], enter_stopping)


def delete_training_job(context: Context, request: Request) -> Answer:
    """DeleteTrainingJob."""
    return records.delete(context, TRAINING, request["TrainingJobName"])


def recover(context: Context) -> None:
    """Fail the jobs that died with the last emulator; their checkpoints are kept."""
    recovery.recover_jobs(context, TRAINING, _salvage(context), _enter_failed)


def shut_down(context: Context) -> None:
    """Fail the jobs that run; their checkpoints are kept."""
    recovery.shut_down(context, TRAINING, _salvage(context), _enter_failed)


def _salvage(context: Context) -> Callable[[Document], None]:
    return partial(training_runs.salvage_checkpoints, context)


def _enter_failed(document: Document, at: float) -> None:
    secondary_statuses.enter(document, secondary_statuses.FAILED, at)


OPERATIONS: Mapping[str, Handler] = {
    "CreateTrainingJob": create_training_job,
    "DescribeTrainingJob": describe_training_job,
    "ListTrainingJobs": list_training_jobs,
    "StopTrainingJob": stop_training_job,
    "DeleteTrainingJob": delete_training_job,
}
