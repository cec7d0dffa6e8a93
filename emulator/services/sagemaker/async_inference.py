"""What AWS does not take of asynchronous endpoint configs.

Source: AsyncInferenceConfig in the API reference; "Exclusions" of shadow tests in the developer
guide.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.sagemaker.models import bucket_and_key

MEMBER = "AsyncInferenceConfig"
_PATHS = ("S3OutputPath", "S3FailurePath")


def unsupported_paths(request: Mapping[str, Any]) -> Iterator[str]:
    """The members of an AsyncInferenceConfig that are https URLs, for which there is no host."""
    output = request.get(MEMBER, {}).get("OutputConfig", {})
    for member in _PATHS:
        if not output.get(member, "s3://").startswith("s3://"):
            yield f"{member} as an https URL (give s3://bucket/prefix)"


def faults(context: Context, request: Mapping[str, Any]) -> Iterator[str]:
    """The faults of CreateEndpointConfig's AsyncInferenceConfig."""
    config = request.get(MEMBER)
    if config is None:
        return
    if request.get("ShadowProductionVariants"):
        yield "ShadowProductionVariants are not supported for asynchronous inference."
    for member in _PATHS:
        path = config["OutputConfig"].get(member)
        if path is not None:
            yield from _path_faults(context, f"{MEMBER}.OutputConfig.{member}", path)


def change_faults(
    name: str, before: Mapping[str, Any], deployment: Mapping[str, Any]
) -> Iterator[str]:
    """Why an endpoint cannot be updated from one deployment to another.

    AWS lets no update take AsyncInferenceConfig away. That none can add it is taken from this: its
    refusal speaks of the endpoint, whose callers get answers in one way or the other.

    Source: the ValidationException in aws/sagemaker-python-sdk#3124.
    """
    if (MEMBER in before) == (MEMBER in deployment):
        return
    change = "added to" if MEMBER in deployment else "removed from"
    yield (
        f"The {MEMBER} parameter cannot be {change} this endpoint {name}. Delete the endpoint and"
        " create it from the new endpoint config."
    )


def _path_faults(context: Context, where: str, path: str) -> Iterator[str]:
    try:
        bucket, _ = bucket_and_key(path)
    except AwsError as error:
        yield f"{where}: {error.message}"
        return
    if not context.objects.bucket_exists(bucket):
        yield f'{where}: the bucket "{bucket}" does not exist.'
