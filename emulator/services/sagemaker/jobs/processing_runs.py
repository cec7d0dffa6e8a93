"""One processing job from its inputs to its outputs.

Source: "Build your own processing container" in the SageMaker developer guide.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker.jobs import checks, inputs, lifecycle, outputs
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
from emulator.services.sagemaker.jobs.continuous_uploads import (
    ContinuousOutput,
    upload_continuously,
)
from emulator.services.sagemaker.jobs.directories import JobDirectory, relative_to_container_root
from emulator.services.sagemaker.jobs.failures import (
    MESSAGE_LENGTH_MAX,
    ClientFault,
    algorithm_error,
    explain_from_log,
    read_start,
)
from emulator.services.sagemaker.jobs.kinds import PROCESSING
from emulator.services.sagemaker.jobs.lifecycle import Document
from emulator.services.sagemaker.jobs.running import JobHandle
from emulator.services.sagemaker.jobs.s3_uris import parse_s3_uri

# Source: API_ProcessingStoppingCondition; a day, as for training jobs.
_MAX_RUNTIME_SECONDS = 86400
END_OF_JOB = "EndOfJob"
CONTINUOUS = "Continuous"
_CONFIG_KEYS = (
    "ProcessingJobArn",
    "ProcessingJobName",
    "AppSpecification",
    "Environment",
    "ProcessingInputs",
    "ProcessingOutputConfig",
    "ProcessingResources",
    "NetworkConfig",
    "RoleArn",
    "StoppingCondition",
)


def outputs_of(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The outputs of a request or a document."""
    found: list[dict[str, Any]] = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return found


def _targets(document: Document, upload_mode: str) -> list[dict[str, Any]]:
    """The S3 outputs of an upload mode."""
    found = (output["S3Output"] for output in outputs_of(document))
    return [target for target in found if target["S3UploadMode"] == upload_mode]


def run_processing_job(context: Context, document: Document, handle: JobHandle) -> None:
    """Run the job's container and end the job: the body of its thread."""
    run_to_end(
        context,
        PROCESSING,
        document,
        lambda directory: _process(context, document, directory, handle),
    )


def _process(
    context: Context, document: Document, directory: JobDirectory, handle: JobHandle
) -> Ending:
    for output in outputs_of(document):
        outputs.require_bucket(context, parse_s3_uri(output["S3Output"]["S3Uri"]))
        directory.inside(output["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
    linked = tuple(_place_inputs(context, document, directory))
    _write_configs(document, directory)
    lifecycle.note(
        context,
        PROCESSING,
        document["ProcessingJobName"],
        ProcessingStartTime=context.clock(),
    )
    run = _run_of(document, directory, linked)
    continuous = [
        ContinuousOutput(directory.inside(target["LocalPath"]), parse_s3_uri(target["S3Uri"]))
        for target in _targets(document, CONTINUOUS)
    ]
    with upload_continuously(context, directory, continuous):
        exit_ = run_container(context, directory, document["ProcessingJobName"], run, handle)
    return _ending(context, document, directory, exit_)


def _run_of(document: Document, directory: JobDirectory, linked: tuple[str, ...]) -> Run:
    specification = document["AppSpecification"]
    entrypoint = specification.get("ContainerEntrypoint")
    return Run(
        image_uri=specification["ImageUri"],
        command=tuple(entrypoint) if entrypoint else None,
        arguments=tuple(specification.get("ContainerArguments", ())),
        variables=document.get("Environment", {}),
        requirements=requirements_of_folders(
            [
                directory.inside(item["S3Input"]["LocalPath"])
                for item in document.get("ProcessingInputs", ())
            ]
        ),
        read_only_inputs=linked,
        timeout_seconds=document.get("StoppingCondition", {}).get(
            "MaxRuntimeInSeconds", _MAX_RUNTIME_SECONDS
        ),
    )


def _place_inputs(context: Context, document: Document, directory: JobDirectory) -> Iterator[str]:
    """Put the inputs into the container; gives the folders that hold links."""
    written = [
        PurePosixPath(relative_to_container_root(output["S3Output"]["LocalPath"]))
        for output in outputs_of(document)
    ]
    for processing_input in document.get("ProcessingInputs", ()):
        source = processing_input["S3Input"]
        uri = parse_s3_uri(source["S3Uri"])
        files = inputs.list_files(context, source["S3DataType"], uri)
        if not files:
            raise ClientFault(
                "Failed to download data. "
                + checks.no_objects_message(context, uri, document["RoleArn"])
            )
        relative = relative_to_container_root(source["LocalPath"])
        # What the job writes below an input folder has to land in the real folder to be
        # uploaded, so this folder gets copies.
        is_written = any(path.is_relative_to(relative) for path in written)
        inputs.place(context, files, directory.root / relative, is_copied=is_written)
        if not is_written:
            yield relative


def _write_configs(document: Document, directory: JobDirectory) -> None:
    """Source: "How Amazon SageMaker Processing configures input and output"."""
    cluster = document["ProcessingResources"]["ClusterConfig"]
    (directory.root / "output").mkdir(exist_ok=True)
    directory.write_config(
        "config/resourceconfig.json",
        {
            "current_host": "algo-1",
            "hosts": ["algo-1"],
            "current_instance_type": cluster.get("InstanceType", ""),
        },
    )
    directory.write_config(
        "config/processingjobconfig.json",
        {key: document[key] for key in _CONFIG_KEYS if key in document},
    )


def _ending(context: Context, document: Document, directory: JobDirectory, exit_: Exit) -> Ending:
    message = read_start(directory.root, "output/message", MESSAGE_LENGTH_MAX)
    members = {"ExitMessage": message} if message else {}
    if exit_.cause == TIMED_OUT:
        limit = document["StoppingCondition"]["MaxRuntimeInSeconds"]
        reason = f"ClientError: the job exceeded MaxRuntimeInSeconds ({limit})"
        return Ending(lifecycle.STOPPED, {"FailureReason": reason, **members})
    if exit_.cause != EXITED or exit_.code is None:
        return Ending(lifecycle.STOPPED, members)
    if exit_.code != 0:
        # A script that catches its own faults leaves no exception, but a message.
        explanation = explain_from_log(directory.log_path) or message
        return failed(algorithm_error(explanation, exit_.code), **members)
    for target in _targets(document, END_OF_JOB):
        outputs.upload_folder(
            context,
            directory,
            directory.inside(target["LocalPath"]),
            parse_s3_uri(target["S3Uri"]),
        )
    return Ending(lifecycle.COMPLETED, members)
