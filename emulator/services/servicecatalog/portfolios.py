"""Operations on portfolios, and on who may use them."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.services.servicecatalog.records import (
    CONSTRAINT,
    OFFER,
    PORTFOLIO,
    PRINCIPAL,
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

_KEPT = ("DisplayName", "Description", "ProviderName")


def create_portfolio(context: Context, request: Request) -> Answer:
    """Make a portfolio; the same IdempotencyToken gives the same one."""
    made = made_with(context, PORTFOLIO, request["IdempotencyToken"])
    if made is None:
        portfolio_id = new_id(PORTFOLIO.prefix)
        made = {
            "Id": portfolio_id,
            "ARN": catalog_arn(context, "portfolio", portfolio_id),
            "CreatedTime": context.clock(),
            **{key: request[key] for key in _KEPT if key in request},
            "_Tags": merged_tags([], request.get("Tags", [])),
            "_Token": request["IdempotencyToken"],
        }
        context.store.insert(PORTFOLIO.name, portfolio_id, made)
    return {"PortfolioDetail": public(made), "Tags": made["_Tags"]}


def describe_portfolio(context: Context, request: Request) -> Answer:
    """DescribePortfolio."""
    found = existing(context, PORTFOLIO, request["Id"])
    return {"PortfolioDetail": public(found), "Tags": found["_Tags"]}


def list_portfolios(context: Context, request: Request) -> Answer:
    """The portfolios, oldest first."""
    found = context.store.list(PORTFOLIO.name)
    shown, following = page(request, "ListPortfolios", found, public)
    return {"PortfolioDetails": shown, **following}


def update_portfolio(context: Context, request: Request) -> Answer:
    """Change a portfolio and its tags."""
    existing(context, PORTFOLIO, request["Id"])

    def change(document: Document) -> None:
        document.update({key: request[key] for key in _KEPT if key in request})
        removed = request.get("RemoveTags", [])
        kept = [tag for tag in document["_Tags"] if tag["Key"] not in removed]
        document["_Tags"] = merged_tags(kept, request.get("AddTags", []))

    changed = context.store.update(PORTFOLIO.name, request["Id"], change)
    return {"PortfolioDetail": public(changed), "Tags": changed["_Tags"]}


def delete_portfolio(context: Context, request: Request) -> Answer:
    """Delete a portfolio that nothing is associated with.

    Raises:
        AwsError: ResourceInUseException, which names what is.
    """
    portfolio_id = request["Id"]
    with context.store.transaction():
        existing(context, PORTFOLIO, portfolio_id)
        offers = context.store.list(OFFER, f"{portfolio_id}/")
        principals = context.store.list(PRINCIPAL, f"{portfolio_id}/")
        constraints = [
            each["ConstraintId"]
            for each in context.store.list(CONSTRAINT.name)
            if each["PortfolioId"] == portfolio_id
        ]
        users = [each["ProductId"] for each in offers]
        users += [each["PrincipalARN"] for each in principals] + constraints
        if users:
            raise refusal(
                "ResourceInUse",
                f"Portfolio {portfolio_id} cannot be deleted: it is associated with "
                f"{', '.join(users)}.",
            )
        context.store.delete(PORTFOLIO.name, portfolio_id)
    return {}


def associate_principal(context: Context, request: Request) -> Answer:
    """Let a principal use the portfolio's products; doing it again changes nothing.

    Raises:
        AwsError: ResourceNotFoundException; InvalidParametersException for what is no principal.
    """
    existing(context, PORTFOLIO, request["PortfolioId"])
    arn = request["PrincipalARN"]
    if not arn.startswith(("arn:aws:iam:", "arn:aws:sts:")):
        raise refusal("InvalidParameters", f"{arn!r} is no ARN of a user, a group or a role.")
    document = {
        "PortfolioId": request["PortfolioId"],
        "PrincipalARN": arn,
        "PrincipalType": request["PrincipalType"],
    }
    context.store.put(PRINCIPAL, f"{request['PortfolioId']}/{arn}", document)
    return {}


def disassociate_principal(context: Context, request: Request) -> Answer:
    """Take a principal away from a portfolio; doing it again changes nothing."""
    existing(context, PORTFOLIO, request["PortfolioId"])
    context.store.delete(PRINCIPAL, f"{request['PortfolioId']}/{request['PrincipalARN']}")
    return {}


def list_principals(context: Context, request: Request) -> Answer:
    """Who may use a portfolio."""
    portfolio_id = request["PortfolioId"]
    existing(context, PORTFOLIO, portfolio_id)
    found = context.store.list(PRINCIPAL, f"{portfolio_id}/")
    keys = ("PrincipalARN", "PrincipalType")
    shown, following = page(
        request, f"principals/{portfolio_id}", found, lambda each: {key: each[key] for key in keys}
    )
    return {"Principals": shown, **following}


OPERATIONS: Mapping[str, Handler] = {
    "CreatePortfolio": create_portfolio,
    "DescribePortfolio": describe_portfolio,
    "ListPortfolios": list_portfolios,
    "UpdatePortfolio": update_portfolio,
    "DeletePortfolio": delete_portfolio,
    "AssociatePrincipalWithPortfolio": associate_principal,
    "DisassociatePrincipalFromPortfolio": disassociate_principal,
    "ListPrincipalsForPortfolio": list_principals,
}
