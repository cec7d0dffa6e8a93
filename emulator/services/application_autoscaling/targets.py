"""Scalable targets: which variant, and between how many instances."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError
from emulator.services.application_autoscaling import alarms
from emulator.services.application_autoscaling.records import (
    ACTIVITY,
    DIMENSION,
    NAMESPACE,
    POLICY,
    TARGET,
    check_kind,
    existing_target,
    policy_key,
    variant_of,
)
from emulator.services.application_autoscaling.scaling import bring_within
from emulator.store import Document

_SERVICE_ROLE = (
    "aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


@blocking
def register_scalable_target(context: Context, request: Request) -> Answer:
    """Let a variant be scaled, or change between how many instances.

    Raises:
        AwsError: ValidationException: no such variant, or the bounds do not fit.
    """
    check_kind(request)
    resource_id = request["ResourceId"]
    known = context.store.get(TARGET, resource_id)
    document = _document(context, request, known)
    _check_bounds(document)
    _check_variant(context, resource_id)
    context.store.put(TARGET, resource_id, document)
    bring_within(context, document)
    return {"ScalableTargetARN": document["ScalableTargetARN"]}


def _document(context: Context, request: Request, known: Document | None) -> Document:
    region, account_id = context.settings.region, context.settings.account_id
    new = {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": request["ResourceId"],
        "ScalableDimension": DIMENSION,
        "CreationTime": context.clock(),
        "RoleARN": f"arn:aws:iam::{account_id}:role/{_SERVICE_ROLE}",
        "ScalableTargetARN": (
            f"arn:aws:application-autoscaling:{region}:{account_id}:scalable-target/"
            f"{uuid.uuid4().hex[:28]}"
        ),
        "SuspendedState": {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
        },
        "_Tags": request.get("Tags", {}),
    }
    members = ("MinCapacity", "MaxCapacity", "RoleARN")
    given = {name: request[name] for name in members if name in request}
    document = {**new, **(known or {}), **given}
    document["SuspendedState"] = document["SuspendedState"] | request.get("SuspendedState", {})
    return document


def _check_bounds(document: Mapping[str, Any]) -> None:
    missing = [name for name in ("MinCapacity", "MaxCapacity") if name not in document]
    if missing:
        raise AwsError(
            "ValidationException",
            f"{' and '.join(missing)} must be given when a scalable target is registered.",
        )
    if document["MinCapacity"] > document["MaxCapacity"]:
        raise AwsError(
            "ValidationException",
            "Maximum capacity cannot be less than minimum capacity: got MinCapacity"
            f" {document['MinCapacity']} and MaxCapacity {document['MaxCapacity']}.",
        )


def _check_variant(context: Context, resource_id: str) -> None:
    wanted = variant_of(resource_id)
    try:
        endpoint = context.api.call("sagemaker", "DescribeEndpoint", EndpointName=wanted.endpoint)
    except AwsError as error:
        raise AwsError(
            "ValidationException", f"SageMaker resource does not exist: {error.message}"
        ) from error
    names = [variant["VariantName"] for variant in endpoint.get("ProductionVariants", ())]
    if wanted.variant not in names:
        raise AwsError(
            "ValidationException",
            f"Endpoint {wanted.endpoint} has no variant {wanted.variant}; it has:"
            f" {', '.join(names) or 'none before it is InService'}.",
        )


@blocking
def deregister_scalable_target(context: Context, request: Request) -> Answer:
    """Scale no more, and remove the policies with their alarms.

    Raises:
        AwsError: ObjectNotFoundException.
    """
    check_kind(request)
    resource_id = request["ResourceId"]
    existing_target(context, resource_id)
    for policy in context.store.list(POLICY, policy_key(resource_id, "")):
        alarms.delete(context, policy)
        context.store.delete(POLICY, policy_key(resource_id, policy["PolicyName"]))
    context.store.delete(TARGET, resource_id)
    return {}


def describe_scalable_targets(context: Context, request: Request) -> Answer:
    """The scalable targets, or those of some variants."""
    wanted = request.get("ResourceIds")
    return {"ScalableTargets": _listed(context, TARGET, request, lambda each: _is_in(each, wanted))}


def describe_scaling_activities(context: Context, request: Request) -> Answer:
    """What policies have done, the newest first."""
    wanted = [request["ResourceId"]] if "ResourceId" in request else None
    found = _listed(context, ACTIVITY, request, lambda each: _is_in(each, wanted))
    return {"ScalingActivities": found[::-1]}


def _listed(
    context: Context, kind: str, request: Request, is_wanted: Callable[[Document], bool]
) -> list[Document]:
    if request["ServiceNamespace"] != NAMESPACE:
        return []
    return [each for each in context.store.list(kind) if is_wanted(each)]


def _is_in(document: Mapping[str, Any], resource_ids: list[str] | None) -> bool:
    return resource_ids is None or document["ResourceId"] in resource_ids


OPERATIONS: Mapping[str, Handler] = {
    "RegisterScalableTarget": register_scalable_target,
    "DeregisterScalableTarget": deregister_scalable_target,
    "DescribeScalableTargets": describe_scalable_targets,
    "DescribeScalingActivities": describe_scaling_activities,
}
