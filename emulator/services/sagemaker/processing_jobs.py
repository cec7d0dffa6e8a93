"""Processing jobs: S3 -> ``/opt/ml/processing`` -> a script -> S3."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError
from emulator.services.sagemaker.jobs import checks, records, recovery
from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.jobs.directories import relative_to_container_root
from emulator.services.sagemaker.jobs.kinds import PROCESSING
from emulator.services.sagemaker.jobs.processing_runs import outputs_of, run_processing_job
from emulator.services.sagemaker.jobs.s3_uris import parse_s3_uri

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


@blocking
def create_processing_job(context: Context, request: Request) -> Answer:
    """CreateProcessingJob."""
    faults = Faults()
    checks.check_role(context, request["RoleArn"], faults)
    checks.check_image(context, request["AppSpecification"]["ImageUri"], faults)
    checks.check_instances(request["ProcessingResources"]["ClusterConfig"], faults)
    network = request.get("NetworkConfig", {})
    checks.check_vpc(context, network, faults, "NetworkConfig.VpcConfig")
    _check_names(request, faults)
    for processing_input in request.get("ProcessingInputs", ()):
        _check_input(processing_input, faults)
    for output in outputs_of(request):
        _check_output(output, faults)
    faults.raise_any()
    return records.create(context, PROCESSING, request, {}, run_processing_job)


def _check_names(request: Request, faults: Faults) -> None:
    names = [item["InputName"] for item in request.get("ProcessingInputs", ())]
    names += [item["OutputName"] for item in outputs_of(request)]
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
