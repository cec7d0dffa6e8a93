"""One training job from Starting to its end.

Source: "How Amazon SageMaker AI provides training information" in the developer guide.
"""

import logging
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emulator.containers import pack_archive, requirements_of
from emulator.context import Context
from emulator.json_text import read_json
from emulator.moto import keep_metrics
from emulator.services.sagemaker.jobs import (
    inputs,
    lifecycle,
    metrics,
    outputs,
    secondary_statuses,
)
from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.jobs.container_runs import (
    EXITED,
    TIMED_OUT,
    Ending,
    Exit,
    Run,
    failed,
    requirements_of_folders,
    run_container,
    run_to_end,
)
from emulator.services.sagemaker.jobs.directories import CONTAINER_ROOT, JobDirectory, of_job
from emulator.services.sagemaker.jobs.failures import (
    ClientFault,
    algorithm_error,
    explain_failure,
)
from emulator.services.sagemaker.jobs.kinds import TRAINING
from emulator.services.sagemaker.jobs.lifecycle import Document
from emulator.services.sagemaker.jobs.metrics import MetricReader
from emulator.services.sagemaker.jobs.running import JobHandle
from emulator.services.sagemaker.jobs.s3_uris import S3Uri, parse_s3_uri

logger = logging.getLogger(__name__)

CHECKPOINTS_LOCAL_PATH = "/opt/ml/checkpoints"
_CHANNELS = "input/data"
_SOURCE_CHANNEL = "code"
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html
_METRICS_NAMESPACE = "/aws/sagemaker/TrainingJobs"


def run_training_job(context: Context, document: Document, handle: JobHandle) -> None:
    """Run the job's container and end the job: the body of its thread."""
    run_to_end(
        context,
        TRAINING,
        document,
        lambda directory: _train(context, document, directory, handle),
        _write_end,
    )


def _train(
    context: Context, document: Document, directory: JobDirectory, handle: JobHandle
) -> Ending:
    _enter(context, document, secondary_statuses.DOWNLOADING, TrainingStartTime=context.clock())
    linked = tuple(_place_channels(context, document, directory))
    _restore_checkpoints(context, document, directory)
    _write_configs(document, directory)
    for folder in ("model", "output/data"):
        (directory.root / folder).mkdir(parents=True, exist_ok=True)
    reader = MetricReader(
        metrics.compile_definitions(
            document["AlgorithmSpecification"]["MetricDefinitions"], Faults()
        ),
        context.clock,
        handle.tell_metric,
    )
    _enter(context, document, secondary_statuses.TRAINING)
    run = _run_of(context, document, directory, linked, reader)
    exit_ = run_container(context, directory, document["TrainingJobName"], run, handle)
    _enter(context, document, secondary_statuses.UPLOADING)
    _save_checkpoints(context, document, directory)
    return _ending(context, document, directory, exit_, reader)


def _enter(context: Context, document: Document, secondary: str, **members: Any) -> None:
    """Reach a stage; a job that is Stopping says so until it is Stopped."""

    def change(present: Document) -> None:
        if lifecycle.is_terminal(TRAINING, present):  # the emulator is shutting down
            return
        present.update(members)
        present["LastModifiedTime"] = context.clock()
        if present["SecondaryStatus"] != secondary_statuses.STOPPING:
            secondary_statuses.enter(present, secondary, context.clock())

    context.store.update(TRAINING.noun, document["TrainingJobName"], change)


def _place_channels(context: Context, document: Document, directory: JobDirectory) -> Iterator[str]:
    for channel in document.get("InputDataConfig", ()):
        source = channel["DataSource"]["S3DataSource"]
        files = inputs.list_files(context, source["S3DataType"], parse_s3_uri(source["S3Uri"]))
        relative = f"{_CHANNELS}/{channel['ChannelName']}"
        inputs.place(context, files, directory.root / relative, is_copied=False)
        yield relative


def _checkpoints(document: Document, directory: JobDirectory) -> tuple[Path, S3Uri] | None:
    config = document.get("CheckpointConfig")
    if config is None:
        return None
    folder = directory.inside(config.get("LocalPath", CHECKPOINTS_LOCAL_PATH))
    return folder, parse_s3_uri(config["S3Uri"])


def _restore_checkpoints(context: Context, document: Document, directory: JobDirectory) -> None:
    found = _checkpoints(document, directory)
    if found is not None:
        folder, uri = found
        prefix = S3Uri(uri.bucket, uri.key.rstrip("/") + "/" if uri.key else "")
        files = inputs.list_files(context, "S3Prefix", prefix)
        inputs.place(context, files, folder, is_copied=True)


def _save_checkpoints(context: Context, document: Document, directory: JobDirectory) -> None:
    found = _checkpoints(document, directory)
    if found is not None:
        outputs.upload_folder(context, directory, *found)


def salvage_checkpoints(context: Context, document: Document) -> None:
    """Save the checkpoints of a job that died with the emulator, for the one that follows it."""
    try:
        _save_checkpoints(context, document, of_job(context, TRAINING, document))
    except ClientFault as error:
        logger.warning("%s: checkpoints lost: %s", document["TrainingJobName"], error.message)


def _write_configs(document: Document, directory: JobDirectory) -> None:
    resources = document["ResourceConfig"]
    instance_type = resources.get("InstanceType", "local")
    directory.write_config("input/config/hyperparameters.json", document.get("HyperParameters", {}))
    directory.write_config(
        "input/config/inputdataconfig.json",
        {
            channel["ChannelName"]: _channel_config(document, channel)
            for channel in document.get("InputDataConfig", ())
        },
    )
    directory.write_config(
        "input/config/resourceconfig.json",
        {
            "current_host": "algo-1",
            "current_instance_type": instance_type,
            "current_group_name": "homogeneousCluster",
            "hosts": ["algo-1"],
            "instance_groups": [
                {
                    "instance_group_name": "homogeneousCluster",
                    "instance_type": instance_type,
                    "hosts": ["algo-1"],
                }
            ],
            "network_interface_name": "lo",
        },
    )


def _channel_config(document: Document, channel: dict[str, Any]) -> dict[str, str]:
    mode = channel.get("InputMode", document["AlgorithmSpecification"]["TrainingInputMode"])
    config = {
        "TrainingInputMode": mode,
        "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
            "S3DataDistributionType", "FullyReplicated"
        ),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    if "ContentType" in channel:
        config["ContentType"] = channel["ContentType"]
    return config


def _run_of(
    context: Context,
    document: Document,
    directory: JobDirectory,
    linked: tuple[str, ...],
    reader: MetricReader,
) -> Run:
    algorithm = document["AlgorithmSpecification"]
    entrypoint = algorithm.get("ContainerEntrypoint")
    return Run(
        image_uri=algorithm["TrainingImage"],
        command=tuple(entrypoint) if entrypoint else None,
        arguments=tuple(algorithm.get("ContainerArguments", ())),
        variables={
            "TRAINING_JOB_NAME": document["TrainingJobName"],
            "TRAINING_JOB_ARN": document["TrainingJobArn"],
            **document.get("Environment", {}),
        },
        requirements=_requirements(context, document, directory),
        read_only_inputs=linked,
        timeout_seconds=document["StoppingCondition"]["MaxRuntimeInSeconds"],
        on_line=reader.read if algorithm["MetricDefinitions"] else None,
    )


def _requirements(context: Context, document: Document, directory: JobDirectory) -> str | None:
    """The requirements.txt of the script's source, whichever way the SDK hands it over."""
    submitted = _unquoted(document.get("HyperParameters", {}).get("sagemaker_submit_directory", ""))
    if submitted.startswith("s3://"):
        uri = parse_s3_uri(submitted)
        return requirements_of(context.objects.path(uri.bucket, uri.key))
    if submitted.startswith(f"{CONTAINER_ROOT}/"):
        return requirements_of_folders([directory.inside(submitted)])
    return requirements_of_folders([directory.root / _CHANNELS / _SOURCE_CHANNEL])


def _unquoted(hyperparameter: str) -> str:
    """The SDK gives hyperparameters as JSON, a string within quotes."""
    try:
        value = read_json(hyperparameter)
    except ValueError:
        return hyperparameter
    return value if isinstance(value, str) else hyperparameter


def _ending(
    context: Context,
    document: Document,
    directory: JobDirectory,
    exit_: Exit,
    reader: MetricReader,
) -> Ending:
    target = parse_s3_uri(document["OutputDataConfig"]["S3OutputPath"]).join(
        f"{document['TrainingJobName']}/output"
    )
    is_packed = document["OutputDataConfig"].get("CompressionType", "GZIP") == "GZIP"
    members: dict[str, Any] = {
        "FinalMetricDataList": reader.final(),
        metrics.SUMMARIES_KEY: reader.summaries(),
    }
    dimensions = {"TrainingJobName": document["TrainingJobName"]}
    keep_metrics(context, _METRICS_NAMESPACE, dimensions, reader.by_second())
    _upload(context, directory, "output/data", target, "output", is_packed=is_packed)
    if exit_.cause == EXITED and exit_.code is not None and exit_.code != 0:
        explanation = explain_failure(directory.root, directory.log_path)
        return failed(algorithm_error(explanation, exit_.code), **members)
    model_uri = _upload(context, directory, "model", target, "model", is_packed=is_packed)
    members["ModelArtifacts"] = {"S3ModelArtifacts": str(model_uri)}
    status = lifecycle.COMPLETED if exit_.cause == EXITED else lifecycle.STOPPED
    if exit_.cause == TIMED_OUT:
        members["_EndedBy"] = TIMED_OUT
    return Ending(status, members)


def _upload(
    context: Context,
    directory: JobDirectory,
    folder: str,
    target: S3Uri,
    name: str,
    *,
    is_packed: bool,
) -> S3Uri:
    """Upload a folder as ``name.tar.gz`` or as it is; an empty one leaves no object, as in AWS."""
    source = directory.root / folder
    outputs.require_inside(directory, source)
    if not is_packed:
        outputs.upload_folder(context, directory, source, target.join(name))
        return target.join(f"{name}/")
    uri = target.join(f"{name}.tar.gz")
    if source.is_dir() and any(source.iterdir()):
        outputs.require_bucket(context, uri)
        archive = directory.path / f"{name}.tar.gz"
        pack_archive(source, archive)
        context.objects.put_file(uri.bucket, uri.key, archive)
        shutil.rmtree(source, ignore_errors=True)
    return uri


def _write_end(document: Document, ending: Ending, at: float) -> None:
    secondary = {
        lifecycle.COMPLETED: secondary_statuses.COMPLETED,
        lifecycle.FAILED: secondary_statuses.FAILED,
        lifecycle.STOPPED: secondary_statuses.STOPPED,
    }[ending.status]
    is_stopping = document["SecondaryStatus"] == secondary_statuses.STOPPING
    if ending.members.get("_EndedBy") == TIMED_OUT and not is_stopping:
        secondary = secondary_statuses.MAX_RUNTIME_EXCEEDED
    secondary_statuses.enter(document, secondary, at)
    if "TrainingStartTime" in document:
        seconds = max(1, math.ceil(at - document["TrainingStartTime"]))
        document["TrainingTimeInSeconds"] = document["BillableTimeInSeconds"] = seconds
