"""What is told of provisioned products, and of what a product asks for."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.services.servicecatalog import templates
from emulator.services.servicecatalog.finding import find_artifact, find_product
from emulator.services.servicecatalog.launch_paths import constraint_summaries, find_path
from emulator.services.servicecatalog.provisioning import find_provisioned
from emulator.services.servicecatalog.records import (
    ARTIFACT,
    PRODUCT,
    PROVISIONED_PRODUCT,
    page,
    public,
    refusal,
)
from emulator.store import Document

_SORTED_BY = {"arn": "Arn", "id": "Id", "name": "Name", "lastRecordId": "LastRecordId"}
# Source: API_SearchProvisionedProducts, the fields that SearchQuery can ask for by name.
_SEARCHED = {
    "arn": "Arn",
    "createdTime": "CreatedTime",
    "id": "Id",
    "idempotencyToken": "IdempotencyToken",
    "lastProvisioningRecordId": "LastProvisioningRecordId",
    "lastRecordId": "LastRecordId",
    "lastSuccessfulProvisioningRecordId": "LastSuccessfulProvisioningRecordId",
    "name": "Name",
    "physicalId": "PhysicalId",
    "productId": "ProductId",
    "productName": "ProductName",
    "provisioningArtifactId": "ProvisioningArtifactId",
    "provisioningArtifactName": "ProvisioningArtifactName",
    "status": "Status",
    "tags": "Tags",
    "type": "Type",
    "userArn": "UserArn",
}


def describe_provisioned_product(context: Context, request: Request) -> Answer:
    """A provisioned product, until it is terminated."""
    found = find_provisioned(context, request, "Id", "Name")
    return {"ProvisionedProductDetail": public(found), "CloudWatchDashboards": []}


def get_outputs(context: Context, request: Request) -> Answer:
    """The outputs of a provisioned product's stack, or those that are asked for.

    Raises:
        AwsError: ResourceNotFoundException; InvalidParametersException: there is no such output.
    """
    found = find_provisioned(context, request, "ProvisionedProductId", "ProvisionedProductName")
    outputs, keys = found.get("_Outputs", []), request.get("OutputKeys")
    if keys is not None:
        known = {output["OutputKey"] for output in outputs}
        unknown = [key for key in keys if key not in known]
        if unknown:
            raise refusal(
                "InvalidParameters",
                f"No outputs {', '.join(unknown)}; there are: {', '.join(sorted(known))}.",
            )
        outputs = [output for output in outputs if output["OutputKey"] in keys]
    shown, following = page(request, f"outputs/{found['Id']}/{keys}", outputs, lambda each: each)
    return {"Outputs": shown, **following}


def search_provisioned_products(context: Context, request: Request) -> Answer:
    """The provisioned products that match a query, e.g. ``name:books`` or a text.

    Raises:
        AwsError: InvalidParametersException: a field, or SortBy, is none that can be asked for.
    """
    queries = request.get("Filters", {}).get("SearchQuery", [])
    everything = [
        _attribute(context, each) for each in context.store.list(PROVISIONED_PRODUCT.name)
    ]
    found = [each for each in everything if all(_matches(each, query) for query in queries)]
    if "SortBy" in request:
        member = _SORTED_BY.get(request["SortBy"])
        if member is None:
            raise refusal("InvalidParameters", f"SortBy: expected one of {', '.join(_SORTED_BY)}.")
        is_descending = request.get("SortOrder") == "DESCENDING"
        found.sort(key=lambda each: str(each.get(member, "")), reverse=is_descending)
    shown, following = page(request, f"SearchProvisionedProducts/{queries}", found, public)
    return {"ProvisionedProducts": shown, "TotalResultsCount": len(found), **following}


def scan_provisioned_products(context: Context, request: Request) -> Answer:
    """All provisioned products."""
    found = context.store.list(PROVISIONED_PRODUCT.name)
    shown, following = page(request, "ScanProvisionedProducts", found, public)
    return {"ProvisionedProducts": shown, **following}


def _attribute(context: Context, document: Document) -> Document:
    product = context.store.get(PRODUCT.name, document.get("ProductId", ""))
    version = f"{document.get('ProductId')}/{document.get('ProvisioningArtifactId')}"
    artifact = context.store.get(ARTIFACT.name, version)
    return {
        **document,
        **({"ProductName": product["Name"]} if product else {}),
        **({"ProvisioningArtifactName": artifact["Name"]} if artifact else {}),
    }


def _matches(document: Document, query: str) -> bool:
    field, colon, value = query.partition(":")
    if not colon:
        values = [str(document.get(member, "")) for member in _SEARCHED.values()]
        return any(query.lower() in each.lower() for each in values)
    if field not in _SEARCHED:
        known = ", ".join(_SEARCHED)
        raise refusal("InvalidParameters", f"SearchQuery {query!r}: expected a field of {known}.")
    found = document.get(_SEARCHED[field], "")
    wanted = value.strip("\"'")
    if field == "tags":
        return any(wanted in (tag["Key"], tag["Value"]) for tag in found)
    if wanted.endswith("*"):
        return str(found).lower().startswith(wanted[:-1].lower())
    return str(found).lower() == wanted.lower()


@blocking
def describe_provisioning_parameters(context: Context, request: Request) -> Answer:
    """What a version's template asks for, and which constraints its path has."""
    product = find_product(context, request, "ProductId", "ProductName")
    artifact = find_artifact(context, product, request)
    path = find_path(context, product["Id"], request)
    said = templates.summary(context, artifact["Id"])
    return {
        "ProvisioningArtifactParameters": templates.parameters(said),
        "ConstraintSummaries": constraint_summaries(path),
        "UsageInstructions": [],
        "TagOptions": [],
    }


OPERATIONS: Mapping[str, Handler] = {
    "DescribeProvisionedProduct": describe_provisioned_product,
    "GetProvisionedProductOutputs": get_outputs,
    "SearchProvisionedProducts": search_provisioned_products,
    "ScanProvisionedProducts": scan_provisioned_products,
    "DescribeProvisioningParameters": describe_provisioning_parameters,
}
