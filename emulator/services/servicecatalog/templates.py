"""Templates of versions: copied from where they are loaded, checked, and told of."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services import s3_addresses
from emulator.services.clients import client
from emulator.services.servicecatalog.records import refusal

# CloudFormation takes a template of this size from S3 only.
_TEMPLATE_BYTES_AT_MOST = 1024 * 1024


def keep(context: Context, artifact_id: str, url: str, *, is_checked: bool) -> None:
    """Copy a version's template from S3; blocks.

    Raises:
        AwsError: InvalidParametersException: there is none at the URL, or it is not valid.
    """
    bucket, key = _place(context, url)
    try:
        _, content = context.objects.open(bucket, key)
        with content:
            template = content.read(_TEMPLATE_BYTES_AT_MOST + 1)
    except AwsError as error:
        message = f"{url} cannot be loaded: {error.message} ({error.code})."
        raise refusal("InvalidParameters", message) from error
    if len(template) > _TEMPLATE_BYTES_AT_MOST:
        message = f"{url} has more than {_TEMPLATE_BYTES_AT_MOST} bytes."
        raise refusal("InvalidParameters", message)
    own = _own_bucket(context)
    if not context.objects.bucket_exists(own):
        context.objects.create_bucket(own)
    context.objects.put_bytes(own, artifact_id, template)
    if is_checked:
        _check(context, artifact_id)


def _check(context: Context, artifact_id: str) -> None:
    try:
        client(context, "cloudformation").validate_template(
            TemplateURL=template_url(context, artifact_id)
        )
    except ClientError as error:
        context.objects.delete(_own_bucket(context), artifact_id)
        raise refusal("InvalidParameters", error.response["Error"]["Message"]) from error


def template_url(context: Context, artifact_id: str) -> str:
    """Where CloudFormation finds a version's template."""
    region = context.settings.region
    return f"https://{_own_bucket(context)}.s3.{region}.amazonaws.com/{artifact_id}"


def summary(context: Context, artifact_id: str) -> Mapping[str, Any]:
    """What CloudFormation says of a version's template; blocks.

    Raises:
        AwsError: InvalidParametersException: it is not valid.
    """
    try:
        said: Mapping[str, Any] = client(context, "cloudformation").get_template_summary(
            TemplateURL=template_url(context, artifact_id)
        )
    except ClientError as error:
        raise refusal("InvalidParameters", error.response["Error"]["Message"]) from error
    return said


def parameters(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The template's parameters as Service Catalog tells them."""
    return [
        {
            "ParameterKey": each["ParameterKey"],
            "ParameterType": each.get("ParameterType", "String"),
            "IsNoEcho": each.get("NoEcho", False),
            "DefaultValue": each.get("DefaultValue"),
            "Description": each.get("Description"),
            "ParameterConstraints": each.get("ParameterConstraints", {}),
        }
        for each in said.get("Parameters", [])
    ]


def _own_bucket(context: Context) -> str:
    return f"servicecatalog-templates-{context.settings.account_id}-{context.settings.region}"


def _place(context: Context, url: str) -> tuple[str, str]:
    place = s3_addresses.bucket_and_key(context, url)
    if place is None:
        wanted = s3_addresses.expected(context)
        raise refusal(
            "InvalidParameters", f"{url!r} is no URL of a template in S3: expected {wanted}."
        )
    return place
