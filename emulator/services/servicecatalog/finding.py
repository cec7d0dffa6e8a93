"""Products and versions that a request gives by id or by name."""

from emulator.context import Context, Request
from emulator.services.servicecatalog.records import (
    ARTIFACT,
    PRODUCT,
    existing,
    missing,
    refusal,
)
from emulator.store import Document


def find_product(context: Context, request: Request, id_member: str, name_member: str) -> Document:
    """The product that a request gives by id or by name.

    Raises:
        AwsError: ResourceNotFoundException; InvalidParametersException: neither or both are given,
            or several products have the name.
    """
    if (id_member in request) == (name_member in request):
        raise refusal("InvalidParameters", f"Give one of {id_member} and {name_member}.")
    if id_member in request:
        return existing(context, PRODUCT, request[id_member])
    name = request[name_member]
    named = [each for each in context.store.list(PRODUCT.name) if each["Name"] == name]
    if not named:
        raise missing(PRODUCT, name)
    if len(named) > 1:
        ids = ", ".join(each["Id"] for each in named)
        raise refusal("InvalidParameters", f"Several products are named {name}: {ids}.")
    return named[0]


def find_artifact(context: Context, product: Document, request: Request) -> Document:
    """The version that a request gives by id or name; the newest active one if it gives none.

    Raises:
        AwsError: ResourceNotFoundException; InvalidParametersException: both are given.
    """
    artifact_id = request.get("ProvisioningArtifactId")
    name = request.get("ProvisioningArtifactName")
    if artifact_id is not None and name is not None:
        message = "Give one of ProvisioningArtifactId and ProvisioningArtifactName."
        raise refusal("InvalidParameters", message)
    found = [
        each
        for each in context.store.list(ARTIFACT.name, f"{product['Id']}/")
        if artifact_id in (None, each["Id"]) and name in (None, each["Name"])
    ]
    if artifact_id is None and name is None:
        found = [each for each in found if each["Active"]]
    if not found:
        raise missing(ARTIFACT, artifact_id or name or f"of {product['Id']}")
    return found[-1]
