"""What a project asks of Service Catalog, and the record that tells what came of it."""

import secrets
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError, validation_error
from emulator.services.sagemaker.projects.records import in_progress
from emulator.store import Document

_SERVICE = "servicecatalog"
_TOKEN_BYTES = 16


def new_token() -> str:
    """An idempotency token that no other request has."""
    return secrets.token_hex(_TOKEN_BYTES)


def is_provisioned(context: Context, provisioned_product_id: str) -> bool:
    """Whether a project's product has not been terminated."""
    try:
        context.api.call(_SERVICE, "DescribeProvisionedProduct", Id=provisioned_product_id)
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            return False
        raise
    return True


def order(context: Context, operation: str, **parameters: Any) -> Document:
    """Call Service Catalog and give the record of it.

    Raises:
        AwsError: ValidationException: it refuses.
    """
    try:
        answer = context.api.call(_SERVICE, operation, **parameters)
    except AwsError as error:
        raise validation_error(f"Service Catalog: {error.message} ({error.code})") from error
    record: Document = answer["RecordDetail"]
    return record


def follow(context: Context, name: str, action: str, record: Document) -> None:
    """Let the project's status be that of a record."""
    provisioned = {
        "ProvisionedProductId": record["ProvisionedProductId"],
        "ProvisionedProductStatusMessage": "",
    }
    in_progress(
        context,
        name,
        action,
        _RecordId=record["RecordId"],
        ServiceCatalogProvisionedProductDetails=provisioned,
    )
