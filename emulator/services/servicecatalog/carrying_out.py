"""One record, from its request to the end of its stack, in a thread of its own.

After the process was killed, ``recover`` begins anew with each record that had not ended: what
CloudFormation has begun goes on.
"""

from collections.abc import Callable, Mapping
from typing import Any

from emulator import moto
from emulator.context import Context
from emulator.services.servicecatalog import stacks
from emulator.services.servicecatalog.records import (
    PROVISIONED_PRODUCT,
    RECORD,
    existing,
)
from emulator.services.servicecatalog.stacks import StackOrder, StackOutcome, StackRefused
from emulator.services.servicecatalog.templates import template_url
from emulator.store import Document

ENDED = ("SUCCEEDED", "FAILED")
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")
# The stack is as it was before the change that failed.
_AS_BEFORE = "UPDATE_ROLLBACK_COMPLETE"
_ERROR_CODES = {
    "PROVISION_PRODUCT": "ResourceCreateFailure",
    "UPDATE_PROVISIONED_PRODUCT": "ResourceUpdateFailure",
    "TERMINATE_PROVISIONED_PRODUCT": "ResourceDeleteFailure",
}


def start(context: Context, record_id: str) -> None:
    """Carry a record out in a thread."""
    context.workers.start(f"servicecatalog {record_id}", _carry_out, context, record_id)


def recover(context: Context) -> None:
    """Go on with the records that had not ended when the last process did."""
    for record in context.store.list(RECORD.name):
        if record["Status"] not in ENDED:
            start(context, record["RecordId"])


def _carry_out(context: Context, record_id: str) -> None:
    record = context.store.update(
        RECORD.name,
        record_id,
        lambda each: {**each, "Status": "IN_PROGRESS", "UpdatedTime": context.clock()},
    )
    provisioned = existing(context, PROVISIONED_PRODUCT, record["ProvisionedProductId"])
    try:
        _check_role(context, record)
        outcome = _ACTIONS[record["RecordType"]](context, record, provisioned)
    except StackRefused as refused:
        outcome = StackOutcome(None, "", (), str(refused))
    except Exception as error:  # the thread's boundary: no record may wait for ever
        _finish(context, record, StackOutcome(None, "", (), f"The emulator failed: {error!r}"))
        raise
    _finish(context, record, outcome)


def _check_role(context: Context, record: Document) -> None:
    role_arn = record.get("LaunchRoleArn")
    if role_arn is not None and not moto.role_exists(context, role_arn):
        raise StackRefused(
            f"The launch role {role_arn} does not exist. {moto.which_roles(context)}"
        )


def _create(context: Context, record: Document, provisioned: Document) -> StackOutcome:
    return stacks.create(context, _order(context, record, provisioned))


def _update(context: Context, record: Document, provisioned: Document) -> StackOutcome:
    return stacks.update(context, _order(context, record, provisioned))


def _delete(context: Context, record: Document, provisioned: Document) -> StackOutcome:
    return stacks.delete(context, provisioned["_StackName"])


_ACTIONS: Mapping[str, Callable[[Context, Document, Document], StackOutcome]] = {
    "PROVISION_PRODUCT": _create,
    "UPDATE_PROVISIONED_PRODUCT": _update,
    "TERMINATE_PROVISIONED_PRODUCT": _delete,
}


def _order(context: Context, record: Document, provisioned: Document) -> StackOrder:
    return StackOrder(
        name=provisioned["_StackName"],
        token=record["RecordId"],
        template_url=template_url(context, record["ProvisioningArtifactId"]),
        parameters=[_parameter(each) for each in record["_Parameters"]],
        tags=provisioned["Tags"],
        notification_arns=provisioned["_NotificationArns"],
    )


def _parameter(said: Mapping[str, Any]) -> dict[str, Any]:
    if said.get("UsePreviousValue"):
        return {"ParameterKey": said["Key"], "UsePreviousValue": True}
    return {"ParameterKey": said["Key"], "ParameterValue": said.get("Value", "")}


def _finish(context: Context, record: Document, outcome: StackOutcome) -> None:
    """Keep what came of the record and of its provisioned product, in one transaction."""
    is_good = outcome.status in _GOOD
    is_gone = record["RecordType"] == "TERMINATE_PROVISIONED_PRODUCT" and (
        is_good or record.get("_IgnoresErrors", False)
    )
    errors = [] if is_good else [_error(record, outcome)]
    ended = {
        "Status": "SUCCEEDED" if is_good or is_gone else "FAILED",
        "UpdatedTime": context.clock(),
        "RecordErrors": errors,
        "_Outputs": _outputs(outcome),
    }
    with context.store.transaction():
        if is_gone:
            context.store.delete(PROVISIONED_PRODUCT.name, record["ProvisionedProductId"])
        else:
            _keep_provisioned(context, record, outcome, is_good=is_good)
        context.store.update(RECORD.name, record["RecordId"], lambda each: {**each, **ended})


def _keep_provisioned(
    context: Context, record: Document, outcome: StackOutcome, *, is_good: bool
) -> None:
    changes: dict[str, Any] = {
        "Status": _status(outcome, is_good=is_good),
        "StatusMessage": outcome.reason,
    }
    if outcome.stack_id is not None:
        changes["PhysicalId"] = outcome.stack_id
        changes["_Outputs"] = _outputs(outcome)
    if is_good:
        changes["LastSuccessfulProvisioningRecordId"] = record["RecordId"]
        for key in ("ProductId", "ProvisioningArtifactId", "LaunchRoleArn"):
            if key in record:
                changes[key] = record[key]
    context.store.update(
        PROVISIONED_PRODUCT.name,
        record["ProvisionedProductId"],
        lambda each: {**each, **changes},
    )


def _status(outcome: StackOutcome, *, is_good: bool) -> str:
    """Source: botocore's ProvisionedProductDetail, Status."""
    if is_good:
        return "AVAILABLE"
    return "TAINTED" if outcome.status == _AS_BEFORE else "ERROR"


def _error(record: Document, outcome: StackOutcome) -> dict[str, str]:
    said = f"{outcome.status}: {outcome.reason}" if outcome.status else outcome.reason
    return {"Code": _ERROR_CODES[record["RecordType"]], "Description": said}


def _outputs(outcome: StackOutcome) -> list[dict[str, str]]:
    stack = {
        "OutputKey": "CloudformationStackARN",
        "OutputValue": outcome.stack_id or "",
        "Description": "The ARN of the launched Cloudformation Stack",
    }
    told = [
        {key: output[key] for key in ("OutputKey", "OutputValue", "Description") if key in output}
        for output in outcome.outputs
    ]
    return [stack, *told] if outcome.stack_id else told
