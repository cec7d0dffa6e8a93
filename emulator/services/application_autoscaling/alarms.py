"""The two alarms of a target tracking policy.

Source: "Target tracking scaling policies" of the Application Auto Scaling user guide, and the
alarms that it makes for SageMaker: three minutes above the target, fifteen minutes 10 % below it.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError, unsupported
from emulator.services.application_autoscaling.records import variant_of
from emulator.services.clients import client
from emulator.store import Document

# Source: PredefinedMetricType and the metrics of SageMaker that they stand for.
_PREDEFINED = {
    "SageMakerVariantInvocationsPerInstance": ("AWS/SageMaker", "InvocationsPerInstance", "Sum"),
}
_PERIOD_SECONDS = 60
_HIGH_PERIODS, _LOW_PERIODS = 3, 15
_LOW_SHARE = 0.9


def put(context: Context, policy: Document) -> list[dict[str, str]]:
    """Make the policy's alarms, or change them; gives their names and ARNs.

    Raises:
        AwsError: ValidationException; UnsupportedByEmulator, for metric math.
    """
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    metric = _metric(policy["ResourceId"], configuration)
    target = float(configuration["TargetValue"])
    wanted = [("AlarmHigh", "GreaterThanThreshold", target, _HIGH_PERIODS)]
    if not configuration.get("DisableScaleIn"):
        wanted.append(("AlarmLow", "LessThanThreshold", target * _LOW_SHARE, _LOW_PERIODS))
    names = {alarm["AlarmName"].split("-")[-6]: alarm["AlarmName"] for alarm in policy["Alarms"]}
    cloudwatch = client(context, "cloudwatch")
    found = []
    for kind, comparison, threshold, periods in wanted:
        default = f"TargetTracking-{policy['ResourceId']}-{kind}-{uuid.uuid4()}"
        name = names.get(kind, default)
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy"
            f" {policy['PolicyARN']}.",
            ActionsEnabled=True,
            AlarmActions=[policy["PolicyARN"]],
            EvaluationPeriods=periods,
            Period=_PERIOD_SECONDS,
            Threshold=threshold,
            ComparisonOperator=comparison,
            **metric,
        )
        found.append({"AlarmName": name, "AlarmARN": _arn(context, name)})
    return found


def _arn(context: Context, name: str) -> str:
    return (
        f"arn:aws:cloudwatch:{context.settings.region}:{context.settings.account_id}:alarm:{name}"
    )


def delete(context: Context, policy: Mapping[str, Any]) -> None:
    """Delete the policy's alarms."""
    names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
    if names:
        client(context, "cloudwatch").delete_alarms(AlarmNames=names)


def _metric(resource_id: str, configuration: Mapping[str, Any]) -> dict[str, Any]:
    predefined = configuration.get("PredefinedMetricSpecification")
    customized = configuration.get("CustomizedMetricSpecification")
    if (predefined is None) == (customized is None):
        raise AwsError(
            "ValidationException",
            "Give either PredefinedMetricSpecification or CustomizedMetricSpecification.",
        )
    if predefined is not None:
        return _predefined_metric(resource_id, predefined["PredefinedMetricType"])
    given: Mapping[str, Any] = customized or {}
    if "Metrics" in given:
        raise unsupported("A CustomizedMetricSpecification with metric math is not emulated.")
    return {
        "Namespace": given["Namespace"],
        "MetricName": given["MetricName"],
        "Statistic": given["Statistic"],
        "Dimensions": given.get("Dimensions", []),
    }


def _predefined_metric(resource_id: str, kind: str) -> dict[str, Any]:
    if kind not in _PREDEFINED:
        raise unsupported(
            f"Target tracking of {kind} is not emulated, only of: {', '.join(_PREDEFINED)}."
        )
    namespace, name, statistic = _PREDEFINED[kind]
    variant = variant_of(resource_id)
    dimensions = {"EndpointName": variant.endpoint, "VariantName": variant.variant}
    return {
        "Namespace": namespace,
        "MetricName": name,
        "Statistic": statistic,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
