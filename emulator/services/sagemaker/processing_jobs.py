"""Processing jobs: S3 -> ``/opt/ml/processing`` -> a script -> S3.

Source: "Build your own processing container" in the SageMaker developer guide.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.services.sagemaker.jobs import checks, inputs, lifecycle, outputs, records, recovery
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

# Source: API_ProcessingStoppingCondition, the default.
_MAX_RUNTIME_SECONDS = 86400
_INPUT_FOLDER = PurePosixPath("/opt/ml/processing")
_SUMMARY_KEYS = (
    "ProcessingJobName",
    "ProcessingJobArn",
    "CreationTime",
    "ProcessingEndTime",
    "LastModifiedTime",
    "ProcessingJobStatus",
    "FailureReason",
    "ExitMessage",
)


def create_processing_job(context: Context, request: Request) -> Answer:
    """CreateProcessingJob."""
    faults = Faults()
    checks.check_role(context, request["RoleArn"], faults)
    checks.check_image(context, request["AppSpecification"]["ImageUri"], faults)
    checks.check_instances(request["ProcessingResources"]["ClusterConfig"], faults)
    _check_names(request, faults)
    for processing_input in request.get("ProcessingInputs", ()):
        _check_input(processing_input, faults)
    for output in _outputs(request):
        _check_output(output, faults)
    faults.raise_any()
    return records.create(context, PROCESSING, request, {}, _run_processing_job)


def _outputs(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return found


def _check_names(request: Request, faults: Faults) -> None:
    names = [item["InputName"] for item in request.get("ProcessingInputs", ())]
    names += [item["OutputName"] for item in _outputs(request)]
    twice = checks.duplicates(names)
    if twice:
        faults.add(f"Input and output names must be globally unique: [{', '.join(twice)}]")


def _check_input(processing_input: Mapping[str, Any], faults: Faults) -> None:
    name = processing_input["InputName"]
    for member in ("AppManaged", "DatasetDefinition"):
        if processing_input.get(member):
            faults.add_unsupported(f"Input '{name}': {member} is not supported by the emulator")
    source = processing_input.get("S3Input")
    if source is None:
        if not processing_input.get("DatasetDefinition"):
            faults.add(f"Input '{name}': S3Input is required")
        return
    if source.get("S3InputMode", "File") != "File":
        faults.add_unsupported(
            f"Input '{name}': S3InputMode {source['S3InputMode']} is not supported by the "
            "emulator; use File"
        )
    if source.get("S3CompressionType", "None") != "None":
        faults.add(f"Input '{name}': S3CompressionType Gzip can only be used with S3InputMode Pipe")
    _check_uri(source["S3Uri"], f"Input '{name}'", faults)
    local_path = source.get("LocalPath")
    if local_path is None:
        faults.add(f"Input '{name}': S3Input.LocalPath is required")
    elif not PurePosixPath(local_path).is_relative_to(_INPUT_FOLDER):
        faults.add(f"Input '{name}': LocalPath \"{local_path}\" must begin with {_INPUT_FOLDER}/")
    else:
        _check_local_path(local_path, f"Input '{name}'", faults)


def _check_output(output: Mapping[str, Any], faults: Faults) -> None:
    name = output["OutputName"]
    for member in ("AppManaged", "FeatureStoreOutput"):
        if output.get(member):
            faults.add_unsupported(f"Output '{name}': {member} is not supported by the emulator")
    target = output.get("S3Output")
    if target is None:
        if not output.get("FeatureStoreOutput"):
            faults.add(f"Output '{name}': S3Output is required")
        return
    if target["S3UploadMode"] != "EndOfJob":
        faults.add_unsupported(
            f"Output '{name}': S3UploadMode {target['S3UploadMode']} is not supported by the "
            "emulator; use EndOfJob"
        )
    _check_uri(target["S3Uri"], f"Output '{name}'", faults)
    if "LocalPath" not in target:
        faults.add(f"Output '{name}': S3Output.LocalPath is required")
    else:
        _check_local_path(target["LocalPath"], f"Output '{name}'", faults)


def _check_uri(uri: str, where: str, faults: Faults) -> None:
    try:
        parse_s3_uri(uri)
    except AwsError as error:
        faults.add(f"{where}: {error.message}")


def _check_local_path(path: str, where: str, faults: Faults) -> None:
    try:
        relative_to_container_root(path)
    except AwsError as error:
        faults.add(f"{where}: {error.message}")


def _run_processing_job(context: Context, document: Document, handle: JobHandle) -> None:
    run_to_end(
        context,
        PROCESSING,
        document,
        lambda directory: _process(context, document, directory, handle),
    )


def _process(
    context: Context, document: Document, directory: JobDirectory, handle: JobHandle
) -> Ending:
    for output in _outputs(document):
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
    exit_ = run_container(
        context,
        directory,
        document["ProcessingJobName"],
        _run_of(document, directory, linked),
        handle,
    )
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
        for output in _outputs(document)
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
        {
            key: document[key]
            for key in (
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
            if key in document
        },
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
        explanation = explain_from_log(directory.log_path)
        return failed(algorithm_error(explanation, exit_.code), **members)
    for output in _outputs(document):
        target = output["S3Output"]
        outputs.upload_folder(
            context,
            directory,
            directory.inside(target["LocalPath"]),
            parse_s3_uri(target["S3Uri"]),
        )
    return Ending(lifecycle.COMPLETED, members)


def describe_processing_job(context: Context, request: Request) -> Answer:
    """DescribeProcessingJob."""
    return records.describe(context, PROCESSING, request["ProcessingJobName"])


def list_processing_jobs(context: Context, request: Request) -> Answer:
    """ListProcessingJobs."""
    return records.list_page(context, PROCESSING, request, _SUMMARY_KEYS)


def stop_processing_job(context: Context, request: Request) -> Answer:
    """StopProcessingJob."""
    return records.stop(context, PROCESSING, request["ProcessingJobName"])


def delete_processing_job(context: Context, request: Request) -> Answer:
    """DeleteProcessingJob."""
    return records.delete(context, PROCESSING, request["ProcessingJobName"])


def recover(context: Context) -> None:
    """Fail the jobs that died with the last emulator."""
    recovery.recover_jobs(context, PROCESSING)


def shut_down(context: Context) -> None:
    """Fail the jobs that run."""
    recovery.shut_down(context, PROCESSING)


OPERATIONS: Mapping[str, Handler] = {
    "CreateProcessingJob": create_processing_job,
    "DescribeProcessingJob": describe_processing_job,
    "ListProcessingJobs": list_processing_jobs,
    "StopProcessingJob": stop_processing_job,
    "DeleteProcessingJob": delete_processing_job,
}
