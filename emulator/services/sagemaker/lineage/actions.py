"""Actions: what somebody or something did, such as an approval or a deployment."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.services.sagemaker.lineage import entities
from emulator.services.sagemaker.lineage.kinds import ACTION


def create_action(context: Context, request: Request) -> Answer:
    """CreateAction."""
    return entities.create(context, ACTION, request["ActionName"], request)


def describe_action(context: Context, request: Request) -> Answer:
    """DescribeAction, by name or ARN."""
    return entities.existing(context, ACTION, request["ActionName"])


def update_action(context: Context, request: Request) -> Answer:
    """UpdateAction."""
    return entities.update(context, ACTION, request["ActionName"], request)


def list_actions(context: Context, request: Request) -> Answer:
    """ListActions."""
    return entities.list_page(context, ACTION, request)


def delete_action(context: Context, request: Request) -> Answer:
    """DeleteAction."""
    return entities.delete(context, ACTION, request["ActionName"])


OPERATIONS: Mapping[str, Handler] = {
    "CreateAction": create_action,
    "DescribeAction": describe_action,
    "UpdateAction": update_action,
    "ListActions": list_actions,
    "DeleteAction": delete_action,
}
