"""Transform jobs: objects -> a model -> objects with predictions."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.services.sagemaker.jobs import checks, records, recovery, transform_runs
from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.jobs.kinds import TRANSFORM
from emulator.services.sagemaker.jobs.s3_uris import parse_s3_uri
from emulator.services.sagemaker.jobs.transform_records import data_processing_of
from emulator.services.sagemaker.models import existing_model

# Source: API_CreateTransformJob, MaxPayloadInMB.
_PAYLOADS_MAX_MB = 100
_JOINABLE = ("text/csv", "application/json", "application/jsonlines")
_SUMMARY_KEYS = (
    "TransformJobName",
    "TransformJobArn",
    "CreationTime",
    "TransformEndTime",
    "LastModifiedTime",
    "TransformJobStatus",
    "FailureReason",
)


def create_transform_job(context: Context, request: Request) -> Answer:
    """CreateTransformJob."""
    faults = Faults()
    role_arn = _check_model(context, request["ModelName"], faults)
    _check_source(context, request["TransformInput"], role_arn, faults)
    _check_target(context, request["TransformOutput"]["S3OutputPath"], faults)
    checks.check_instances(request["TransformResources"], faults)
    _check_payload(request, faults)
    _check_data_processing(request, faults)
    if "DataCaptureConfig" in request:
        faults.add_unsupported("DataCaptureConfig of a transform job is not emulated")
    faults.raise_any()
    return records.create(context, TRANSFORM, request, {}, transform_runs.run_transform_job)


def _check_model(context: Context, name: str, faults: Faults) -> str:
    try:
        model = existing_model(context, name)
    except AwsError as error:
        faults.add(error.message)
        return ""
    role_arn: str = model.get("ExecutionRoleArn", "")
    return role_arn


def _check_source(
    context: Context, source: Mapping[str, Any], role_arn: str, faults: Faults
) -> None:
    split_type = source.get("SplitType", "None")
    if split_type not in ("None", "Line"):
        faults.add_unsupported(
            f"SplitType {split_type} is not supported by the emulator; use None or Line"
        )
    data = source["DataSource"]["S3DataSource"]
    if data["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        faults.add(f"S3DataType {data['S3DataType']} cannot be used with batch transform")
    try:
        uri = parse_s3_uri(data["S3Uri"])
    except AwsError as error:
        faults.add(error.message)
        return
    checks.check_has_objects(context, uri, role_arn, faults)


def _check_target(context: Context, text: str, faults: Faults) -> None:
    try:
        uri = parse_s3_uri(text)
    except AwsError as error:
        faults.add(error.message)
        return
    checks.check_bucket(context, uri, "TransformOutput.S3OutputPath", faults)


def _check_payload(request: Request, faults: Faults) -> None:
    payload = request.get("MaxPayloadInMB", transform_runs.PAYLOAD_MAX_MB)
    concurrency = request.get("MaxConcurrentTransforms", 0)
    if payload > _PAYLOADS_MAX_MB:
        faults.add(f"MaxPayloadInMB {payload} cannot be greater than {_PAYLOADS_MAX_MB}")
    elif concurrency and concurrency * payload > _PAYLOADS_MAX_MB:
        faults.add(
            f"MaxConcurrentTransforms * MaxPayloadInMB ({concurrency} * {payload}) cannot be "
            f"greater than {_PAYLOADS_MAX_MB} MB"
        )


def _check_data_processing(request: Request, faults: Faults) -> None:
    if "DataProcessing" not in request:
        return
    try:
        data_processing_of(request)
    except AwsError as error:
        faults.add(error.message)
    content_type = request["TransformInput"].get("ContentType", "").partition(";")[0].strip()
    if content_type not in _JOINABLE:
        faults.add(
            f"DataProcessing needs a TransformInput.ContentType of {', '.join(_JOINABLE)}; got "
            f"{content_type or 'none'}"
        )


def describe_transform_job(context: Context, request: Request) -> Answer:
    """DescribeTransformJob."""
    return records.describe(context, TRANSFORM, request["TransformJobName"])


def list_transform_jobs(context: Context, request: Request) -> Answer:
    """ListTransformJobs."""
    return records.list_page(context, TRANSFORM, request, _SUMMARY_KEYS)


def stop_transform_job(context: Context, request: Request) -> Answer:
    """StopTransformJob."""
    return records.stop(context, TRANSFORM, request["TransformJobName"])


def recover(context: Context) -> None:
    """Fail the jobs that died with the last emulator."""
    recovery.recover_jobs(context, TRANSFORM)


def shut_down(context: Context) -> None:
    """Fail the jobs that run."""
    recovery.shut_down(context, TRANSFORM)


OPERATIONS: Mapping[str, Handler] = {
    "CreateTransformJob": create_transform_job,
    "DescribeTransformJob": describe_transform_job,
    "ListTransformJobs": list_transform_jobs,
    "StopTransformJob": stop_transform_job,
}
