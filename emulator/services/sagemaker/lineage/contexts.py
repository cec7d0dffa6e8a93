"""Contexts: what groups other entities, such as an endpoint or a model package group."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.services.sagemaker.lineage import entities
from emulator.services.sagemaker.lineage.kinds import CONTEXT


def create_context(context: Context, request: Request) -> Answer:
    """CreateContext."""
    return entities.create(context, CONTEXT, request["ContextName"], request)


def describe_context(context: Context, request: Request) -> Answer:
    """DescribeContext, by name or ARN."""
    return entities.existing(context, CONTEXT, request["ContextName"])


def update_context(context: Context, request: Request) -> Answer:
    """UpdateContext."""
    return entities.update(context, CONTEXT, request["ContextName"], request)


def list_contexts(context: Context, request: Request) -> Answer:
    """ListContexts."""
    return entities.list_page(context, CONTEXT, request)


def delete_context(context: Context, request: Request) -> Answer:
    """DeleteContext."""
    return entities.delete(context, CONTEXT, request["ContextName"])


OPERATIONS: Mapping[str, Handler] = {
    "CreateContext": create_context,
    "DescribeContext": describe_context,
    "UpdateContext": update_context,
    "ListContexts": list_contexts,
    "DeleteContext": delete_context,
}
