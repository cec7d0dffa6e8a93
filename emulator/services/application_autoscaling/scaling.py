"""What a policy does when its alarm says so: another number of instances.

Source: "How target tracking scaling works" and "How step scaling works" of the Application Auto
Scaling user guide.
"""

import math
import uuid
from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.moto.recent_metrics import Metric, recent_metrics
from emulator.services.alarms.statistics import data_point
from emulator.services.application_autoscaling.records import (
    ACTIVITY,
    DIMENSION,
    NAMESPACE,
    POLICY,
    existing_target,
    variant_of,
)
from emulator.store import Document

# Source: ScaleInCooldown and ScaleOutCooldown of SageMaker's variants, if they are not given.
_COOLDOWN_SECONDS = 300


def scale(context: Context, policy_arn: str, alarm: Mapping[str, Any]) -> None:
    """Follow a policy whose alarm has gone off.

    Raises:
        AwsError: The policy or its target is not there, or the endpoint refuses.
    """
    policy = _policy(context, policy_arn)
    target = existing_target(context, policy["ResourceId"])
    now, current = context.clock(), _instances(context, policy["ResourceId"])
    wanted = _wanted(context, policy, alarm, current)
    bounded = max(target["MinCapacity"], min(target["MaxCapacity"], wanted))
    if bounded == current or _is_held(policy, target, bounded > current, now):
        return
    _set(context, target, current, bounded, f"alarm {alarm['AlarmName']}")
    context.store.update(
        POLICY,
        f"{policy['ResourceId']}|{policy['PolicyName']}",
        lambda document: {**document, "_ScaledAt": now},
    )


def bring_within(context: Context, target: Document) -> None:
    """Bring the variant between the target's bounds, where it is not."""
    current = _instances(context, target["ResourceId"])
    bounded = max(target["MinCapacity"], min(target["MaxCapacity"], current))
    if bounded != current:
        _set(context, target, current, bounded, "its capacity was out of bounds")


def _policy(context: Context, arn: str) -> Document:
    for policy in context.store.list(POLICY):
        if policy["PolicyARN"] == arn:
            return policy
    raise AwsError("ObjectNotFoundException", f"There is no scaling policy {arn}.")


def _instances(context: Context, resource_id: str) -> int:
    wanted = variant_of(resource_id)
    endpoint = context.api.call("sagemaker", "DescribeEndpoint", EndpointName=wanted.endpoint)
    for variant in endpoint.get("ProductionVariants", ()):
        if variant["VariantName"] == wanted.variant:
            return int(variant["CurrentInstanceCount"])
    raise AwsError("ObjectNotFoundException", f"There is no variant {resource_id}.")


def _wanted(
    context: Context, policy: Mapping[str, Any], alarm: Mapping[str, Any], current: int
) -> int:
    value = _measured(context, alarm)
    if policy["PolicyType"] == "StepScaling":
        return _by_steps(policy["StepScalingPolicyConfiguration"], alarm, value, current)
    target = float(policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"])
    # So that the metric, which is per instance, comes to the target.
    proportional = math.ceil(current * value / target)
    if alarm["ComparisonOperator"].startswith("Greater"):
        return max(proportional, current + 1)
    return min(proportional, current)


def _measured(context: Context, alarm: Mapping[str, Any]) -> float:
    """The metric's value in the period that ends now; 0 where there is none."""
    dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions", ())}
    metric = Metric.of(alarm["Namespace"], alarm["MetricName"], dimensions)
    now = context.clock()
    values = recent_metrics(context).between(metric, now - float(alarm["Period"]), now)
    return data_point(alarm.get("ExtendedStatistic") or alarm["Statistic"], values) or 0.0


def _by_steps(
    configuration: Mapping[str, Any], alarm: Mapping[str, Any], value: float, current: int
) -> int:
    distance = value - float(alarm["Threshold"])
    for step in configuration.get("StepAdjustments", ()):
        lower = step.get("MetricIntervalLowerBound", -math.inf)
        upper = step.get("MetricIntervalUpperBound", math.inf)
        if lower <= distance < upper:
            return _adjusted(configuration, int(step["ScalingAdjustment"]), current)
    return current


def _adjusted(configuration: Mapping[str, Any], adjustment: int, current: int) -> int:
    kind = configuration["AdjustmentType"]
    if kind == "ExactCapacity":
        return adjustment
    if kind == "ChangeInCapacity":
        return current + adjustment
    change = current * adjustment / 100
    least = int(configuration.get("MinAdjustmentMagnitude", 1))
    return current + int(math.copysign(max(abs(int(change)), least), change))


def _is_held(
    policy: Mapping[str, Any], target: Mapping[str, Any], is_out: bool, now: float
) -> bool:
    direction = "Out" if is_out else "In"
    if target["SuspendedState"][f"DynamicScaling{direction}Suspended"]:
        return True
    configuration = policy.get(f"{policy['PolicyType']}PolicyConfiguration", {})
    seconds = configuration.get(f"Scale{direction}Cooldown", configuration.get("Cooldown"))
    cooldown = _COOLDOWN_SECONDS if seconds is None else seconds
    return bool(now - policy.get("_ScaledAt", -math.inf) < cooldown)


def _set(context: Context, target: Document, current: int, wanted: int, cause: str) -> None:
    variant = variant_of(target["ResourceId"])
    changes = [{"VariantName": variant.variant, "DesiredInstanceCount": wanted}]
    began = context.clock()
    context.api.call(
        "sagemaker",
        "UpdateEndpointWeightsAndCapacities",
        EndpointName=variant.endpoint,
        DesiredWeightsAndCapacities=changes,
    )
    activity_id = str(uuid.uuid4())
    activity = {
        "ActivityId": activity_id,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target["ResourceId"],
        "ScalableDimension": DIMENSION,
        "Description": f"Setting desired instance count to {wanted}.",
        "Cause": f"{cause} triggered a change from {current}",
        "StartTime": began,
        "EndTime": context.clock(),
        "StatusCode": "Successful",
        "StatusMessage": f"Successfully set desired instance count to {wanted}.",
    }
    context.store.insert(ACTIVITY, activity_id, activity)
