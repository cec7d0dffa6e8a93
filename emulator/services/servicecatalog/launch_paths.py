"""Launch paths: which products are in which portfolios, and how one is launched.

A path leads to a product through each portfolio that it is in and that anybody may use. The
emulator does not ask who calls, so whoever does is one of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.context import Answer, Context, Handler, Request
from emulator.services.servicecatalog.records import (
    CONSTRAINT,
    OFFER,
    PORTFOLIO,
    PRINCIPAL,
    PRODUCT,
    existing,
    new_id,
    page,
    public,
    refusal,
)
from emulator.store import Document


@dataclass(frozen=True)
class LaunchPath:
    """One way to launch a product.

    Attributes:
        launch_role_arn: The role of the LAUNCH constraint, None without one.
    """

    path_id: str
    portfolio: Document
    constraints: tuple[Document, ...]
    launch_role_arn: str | None


def paths_of(context: Context, product_id: str) -> list[LaunchPath]:
    """The ways to launch a product."""
    offers = [offer for offer in context.store.list(OFFER) if offer["ProductId"] == product_id]
    return [
        _path(context, offer)
        for offer in offers
        if context.store.list(PRINCIPAL, f"{offer['PortfolioId']}/")
    ]


def _path(context: Context, offer: Document) -> LaunchPath:
    portfolio = existing(context, PORTFOLIO, offer["PortfolioId"])
    constraints = constraints_of(context, offer["PortfolioId"], offer["ProductId"])
    roles = [each["_RoleArn"] for each in constraints if each["Type"] == "LAUNCH"]
    return LaunchPath(offer["_PathId"], portfolio, tuple(constraints), roles[0] if roles else None)


def constraints_of(
    context: Context, portfolio_id: str, product_id: str | None = None
) -> list[Document]:
    """The constraints of a portfolio, on one product if that is given."""
    return [
        each
        for each in context.store.list(CONSTRAINT.name)
        if each["PortfolioId"] == portfolio_id and product_id in (None, each["ProductId"])
    ]


def find_path(context: Context, product_id: str, request: Request) -> LaunchPath:
    """The path that a request gives by id or name; the only one if it gives none.

    Raises:
        AwsError: ResourceNotFoundException: there is none; InvalidParametersException: there are
            several and none is chosen.
    """
    paths = paths_of(context, product_id)
    path_id, name = request.get("PathId"), request.get("PathName")
    found = [
        path
        for path in paths
        if path_id in (None, path.path_id) and name in (None, path.portfolio["DisplayName"])
    ]
    if not found:
        raise refusal(
            "ResourceNotFound",
            f"No launch paths found for resource: {product_id}. The product has to be in a "
            "portfolio (AssociateProductWithPortfolio) that somebody may use "
            "(AssociatePrincipalWithPortfolio).",
        )
    if len(found) > 1:
        ids = ", ".join(path.path_id for path in found)
        message = f"{product_id} has several launch paths: give one of {ids} as PathId."
        raise refusal("InvalidParameters", message)
    return found[0]


def associate_product(context: Context, request: Request) -> Answer:
    """Put a product into a portfolio; doing it again changes nothing."""
    portfolio_id, product_id = request["PortfolioId"], request["ProductId"]
    name = f"{portfolio_id}/{product_id}"
    with context.store.transaction():
        existing(context, PORTFOLIO, portfolio_id)
        existing(context, PRODUCT, product_id)
        if context.store.get(OFFER, name) is None:
            offer = {
                "PortfolioId": portfolio_id,
                "ProductId": product_id,
                "_PathId": new_id("lpv3"),
            }
            context.store.insert(OFFER, name, offer)
    return {}


def disassociate_product(context: Context, request: Request) -> Answer:
    """Take a product out of a portfolio.

    Raises:
        AwsError: ResourceNotFoundException; ResourceInUseException while it has constraints there.
    """
    portfolio_id, product_id = request["PortfolioId"], request["ProductId"]
    with context.store.transaction():
        existing(context, PORTFOLIO, portfolio_id)
        existing(context, PRODUCT, product_id)
        constraints = constraints_of(context, portfolio_id, product_id)
        if constraints:
            ids = ", ".join(each["ConstraintId"] for each in constraints)
            message = f"{product_id} has constraints in {portfolio_id}: {ids}. Delete them first."
            raise refusal("ResourceInUse", message)
        if not context.store.delete(OFFER, f"{portfolio_id}/{product_id}"):
            raise refusal("ResourceNotFound", f"{product_id} is not in {portfolio_id}.")
    return {}


def list_portfolios_for_product(context: Context, request: Request) -> Answer:
    """The portfolios that a product is in."""
    product_id = request["ProductId"]
    existing(context, PRODUCT, product_id)
    found = [
        existing(context, PORTFOLIO, offer["PortfolioId"])
        for offer in context.store.list(OFFER)
        if offer["ProductId"] == product_id
    ]
    shown, following = page(request, f"portfolios/{product_id}", found, public)
    return {"PortfolioDetails": shown, **following}


def list_launch_paths(context: Context, request: Request) -> Answer:
    """The ways to launch a product."""
    existing(context, PRODUCT, request["ProductId"])
    shown = [
        {
            "Id": path.path_id,
            "Name": path.portfolio["DisplayName"],
            "ConstraintSummaries": constraint_summaries(path),
            "Tags": path.portfolio["_Tags"],
        }
        for path in paths_of(context, request["ProductId"])
    ]
    found, following = page(request, f"paths/{request['ProductId']}", shown, lambda each: each)
    return {"LaunchPathSummaries": found, **following}


def constraint_summaries(path: LaunchPath) -> list[dict[str, str]]:
    """The constraints of a path in short."""
    return [
        {"Type": each["Type"], "Description": each.get("Description", "")}
        for each in path.constraints
    ]


OPERATIONS: Mapping[str, Handler] = {
    "AssociateProductWithPortfolio": associate_product,
    "DisassociateProductFromPortfolio": disassociate_product,
    "ListPortfoliosForProduct": list_portfolios_for_product,
    "ListLaunchPaths": list_launch_paths,
}
