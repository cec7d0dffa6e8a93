"""A function's tags and its resource policy, which is kept but not enforced."""

import json
from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.services.lambda_.names import KIND, existing_function


def add_permission(context: Context, request: Request) -> Answer:
    """Add a statement to the function's policy.

    Raises:
        AwsError: ResourceConflictException when its id is taken.
    """
    name = existing_function(context, request)["FunctionName"]
    statement_id = request["StatementId"]

    def add(document: dict[str, Any]) -> None:
        if any(known["Sid"] == statement_id for known in document["_Statements"]):
            raise AwsError(
                "ResourceConflictException",
                f"The statement id ({statement_id}) provided already exists. Please provide a new"
                " statement id, or remove the existing statement.",
                409,
            )
        document["_Statements"].append(_statement(request, document["FunctionArn"]))

    document = context.store.update(KIND, name, add)
    return {"Statement": json.dumps(document["_Statements"][-1])}


def _statement(request: Request, function_arn: str) -> dict[str, Any]:
    principal = request["Principal"]
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(principal),
        "Action": request["Action"],
        "Resource": function_arn,
    }
    condition: dict[str, Any] = {}
    if "SourceAccount" in request:
        condition["StringEquals"] = {"AWS:SourceAccount": request["SourceAccount"]}
    if "PrincipalOrgID" in request:
        condition.setdefault("StringEquals", {})["aws:PrincipalOrgID"] = request["PrincipalOrgID"]
    if "SourceArn" in request:
        condition["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
    return statement | ({"Condition": condition} if condition else {})


def _principal(principal: str) -> str | dict[str, str]:
    if principal == "*":
        return "*"
    if principal.endswith((".amazonaws.com", ".amazon.com")):
        return {"Service": principal}
    is_account = principal.isdigit()
    return {"AWS": f"arn:aws:iam::{principal}:root" if is_account else principal}


def remove_permission(context: Context, request: Request) -> Answer:
    """Remove a statement from the function's policy.

    Raises:
        AwsError: ResourceNotFoundException when there is none of that id.
    """
    name = existing_function(context, request)["FunctionName"]
    statement_id = request["StatementId"]

    def remove(document: dict[str, Any]) -> None:
        kept = [known for known in document["_Statements"] if known["Sid"] != statement_id]
        if len(kept) == len(document["_Statements"]):
            raise AwsError(
                "ResourceNotFoundException",
                f"Statement {statement_id} is not found in resource policy.",
                404,
            )
        document["_Statements"] = kept

    context.store.update(KIND, name, remove)
    return {}


def get_policy(context: Context, request: Request) -> Answer:
    """The function's policy as JSON text.

    Raises:
        AwsError: ResourceNotFoundException when it has no statement.
    """
    document = existing_function(context, request)
    if not document["_Statements"]:
        raise AwsError(
            "ResourceNotFoundException", "The resource you requested does not exist.", 404
        )
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": document["_Statements"]}
    return {"Policy": json.dumps(policy), "RevisionId": document["RevisionId"]}


def _tagged(context: Context, request: Request) -> dict[str, Any]:
    return existing_function(context, {"FunctionName": request["Resource"]})


def tag_resource(context: Context, request: Request) -> Answer:
    """Set tags on the function with the given ARN."""
    name = _tagged(context, request)["FunctionName"]
    context.store.update(KIND, name, lambda document: document["_Tags"].update(request["Tags"]))
    return {}


def untag_resource(context: Context, request: Request) -> Answer:
    """Remove tags from the function with the given ARN."""
    name = _tagged(context, request)["FunctionName"]

    def remove(document: dict[str, Any]) -> None:
        for key in request["TagKeys"]:
            document["_Tags"].pop(key, None)

    context.store.update(KIND, name, remove)
    return {}


def list_tags(context: Context, request: Request) -> Answer:
    """The tags of the function with the given ARN."""
    return {"Tags": _tagged(context, request)["_Tags"]}


OPERATIONS: Mapping[str, Handler] = {
    "AddPermission": add_permission,
    "RemovePermission": remove_permission,
    "GetPolicy": get_policy,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTags": list_tags,
}
