"""Products that are provisioned, changed and terminated: what is asked for, and its record."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import unsupported
from emulator.services.servicecatalog.carrying_out import start
from emulator.services.servicecatalog.finding import find_artifact, find_product
from emulator.services.servicecatalog.launch_paths import LaunchPath, find_path
from emulator.services.servicecatalog.records import (
    PROVISIONED_PRODUCT,
    RECORD,
    existing,
    is_of_aws,
    made_with,
    merged_tags,
    missing,
    new_id,
    page,
    public,
    refusal,
)
from emulator.store import Document

PROVISION, UPDATE = "PROVISION_PRODUCT", "UPDATE_PROVISIONED_PRODUCT"
TERMINATE = "TERMINATE_PROVISIONED_PRODUCT"
_STACK = "CFN_STACK"


def provision_product(context: Context, request: Request) -> Answer:
    """Begin to provision a product; the same ProvisionToken gives the same record.

    Raises:
        AwsError: ResourceNotFoundException; DuplicateResourceException: the name is taken;
            InvalidParametersException; UnsupportedByEmulator: stack sets.
    """
    made = made_with(context, RECORD, request["ProvisionToken"])
    if made is not None:
        return {"RecordDetail": public(made)}
    _refuse_stack_sets(request)
    product = find_product(context, request, "ProductId", "ProductName")
    artifact = find_artifact(context, product, request)
    path = find_path(context, product["Id"], request)
    tags = merged_tags(_inherited_tags(product, path), request.get("Tags", []))
    provisioned = _provisioned(context, request, tags)
    order = _order(product, artifact, path, request.get("ProvisioningParameters", []))
    with context.store.transaction():
        if _named(context, provisioned["Name"]) is not None:
            message = f"A provisioned product is named {provisioned['Name']} already."
            raise refusal("DuplicateResource", message)
        context.store.insert(PROVISIONED_PRODUCT.name, provisioned["Id"], provisioned)
        record = _record(context, provisioned, PROVISION, order, request["ProvisionToken"])
    start(context, record["RecordId"])
    return {"RecordDetail": public(record)}


def _provisioned(context: Context, request: Request, tags: list[dict[str, str]]) -> Document:
    """A new provisioned product."""
    provisioned_id = new_id(PROVISIONED_PRODUCT.prefix)
    name = request["ProvisionedProductName"]
    return {
        "Id": provisioned_id,
        "Name": name,
        "Arn": _arn(context, name, provisioned_id),
        "Type": _STACK,
        "CreatedTime": context.clock(),
        "IdempotencyToken": request["ProvisionToken"],
        "Tags": tags,
        "UserArn": f"arn:aws:iam::{context.settings.account_id}:root",
        "_StackName": f"SC-{context.settings.account_id}-{provisioned_id}",
        "_NotificationArns": request.get("NotificationArns", []),
        "_Token": request["ProvisionToken"],
    }


def _refuse_stack_sets(request: Request) -> None:
    if request.get("ProvisioningPreferences"):
        raise unsupported("ProvisioningPreferences (stack sets) is not supported by the emulator.")


def _arn(context: Context, name: str, provisioned_id: str) -> str:
    settings = context.settings
    place = f"arn:aws:servicecatalog:{settings.region}:{settings.account_id}"
    return f"{place}:stack/{name}/{provisioned_id}"


def _inherited_tags(product: Document, path: LaunchPath) -> list[dict[str, str]]:
    """Source: "Managing tags" of the administrator guide: those of portfolio and product."""
    tags = merged_tags(path.portfolio["_Tags"], product["_Tags"])
    return [tag for tag in tags if not is_of_aws(tag["Key"])]


def _order(
    product: Document,
    artifact: Document,
    path: LaunchPath,
    parameters: list[Mapping[str, Any]],
) -> dict[str, Any]:
    role = {} if path.launch_role_arn is None else {"LaunchRoleArn": path.launch_role_arn}
    return {
        "ProductId": product["Id"],
        "ProvisioningArtifactId": artifact["Id"],
        "PathId": path.path_id,
        **role,
        "_Parameters": [dict(parameter) for parameter in parameters],
    }


def _record(
    context: Context, provisioned: Document, kind: str, order: Mapping[str, Any], token: str
) -> Document:
    """Keep a new record and turn the provisioned product to it; for a transaction."""
    now, record_id = context.clock(), new_id(RECORD.prefix)
    record = {
        "RecordId": record_id,
        "ProvisionedProductName": provisioned["Name"],
        "ProvisionedProductId": provisioned["Id"],
        "ProvisionedProductType": provisioned["Type"],
        "RecordType": kind,
        "Status": "CREATED",
        "CreatedTime": now,
        "UpdatedTime": now,
        "RecordErrors": [],
        "RecordTags": provisioned["Tags"],
        **order,
        "_Outputs": [],
        "_Token": token,
    }
    context.store.insert(RECORD.name, record_id, record)
    changed = {
        "Status": "UNDER_CHANGE",
        "StatusMessage": "",
        "LastRecordId": record_id,
        "LastProvisioningRecordId": record_id,
    }
    context.store.update(
        PROVISIONED_PRODUCT.name, provisioned["Id"], lambda each: {**each, **changed}
    )
    return record


def update_provisioned_product(context: Context, request: Request) -> Answer:
    """Begin to change a provisioned product: its version, its parameters or its tags.

    Raises:
        AwsError: ResourceNotFoundException; InvalidParametersException: it is under change.
    """
    made = made_with(context, RECORD, request["UpdateToken"])
    if made is not None:
        return {"RecordDetail": public(made)}
    _refuse_stack_sets(request)
    provisioned = find_provisioned(
        context, request, "ProvisionedProductId", "ProvisionedProductName"
    )
    request = _with_last(context, provisioned, request)
    product = find_product(context, request, "ProductId", "ProductName")
    artifact = find_artifact(context, product, request)
    path = find_path(context, product["Id"], request)
    order = _order(product, artifact, path, request.get("ProvisioningParameters", []))
    tags = merged_tags(provisioned["Tags"], request.get("Tags", []))
    with context.store.transaction():
        _refuse_under_change(context, provisioned["Id"])
        context.store.update(
            PROVISIONED_PRODUCT.name, provisioned["Id"], lambda each: {**each, "Tags": tags}
        )
        record = _record(
            context, {**provisioned, "Tags": tags}, UPDATE, order, request["UpdateToken"]
        )
    start(context, record["RecordId"])
    return {"RecordDetail": public(record)}


def _with_last(context: Context, provisioned: Document, request: Request) -> Request:
    """The request with the product, the version and the path that there are, if it gives none."""
    last = existing(context, RECORD, provisioned["LastProvisioningRecordId"])
    said = dict(request)
    if not request.keys() & {"ProductId", "ProductName"}:
        said["ProductId"] = last["ProductId"]
        if not request.keys() & {"PathId", "PathName"}:
            said["PathId"] = last["PathId"]
    if not request.keys() & {"ProvisioningArtifactId", "ProvisioningArtifactName"}:
        said["ProvisioningArtifactId"] = last["ProvisioningArtifactId"]
    return said


def _refuse_under_change(context: Context, provisioned_id: str) -> None:
    if existing(context, PROVISIONED_PRODUCT, provisioned_id)["Status"] == "UNDER_CHANGE":
        raise refusal("InvalidParameters", f"{provisioned_id} is under change: wait for its end.")


def terminate_provisioned_product(context: Context, request: Request) -> Answer:
    """Begin to terminate a provisioned product.

    Raises:
        AwsError: ResourceNotFoundException; InvalidParametersException: it is under change;
            UnsupportedByEmulator: RetainPhysicalResources.
    """
    made = made_with(context, RECORD, request["TerminateToken"])
    if made is not None:
        return {"RecordDetail": public(made)}
    if request.get("RetainPhysicalResources"):
        raise unsupported("RetainPhysicalResources is not supported by the emulator.")
    provisioned = find_provisioned(
        context, request, "ProvisionedProductId", "ProvisionedProductName"
    )
    last = existing(context, RECORD, provisioned["LastProvisioningRecordId"])
    kept = ("ProductId", "ProvisioningArtifactId", "PathId", "LaunchRoleArn")
    order = {
        **{key: last[key] for key in kept if key in last},
        "_Parameters": [],
        "_IgnoresErrors": request.get("IgnoreErrors", False),
    }
    with context.store.transaction():
        _refuse_under_change(context, provisioned["Id"])
        record = _record(context, provisioned, TERMINATE, order, request["TerminateToken"])
    start(context, record["RecordId"])
    return {"RecordDetail": public(record)}


def _named(context: Context, name: str) -> Document | None:
    for each in context.store.list(PROVISIONED_PRODUCT.name):
        if name in (each["Name"], each["Arn"]):
            return each
    return None


def find_provisioned(
    context: Context, request: Request, id_member: str, name_member: str
) -> Document:
    """The provisioned product that a request gives by id, or by name or ARN.

    Raises:
        AwsError: ResourceNotFoundException; InvalidParametersException: neither or both are given.
    """
    if (id_member in request) == (name_member in request):
        raise refusal("InvalidParameters", f"Give one of {id_member} and {name_member}.")
    if id_member in request:
        return existing(context, PROVISIONED_PRODUCT, request[id_member])
    found = _named(context, request[name_member])
    if found is None:
        raise missing(PROVISIONED_PRODUCT, request[name_member])
    return found


def describe_record(context: Context, request: Request) -> Answer:
    """What became of a request, and the outputs of its stack."""
    found = existing(context, RECORD, request["Id"])
    shown, following = page(
        request, f"record/{found['RecordId']}", found["_Outputs"], lambda each: each
    )
    return {"RecordDetail": public(found), "RecordOutputs": shown, **following}


def list_record_history(context: Context, request: Request) -> Answer:
    """The records, newest first; of one product or provisioned product if that is asked for."""
    members = {"product": "ProductId", "provisionedproduct": "ProvisionedProductId"}
    wanted = request.get("SearchFilter", {})
    member = members.get(wanted.get("Key", "product"))
    if member is None:
        raise refusal(
            "InvalidParameters", f"SearchFilter.Key: expected one of {', '.join(members)}."
        )
    found = [
        each
        for each in reversed(context.store.list(RECORD.name))
        if wanted.get("Value") in (None, each[member])
    ]
    shown, following = page(request, f"ListRecordHistory/{wanted}", found, public)
    return {"RecordDetails": shown, **following}


OPERATIONS: Mapping[str, Handler] = {
    "ProvisionProduct": provision_product,
    "UpdateProvisionedProduct": update_provisioned_product,
    "TerminateProvisionedProduct": terminate_provisioned_product,
    "DescribeRecord": describe_record,
    "ListRecordHistory": list_record_history,
}
