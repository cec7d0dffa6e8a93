"""Operations on products."""

from collections.abc import Callable, Mapping, Sequence

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import unsupported
from emulator.services.servicecatalog import artifacts, launch_paths
from emulator.services.servicecatalog.finding import find_product
from emulator.services.servicecatalog.records import (
    ARTIFACT,
    OFFER,
    PRODUCT,
    catalog_arn,
    existing,
    made_with,
    merged_tags,
    new_id,
    page,
    public,
    refusal,
)
from emulator.store import Document

_KEPT = ("Name", "Owner", "Distributor", "SupportDescription", "SupportEmail", "SupportUrl")
_TEMPLATE = "CLOUD_FORMATION_TEMPLATE"


@blocking
def create_product(context: Context, request: Request) -> Answer:
    """Make a product with its first version; the same IdempotencyToken gives the same one.

    Raises:
        AwsError: InvalidParametersException: there is no version, or its template cannot be used;
            UnsupportedByEmulator: products other than of CloudFormation templates.
    """
    made = made_with(context, PRODUCT, request["IdempotencyToken"])
    if made is None:
        made = _make(context, request)
    version = context.store.list(ARTIFACT.name, f"{made['Id']}/")[0]
    return {
        "ProductViewDetail": view_detail(context, made),
        "ProvisioningArtifactDetail": artifacts.detail(version),
        "Tags": made["_Tags"],
    }


def _make(context: Context, request: Request) -> Document:
    if request["ProductType"] != _TEMPLATE:
        raise unsupported(
            f"ProductType {request['ProductType']} is not supported by the emulator; {_TEMPLATE} is"
        )
    if "SourceConnection" in request:
        raise unsupported("SourceConnection is not supported by the emulator.")
    if "ProvisioningArtifactParameters" not in request:
        raise refusal("InvalidParameters", "ProvisioningArtifactParameters is required.")
    product_id = new_id(PRODUCT.prefix)
    product = {
        "Id": product_id,
        "ARN": catalog_arn(context, "product", product_id),
        "CreatedTime": context.clock(),
        "Type": _TEMPLATE,
        **{key: request[key] for key in _KEPT if key in request},
        **({"ShortDescription": request["Description"]} if "Description" in request else {}),
        "_Tags": merged_tags([], request.get("Tags", [])),
        "_Token": request["IdempotencyToken"],
    }
    version = artifacts.prepared(
        context, product_id, request["ProvisioningArtifactParameters"], product["_Token"]
    )
    with context.store.transaction():
        context.store.insert(PRODUCT.name, product_id, product)
        artifacts.keep(context, version)
    return product


def _summary(context: Context, product: Document) -> Answer:
    has_path = len(launch_paths.paths_of(context, product["Id"])) == 1
    kept = {key: product[key] for key in (*_KEPT, "ShortDescription", "Type") if key in product}
    return {
        "Id": product["Id"].replace(PRODUCT.prefix, "prodview", 1),
        "ProductId": product["Id"],
        "HasDefaultPath": has_path,
        **kept,
    }


def view_detail(context: Context, product: Document) -> Answer:
    """A product as administrators see it."""
    return {
        "ProductViewSummary": _summary(context, product),
        "Status": "AVAILABLE",
        "ProductARN": product["ARN"],
        "CreatedTime": product["CreatedTime"],
    }


def describe_product(context: Context, request: Request) -> Answer:
    """A product as users see it: its active versions and the ways to launch it."""
    product = find_product(context, request, "Id", "Name")
    versions = context.store.list(ARTIFACT.name, f"{product['Id']}/")
    return {
        "ProductViewSummary": _summary(context, product),
        "ProvisioningArtifacts": [public(each) for each in versions if each["Active"]],
        "Budgets": [],
        "LaunchPaths": [
            {"Id": path.path_id, "Name": path.portfolio["DisplayName"]}
            for path in launch_paths.paths_of(context, product["Id"])
        ],
    }


def describe_product_as_admin(context: Context, request: Request) -> Answer:
    """A product as administrators see it, with its tags."""
    product = find_product(context, request, "Id", "Name")
    versions = context.store.list(ARTIFACT.name, f"{product['Id']}/")
    return {
        "ProductViewDetail": view_detail(context, product),
        "ProvisioningArtifactSummaries": [
            {**public(each), "ProvisioningArtifactMetadata": each["_Info"]} for each in versions
        ],
        "Tags": product["_Tags"],
        "TagOptions": [],
        "Budgets": [],
    }


def update_product(context: Context, request: Request) -> Answer:
    """Change a product and its tags; its versions have operations of their own."""
    if "SourceConnection" in request:
        raise unsupported("SourceConnection is not supported by the emulator.")
    existing(context, PRODUCT, request["Id"])

    def change(document: Document) -> None:
        document.update({key: request[key] for key in _KEPT if key in request})
        if "Description" in request:
            document["ShortDescription"] = request["Description"]
        removed = request.get("RemoveTags", [])
        kept = [tag for tag in document["_Tags"] if tag["Key"] not in removed]
        document["_Tags"] = merged_tags(kept, request.get("AddTags", []))

    changed = context.store.update(PRODUCT.name, request["Id"], change)
    return {"ProductViewDetail": view_detail(context, changed), "Tags": changed["_Tags"]}


def delete_product(context: Context, request: Request) -> Answer:
    """Delete a product that is in no portfolio, with its versions.

    Raises:
        AwsError: ResourceInUseException, which names the portfolios.
    """
    product_id = request["Id"]
    with context.store.transaction():
        existing(context, PRODUCT, product_id)
        offers = [o for o in context.store.list(OFFER) if o["ProductId"] == product_id]
        if offers:
            portfolios = ", ".join(offer["PortfolioId"] for offer in offers)
            raise refusal(
                "ResourceInUse",
                f"Product {product_id} cannot be deleted: it is associated with {portfolios}.",
            )
        for version in context.store.list(ARTIFACT.name, f"{product_id}/"):
            context.store.delete(ARTIFACT.name, f"{product_id}/{version['Id']}")
        context.store.delete(PRODUCT.name, product_id)
    return {}


def search_products(context: Context, request: Request) -> Answer:
    """The products that can be launched."""
    launchable = [
        each
        for each in context.store.list(PRODUCT.name)
        if launch_paths.paths_of(context, each["Id"])
    ]
    found = _chosen(launchable, request)
    shown, following = page(request, "SearchProducts", found, lambda each: _summary(context, each))
    return {"ProductViewSummaries": shown, "ProductViewAggregations": {}, **following}


def search_products_as_admin(context: Context, request: Request) -> Answer:
    """All products, or those of one portfolio."""
    products = context.store.list(PRODUCT.name)
    portfolio_id = request.get("PortfolioId")
    if portfolio_id is not None:
        offers = context.store.list(OFFER, f"{portfolio_id}/")
        offered = {offer["ProductId"] for offer in offers}
        products = [each for each in products if each["Id"] in offered]
    found = _chosen(products, request)
    shown, following = page(
        request,
        f"SearchProductsAsAdmin/{portfolio_id}",
        found,
        lambda each: view_detail(context, each),
    )
    return {"ProductViewDetails": shown, **following}


def _chosen(products: Sequence[Document], request: Request) -> list[Document]:
    """Source: API_SearchProducts, Filters: the keys are FullTextSearch, Owner, ProductType."""
    found = [each for each in products if _matches(each, request.get("Filters", {}))]
    if "SortBy" in request:
        member = {"Title": "Name", "CreationDate": "CreatedTime"}.get(request["SortBy"])
        if member is None:
            raise unsupported(f"SortBy {request['SortBy']} is not supported by the emulator.")
        found.sort(key=lambda each: each[member], reverse=request.get("SortOrder") == "DESCENDING")
    return found


def _matches(product: Document, filters: Mapping[str, Sequence[str]]) -> bool:
    text = "\n".join(str(product.get(key, "")) for key in (*_KEPT, "ShortDescription", "Id"))
    said: Mapping[str, Callable[[str], bool]] = {
        "FullTextSearch": lambda value: value.lower() in text.lower(),
        "Owner": lambda value: bool(value == product["Owner"]),
        "ProductType": lambda value: bool(value == product["Type"]),
        "SourceProductId": lambda value: bool(value == product["Id"]),
    }
    return all(any(said[key](value) for value in values) for key, values in filters.items())


OPERATIONS: Mapping[str, Handler] = {
    "CreateProduct": create_product,
    "DescribeProduct": describe_product,
    "DescribeProductAsAdmin": describe_product_as_admin,
    "UpdateProduct": update_product,
    "DeleteProduct": delete_product,
    "SearchProducts": search_products,
    "SearchProductsAsAdmin": search_products_as_admin,
}
