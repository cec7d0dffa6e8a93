"""Constraints: of the types, LAUNCH, which names the role that a product is launched with."""

from collections.abc import Mapping

from emulator import moto
from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import unsupported
from emulator.json_text import read_json
from emulator.services.servicecatalog.launch_paths import constraints_of
from emulator.services.servicecatalog.records import (
    CONSTRAINT,
    OFFER,
    PORTFOLIO,
    PRODUCT,
    existing,
    made_with,
    new_id,
    page,
    public,
    refusal,
)
from emulator.store import Document

_LAUNCH = "LAUNCH"
_OTHERS = ("NOTIFICATION", "RESOURCE_UPDATE", "STACKSET", "TEMPLATE")


@blocking
def create_constraint(context: Context, request: Request) -> Answer:
    """Make a constraint on a product in a portfolio.

    Raises:
        AwsError: ResourceNotFoundException; DuplicateResourceException: there is one already;
            InvalidParametersException: the role does not exist; UnsupportedByEmulator: types other
            than LAUNCH.
    """
    made = made_with(context, CONSTRAINT, request["IdempotencyToken"])
    if made is not None:
        return _told(made)
    portfolio_id, product_id = request["PortfolioId"], request["ProductId"]
    existing(context, PORTFOLIO, portfolio_id)
    existing(context, PRODUCT, product_id)
    role_arn = _launch_role(context, request["Type"], request["Parameters"])
    document = {
        "ConstraintId": new_id(CONSTRAINT.prefix),
        "Type": request["Type"],
        "Description": request.get("Description", ""),
        "Owner": context.settings.account_id,
        "ProductId": product_id,
        "PortfolioId": portfolio_id,
        "_Parameters": request["Parameters"],
        "_RoleArn": role_arn,
        "_Token": request["IdempotencyToken"],
    }
    with context.store.transaction():
        if context.store.get(OFFER, f"{portfolio_id}/{product_id}") is None:
            raise refusal("ResourceNotFound", f"{product_id} is not in {portfolio_id}.")
        if constraints_of(context, portfolio_id, product_id):
            message = f"{product_id} has a {_LAUNCH} constraint in {portfolio_id} already."
            raise refusal("DuplicateResource", message)
        context.store.insert(CONSTRAINT.name, document["ConstraintId"], document)
    return _told(document)


def _launch_role(context: Context, kind: str, parameters: str) -> str:
    """The ARN of the role that the constraint's parameters name, which has to exist."""
    if kind in _OTHERS:
        raise unsupported(f"{kind} constraints are not supported by the emulator; {_LAUNCH} are.")
    if kind != _LAUNCH:
        raise refusal("InvalidParameters", f"{kind!r} is no type of constraint.")
    try:
        said = read_json(parameters)
    except ValueError as error:
        raise refusal("InvalidParameters", f"Parameters is not JSON: {error}") from error
    if not isinstance(said, dict) or len(said.keys() & {"RoleArn", "LocalRoleName"}) != 1:
        message = "Parameters of LAUNCH: expected one of RoleArn and LocalRoleName."
        raise refusal("InvalidParameters", message)
    local = f"arn:aws:iam::{context.settings.account_id}:role/{said.get('LocalRoleName')}"
    role_arn = str(said.get("RoleArn", local))
    if not moto.role_exists(context, role_arn):
        raise refusal(
            "InvalidParameters",
            f"The role {role_arn} does not exist. {moto.which_roles(context)}",
        )
    return role_arn


def _told(document: Document) -> Answer:
    return {
        "ConstraintDetail": public(document),
        "ConstraintParameters": document["_Parameters"],
        "Status": "AVAILABLE",
    }


def describe_constraint(context: Context, request: Request) -> Answer:
    """DescribeConstraint."""
    return _told(existing(context, CONSTRAINT, request["Id"]))


@blocking
def update_constraint(context: Context, request: Request) -> Answer:
    """Change a constraint's description or role."""
    found = existing(context, CONSTRAINT, request["Id"])
    changes = {}
    if "Description" in request:
        changes["Description"] = request["Description"]
    if "Parameters" in request:
        role_arn = _launch_role(context, found["Type"], request["Parameters"])
        changes.update({"_Parameters": request["Parameters"], "_RoleArn": role_arn})
    changed = context.store.update(CONSTRAINT.name, request["Id"], lambda each: {**each, **changes})
    return _told(changed)


def delete_constraint(context: Context, request: Request) -> Answer:
    """DeleteConstraint."""
    existing(context, CONSTRAINT, request["Id"])
    context.store.delete(CONSTRAINT.name, request["Id"])
    return {}


def list_constraints(context: Context, request: Request) -> Answer:
    """The constraints of a portfolio, on one product if that is given."""
    portfolio_id = request["PortfolioId"]
    existing(context, PORTFOLIO, portfolio_id)
    found = constraints_of(context, portfolio_id, request.get("ProductId"))
    shown, following = page(request, f"constraints/{portfolio_id}", found, public)
    return {"ConstraintDetails": shown, **following}


OPERATIONS: Mapping[str, Handler] = {
    "CreateConstraint": create_constraint,
    "DescribeConstraint": describe_constraint,
    "UpdateConstraint": update_constraint,
    "DeleteConstraint": delete_constraint,
    "ListConstraintsForPortfolio": list_constraints,
}
