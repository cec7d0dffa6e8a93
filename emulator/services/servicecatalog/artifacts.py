"""Provisioning artifacts: the versions of a product, each with a template of its own.

As on AWS, the template is copied when the version is made; what becomes of the object in S3
afterwards does not matter.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import unsupported
from emulator.services.servicecatalog import templates
from emulator.services.servicecatalog.finding import find_artifact, find_product
from emulator.services.servicecatalog.records import (
    ARTIFACT,
    PRODUCT,
    existing,
    made_with,
    missing,
    new_id,
    refusal,
)
from emulator.store import Document

_TEMPLATE = "CLOUD_FORMATION_TEMPLATE"
_SOURCE = "LoadTemplateFromURL"
_DETAIL = ("Id", "Name", "Description", "Type", "CreatedTime", "Active", "Guidance")


def prepared(
    context: Context, product_id: str, parameters: Mapping[str, Any], token: str
) -> Document:
    """A new version, its template copied and checked, not yet kept.

    Raises:
        AwsError: InvalidParametersException: the template cannot be had or is not valid;
            UnsupportedByEmulator: versions that are not made from LoadTemplateFromURL.
    """
    if parameters.get("Type", _TEMPLATE) != _TEMPLATE:
        raise unsupported(f"Type {parameters['Type']} is not supported by the emulator.")
    info = parameters.get("Info", {})
    if "ImportFromPhysicalId" in info:
        raise unsupported("ImportFromPhysicalId is not supported by the emulator.")
    if list(info) != [_SOURCE]:
        raise refusal("InvalidParameters", f"Info has to have {_SOURCE}, and nothing else.")
    artifact_id = new_id(ARTIFACT.prefix)
    is_checked = not parameters.get("DisableTemplateValidation", False)
    templates.keep(context, artifact_id, info[_SOURCE], is_checked=is_checked)
    return {
        "Id": artifact_id,
        "Name": parameters.get("Name", artifact_id),
        "Description": parameters.get("Description", ""),
        "Type": _TEMPLATE,
        "CreatedTime": context.clock(),
        "Active": True,
        "Guidance": "DEFAULT",
        "_ProductId": product_id,
        "_Info": {_SOURCE: info[_SOURCE]},
        "_Token": token,
    }


def keep(context: Context, artifact: Document) -> None:
    """Keep a prepared version."""
    name = f"{artifact['_ProductId']}/{artifact['Id']}"
    context.store.insert(ARTIFACT.name, name, artifact)


def detail(artifact: Document) -> Answer:
    """A version as its own operations tell it."""
    return {key: artifact[key] for key in _DETAIL}


@blocking
def create_provisioning_artifact(context: Context, request: Request) -> Answer:
    """Make another version of a product."""
    existing(context, PRODUCT, request["ProductId"])
    token = request["IdempotencyToken"]
    made = made_with(context, ARTIFACT, token)
    if made is None:
        made = prepared(context, request["ProductId"], request["Parameters"], token)
        keep(context, made)
    return {
        "ProvisioningArtifactDetail": detail(made),
        "Info": made["_Info"],
        "Status": "AVAILABLE",
    }


def _existing(context: Context, request: Request) -> Document:
    artifact_id = request["ProvisioningArtifactId"]
    found = context.store.get(ARTIFACT.name, f"{request['ProductId']}/{artifact_id}")
    if found is None:
        raise missing(ARTIFACT, artifact_id)
    return found


@blocking
def describe_provisioning_artifact(context: Context, request: Request) -> Answer:
    """A version, and what its template asks for if that is wanted."""
    product = find_product(context, request, "ProductId", "ProductName")
    found = find_artifact(context, product, request)
    parameters = {}
    if request.get("IncludeProvisioningArtifactParameters"):
        said = templates.summary(context, found["Id"])
        parameters = {"ProvisioningArtifactParameters": templates.parameters(said)}
    return {
        "ProvisioningArtifactDetail": detail(found),
        "Info": found["_Info"],
        "Status": "AVAILABLE",
        **parameters,
    }


def list_provisioning_artifacts(context: Context, request: Request) -> Answer:
    """All versions of a product, oldest first."""
    existing(context, PRODUCT, request["ProductId"])
    found = context.store.list(ARTIFACT.name, f"{request['ProductId']}/")
    return {"ProvisioningArtifactDetails": [detail(each) for each in found]}


def update_provisioning_artifact(context: Context, request: Request) -> Answer:
    """Rename a version, or let it be offered no more; its template stays."""
    found = _existing(context, request)
    changes: Request = {
        key: request[key] for key in ("Name", "Description", "Active", "Guidance") if key in request
    }
    changed = context.store.update(
        ARTIFACT.name, f"{request['ProductId']}/{found['Id']}", lambda each: {**each, **changes}
    )
    return {
        "ProvisioningArtifactDetail": detail(changed),
        "Info": changed["_Info"],
        "Status": "AVAILABLE",
    }


def delete_provisioning_artifact(context: Context, request: Request) -> Answer:
    """Delete a version of a product, but not its last one.

    Raises:
        AwsError: ResourceInUseException.
    """
    product_id = request["ProductId"]
    with context.store.transaction():
        found = _existing(context, request)
        if len(context.store.list(ARTIFACT.name, f"{product_id}/")) == 1:
            raise refusal(
                "ResourceInUse",
                f"{found['Id']} is the only version of {product_id}: delete the product instead.",
            )
        context.store.delete(ARTIFACT.name, f"{product_id}/{found['Id']}")
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "CreateProvisioningArtifact": create_provisioning_artifact,
    "DescribeProvisioningArtifact": describe_provisioning_artifact,
    "ListProvisioningArtifacts": list_provisioning_artifacts,
    "UpdateProvisioningArtifact": update_provisioning_artifact,
    "DeleteProvisioningArtifact": delete_provisioning_artifact,
}
