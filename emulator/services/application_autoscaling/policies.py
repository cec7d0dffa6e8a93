"""Scaling policies: target tracking, and steps that an alarm of the caller's own calls."""

import uuid
from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError, unsupported
from emulator.services.application_autoscaling import alarms
from emulator.services.application_autoscaling.records import (
    DIMENSION,
    NAMESPACE,
    POLICY,
    check_kind,
    existing_target,
    policy_key,
)

_CONFIGURATIONS = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
}


@blocking
def put_scaling_policy(context: Context, request: Request) -> Answer:
    """Make a policy, or change it; target tracking makes its alarms.

    Raises:
        AwsError: ObjectNotFoundException: no scalable target; ValidationException;
            UnsupportedByEmulator.
    """
    check_kind(request)
    resource_id, name = request["ResourceId"], request["PolicyName"]
    existing_target(context, resource_id)
    kind = request.get("PolicyType", "StepScaling")
    member = _CONFIGURATIONS.get(kind)
    if member is None:
        raise unsupported(f"Scaling policies of type {kind} are not emulated.")
    if member not in request:
        raise AwsError("ValidationException", f"{member} is required for a policy of type {kind}.")
    known = context.store.get(POLICY, policy_key(resource_id, name))
    document = {
        **_new(context, resource_id, name),
        **(known or {}),
        "PolicyType": kind,
        member: request[member],
    }
    if kind == "TargetTrackingScaling":
        document["Alarms"] = alarms.put(context, document)
    context.store.put(POLICY, policy_key(resource_id, name), document)
    return {"PolicyARN": document["PolicyARN"], "Alarms": document["Alarms"]}


def _new(context: Context, resource_id: str, name: str) -> dict[str, Any]:
    region, account_id = context.settings.region, context.settings.account_id
    arn = (
        f"arn:aws:autoscaling:{region}:{account_id}:scalingPolicy:{uuid.uuid4()}:"
        f"resource/{NAMESPACE}/{resource_id}:policyName/{name}"
    )
    return {
        "PolicyARN": arn,
        "PolicyName": name,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": resource_id,
        "ScalableDimension": DIMENSION,
        "CreationTime": context.clock(),
        "Alarms": [],
    }


@blocking
def delete_scaling_policy(context: Context, request: Request) -> Answer:
    """Remove a policy with its alarms.

    Raises:
        AwsError: ObjectNotFoundException.
    """
    check_kind(request)
    key = policy_key(request["ResourceId"], request["PolicyName"])
    policy = context.store.get(POLICY, key)
    if policy is None:
        raise AwsError(
            "ObjectNotFoundException",
            f"No scaling policy found for service namespace: {NAMESPACE}, resource ID:"
            f" {request['ResourceId']}, scalable dimension: {DIMENSION}, policy name:"
            f" {request['PolicyName']}",
        )
    alarms.delete(context, policy)
    context.store.delete(POLICY, key)
    return {}


def describe_scaling_policies(context: Context, request: Request) -> Answer:
    """The policies, or those of a variant or of some names."""
    prefix = policy_key(request["ResourceId"], "") if "ResourceId" in request else ""
    names = request.get("PolicyNames")
    found = [
        policy
        for policy in context.store.list(POLICY, prefix)
        if request["ServiceNamespace"] == NAMESPACE and (not names or policy["PolicyName"] in names)
    ]
    return {"ScalingPolicies": found}


OPERATIONS: Mapping[str, Handler] = {
    "PutScalingPolicy": put_scaling_policy,
    "DeleteScalingPolicy": delete_scaling_policy,
    "DescribeScalingPolicies": describe_scaling_policies,
}
