"""Models, endpoint configs and endpoints."""

import re
from collections.abc import Sequence
from functools import partial

from emulator.context import Context
from emulator.services.sagemaker.events.details import (
    Detail,
    in_milliseconds,
    members,
    milliseconds,
    tags_of,
)
from emulator.services.sagemaker.events.observing import Observer, observer
from emulator.services.sagemaker.named_resources import (
    ENDPOINT,
    ENDPOINT_CONFIG,
    MODEL,
    ResourceKind,
)
from emulator.services.sagemaker.serving import progress
from emulator.store import Document

_MODEL_MEMBERS = ("PrimaryContainer", "Containers", "ExecutionRoleArn")
_CONFIG_MEMBERS = ("ProductionVariants", "DataCaptureConfig", "KmsKeyId", "AsyncInferenceConfig")
_VARIANT_MEMBERS = (
    "VariantName",
    "CurrentWeight",
    "DesiredWeight",
    "CurrentInstanceCount",
    "DesiredInstanceCount",
    "VariantStatus",
)
_TIMES = ("CreationTime", "LastModifiedTime")
_STATUS = "EndpointStatus"
_PENDING = "PendingDeploymentSummary"
# While a fleet is replaced, or the one before is put back.
_DEPLOYING = ("Updating", "RollingBack")


def _tell_made_or_deleted(
    kind: ResourceKind,
    own: Sequence[str],
    context: Context,
    before: Document | None,
    after: Document | None,
) -> tuple[list[str], Detail] | None:
    """Source: "The state changes when a SageMaker AI model is either created or deleted"."""
    document = after if before is None else before
    if document is None or (before is not None and after is not None):
        return None
    shown = members(document, (kind.name_key, kind.arn_key, *own, *_TIMES))
    detail = in_milliseconds(shown, _TIMES)
    detail["Tags"] = tags_of(context, document, kind.arn_key)
    return [document[kind.arn_key]], detail


def _tell_endpoint(
    context: Context, before: Document | None, after: Document | None
) -> tuple[list[str], Detail] | None:
    if after is None or (before or {}).get(_STATUS) == after[_STATUS]:
        return None
    return [after[ENDPOINT.arn_key]], _endpoint_detail(context, after)


def _tell_deployment(
    context: Context, before: Document | None, after: Document | None
) -> tuple[list[str], Detail] | None:
    """An endpoint that begins to be updated or rolled back, and each step of that."""
    if before is None or after is None or after[_STATUS] not in _DEPLOYING:
        return None
    pending = _pending(after)
    if before[_STATUS] == after[_STATUS] and _pending(before) == pending:
        return None
    detail = _endpoint_detail(context, after | progress.described(after))
    if pending is not None:
        detail[_PENDING] = {
            "EndpointConfigName": pending["EndpointConfigName"],
            "StartTime": milliseconds(pending["StartTime"]),
            "ProductionVariants": [_variant(each) for each in pending["ProductionVariants"]],
        }
    return [after[ENDPOINT.arn_key]], detail


def _pending(endpoint: Document) -> Document | None:
    return progress.described(endpoint).get(_PENDING)


def _endpoint_detail(context: Context, endpoint: Document) -> Detail:
    names = ("EndpointName", "EndpointArn", "EndpointConfigName", "FailureReason", *_TIMES)
    detail = in_milliseconds(members(endpoint, names), _TIMES)
    detail[_STATUS] = event_status(endpoint[_STATUS])
    detail["ProductionVariants"] = _variants(endpoint)
    detail["Tags"] = tags_of(context, endpoint, ENDPOINT.arn_key)
    return detail


def _variants(endpoint: Document) -> list[Detail]:
    """What serves, or where nothing does yet what is to serve."""
    serving = endpoint.get("ProductionVariants")
    if serving is None:
        serving = progress.described(endpoint | {_STATUS: "Creating"})[_PENDING][
            "ProductionVariants"
        ]
    return [_variant(variant) for variant in serving]


def _variant(variant: Document) -> Detail:
    detail = members(variant, _VARIANT_MEMBERS)
    if "VariantStatus" in detail:
        statuses = detail["VariantStatus"]
        detail["VariantStatus"] = [in_milliseconds(each, ("StartTime",)) for each in statuses]
    return detail


def event_status(status: str) -> str:
    """An endpoint's status as events spell it: IN_SERVICE for InService."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()


def _made_or_deleted(kind: ResourceKind, words: str, own: Sequence[str]) -> tuple[str, Observer]:
    telling = partial(_tell_made_or_deleted, kind, own)
    return kind.noun, observer(f"SageMaker {words} State Change", telling)


OBSERVERS: tuple[tuple[str, Observer], ...] = (
    _made_or_deleted(MODEL, "Model", _MODEL_MEMBERS),
    _made_or_deleted(ENDPOINT_CONFIG, "Endpoint Config", _CONFIG_MEMBERS),
    (ENDPOINT.noun, observer("SageMaker Endpoint State Change", _tell_endpoint)),
    (ENDPOINT.noun, observer("SageMaker Endpoint Deployment State Change", _tell_deployment)),
)
