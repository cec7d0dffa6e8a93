"""Application Auto Scaling of endpoints' variants.

Source: "Automatically scale Amazon SageMaker AI models" of the developer guide, and "Target
tracking scaling policies" of the Application Auto Scaling user guide.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.model_images import add_recipe, create_model, variant

Client = Callable[[str], Any]
WAIT_SECONDS = 30
ABOUT = {
    "ServiceNamespace": "sagemaker",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@pytest.fixture(scope="module")
def endpoint(emulator: Any) -> Iterator[str]:
    """An endpoint in service."""
    add_recipe(emulator)
    name, sagemaker = "scaled", emulator.client("sagemaker")
    create_model(emulator.client, name)
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant(name)])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    yield name
    sagemaker.delete_endpoint(EndpointName=name)


def resource(endpoint: str) -> dict[str, str]:
    return {**ABOUT, "ResourceId": f"endpoint/{endpoint}/variant/AllTraffic"}


def until_instances(client: Client, endpoint: str, count: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = client("sagemaker").describe_endpoint(EndpointName=endpoint)
        counts = [each["CurrentInstanceCount"] for each in found["ProductionVariants"]]
        if found["EndpointStatus"] == "InService" and counts == [count]:
            return
        time.sleep(0.05)
    raise AssertionError(f"{endpoint} did not come to {count} instances: {found}")


def fault(operation: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_policys_alarm_scales_out_and_the_cooldown_holds(client: Client, endpoint: str) -> None:
    scaling, cloudwatch = client("application-autoscaling"), client("cloudwatch")
    about = resource(endpoint)
    scaling.register_scalable_target(**about, MinCapacity=1, MaxCapacity=3)
    tracking = {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
        "ScaleOutCooldown": 300,
    }
    put = scaling.put_scaling_policy(
        **about,
        PolicyName="invocations",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking,
    )
    names = [alarm["AlarmName"] for alarm in put["Alarms"]]
    alarms = {
        alarm["ComparisonOperator"]: alarm
        for alarm in cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
    }
    high, low = alarms["GreaterThanThreshold"], alarms["LessThanThreshold"]
    assert (high["Threshold"], high["EvaluationPeriods"], high["Period"]) == (70.0, 3, 60)
    assert (low["Threshold"], low["EvaluationPeriods"]) == (63.0, 15)
    assert high["AlarmActions"] == [put["PolicyARN"]]
    assert high["MetricName"] == "InvocationsPerInstance"
    cloudwatch.set_alarm_state(
        AlarmName=high["AlarmName"], StateValue="ALARM", StateReason="more than one can do"
    )
    until_instances(client, endpoint, 2)
    [activity] = scaling.describe_scaling_activities(**about)["ScalingActivities"]
    assert activity["StatusCode"] == "Successful"
    assert high["AlarmName"] in activity["Cause"]
    [policy] = scaling.describe_scaling_policies(**about)["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == tracking
    scaling.deregister_scalable_target(**about)
    assert cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] == []
    assert scaling.describe_scaling_policies(**about)["ScalingPolicies"] == []


def test_a_variant_is_brought_within_its_bounds(client: Client, endpoint: str) -> None:
    scaling = client("application-autoscaling")
    about = resource(endpoint)
    scaling.register_scalable_target(**about, MinCapacity=3, MaxCapacity=3)
    until_instances(client, endpoint, 3)
    scaling.register_scalable_target(**about, MinCapacity=1, MaxCapacity=1)
    until_instances(client, endpoint, 1)
    [target] = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 1)
    scaling.deregister_scalable_target(**about)


def test_what_cannot_be_scaled_is_refused(client: Client, endpoint: str) -> None:
    scaling = client("application-autoscaling")
    register = scaling.register_scalable_target
    code, text = fault(register, **resource(endpoint), MinCapacity=2, MaxCapacity=1)
    assert code == "ValidationException"
    assert "Maximum capacity cannot be less than minimum capacity" in text
    other = {**ABOUT, "ResourceId": f"endpoint/{endpoint}/variant/Other"}
    code, text = fault(register, **other, MinCapacity=1, MaxCapacity=1)
    assert (code, "it has: AllTraffic" in text) == ("ValidationException", True)
    code, text = fault(register, **resource("absent"), MinCapacity=1, MaxCapacity=1)
    assert (code, "does not exist" in text) == ("ValidationException", True)
    table = {"ServiceNamespace": "dynamodb", "ResourceId": "table/x"}
    code, _ = fault(
        register,
        **table,
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=1,
        MaxCapacity=1,
    )
    assert code == "UnsupportedByEmulator"
    code, _ = fault(scaling.deregister_scalable_target, **resource("absent"))
    assert code == "ObjectNotFoundException"


def test_a_target_has_the_tags_that_it_is_given(client: Client, endpoint: str) -> None:
    scaling = client("application-autoscaling")
    about = resource(endpoint)
    made = scaling.register_scalable_target(
        **about, MinCapacity=1, MaxCapacity=1, Tags={"a": "1", "b": "2"}
    )
    arn = made["ScalableTargetARN"]

    scaling.tag_resource(ResourceARN=arn, Tags={"b": "3", "c": "4"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])

    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "3", "c": "4"}
    scaling.deregister_scalable_target(**about)
    assert fault(scaling.list_tags_for_resource, ResourceARN=arn) == (
        "ResourceNotFoundException",
        f"There is no scalable target {arn}.",
    )
