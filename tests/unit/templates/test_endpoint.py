"""What the endpoint stack makes of its parameters, held to the shapes of SageMaker's API."""

from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from scripts.check_templates.loading import load
from tests.unit.templates.conditions import refusals, resources

TEMPLATE = load(Path(__file__).parents[3] / "model_deploy/endpoint.yaml")
SESSION = botocore.session.get_session()
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/books/2"
GIVEN = {
    "SageMakerProjectName": "books",
    "SageMakerProjectId": "p-abc",
    "StageName": "prod",
    "EndpointName": "books-prod",
    "ModelPackageName": PACKAGE,
    "ModelExecutionRoleArn": "arn:aws:iam::123456789012:role/sagemaker-p-abc-execution",
    "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
    "DataCaptureS3Uri": "s3://bucket/data-capture",
    "AsyncOutputS3Uri": "s3://bucket/async",
    "ShadowModelPackageName": f"{PACKAGE[:-1]}3",
}
ALARMS = {
    "ErrorsThreshold": "1",
    "LatencyThresholdMicroseconds": "500000",
    "CpuThresholdPercent": "80",
}
VPC = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}


def made(**given: Any) -> dict[str, Any]:
    return resources(TEMPLATE, GIVEN | given)


def faults(service: str, operation: str, request: dict[str, Any]) -> str:
    shape = SESSION.get_service_model(service).operation_model(operation).input_shape
    report: str = ParamValidator().validate(request, shape).generate_report()
    return report


def config_of(**given: Any) -> dict[str, Any]:
    config: dict[str, Any] = made(**given)["EndpointConfig"]
    assert faults("sagemaker", "CreateEndpointConfig", {"EndpointConfigName": "c"} | config) == ""
    return config


def deployment_of(**given: Any) -> dict[str, Any]:
    endpoint = made(**given)["Endpoint"]
    update = {name: value for name, value in endpoint.items() if name != "Tags"}
    assert faults("sagemaker", "UpdateEndpoint", update) == ""
    deployment: dict[str, Any] = endpoint["DeploymentConfig"]
    return deployment


def test_a_real_time_endpoint_has_instances_and_captures_both_ways() -> None:
    config = config_of(InstanceType="ml.c5.large", InstanceCount=2, DataCapturePercentage=20)
    (variant,) = config["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.c5.large", 2)
    assert "ServerlessConfig" not in variant
    assert config["DataCaptureConfig"]["InitialSamplingPercentage"] == 20
    modes = [option["CaptureMode"] for option in config["DataCaptureConfig"]["CaptureOptions"]]
    assert modes == ["Input", "Output"]
    assert not {"AsyncInferenceConfig", "ShadowProductionVariants"} & set(config)


def test_without_an_address_nothing_is_captured() -> None:
    assert "DataCaptureConfig" not in config_of(DataCaptureS3Uri="")


def test_a_serverless_endpoint_has_no_instance_volume_vpc_capture_or_scaling() -> None:
    """Source: the SageMaker developer guide, "Feature exclusions" of serverless inference."""
    given = {"Kind": "Serverless", "MaxCapacity": 4, **ALARMS, **VPC}
    config = config_of(ServerlessMemoryMB=4096, ServerlessMaxConcurrency=20, **given)
    (variant,) = config["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 4096, "MaxConcurrency": 20}
    assert not {"InstanceType", "InitialInstanceCount"} & set(variant)
    assert not {"KmsKeyId", "DataCaptureConfig"} & set(config)
    stack = made(**given)
    assert "VpcConfig" not in stack["Model"]
    assert set(stack) == {"Model", "EndpointConfig", "Endpoint", "ErrorsAlarm", "LatencyAlarm"}


def test_an_asynchronous_endpoint_says_where_answers_go_and_who_is_told() -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:notices"
    config = config_of(Kind="Asynchronous", AsyncErrorTopicArn=topic)
    assert config["AsyncInferenceConfig"]["OutputConfig"] == {
        "KmsKeyId": GIVEN["KmsKeyArn"],
        "S3OutputPath": "s3://bucket/async",
        "NotificationConfig": {"ErrorTopic": topic},
    }
    assert "DataCaptureConfig" not in config
    quiet = config_of(Kind="Asynchronous")["AsyncInferenceConfig"]["OutputConfig"]
    assert "NotificationConfig" not in quiet


def test_a_batch_stage_is_a_model_alone() -> None:
    assert set(made(Kind="Batch", MaxCapacity=4, **ALARMS)) == {"Model"}


def test_a_shadow_gets_copies_for_another_model_and_answers_nothing() -> None:
    config = config_of(Kind="Shadow", ShadowPercentage=25)
    (production,), (shadow,) = config["ProductionVariants"], config["ShadowProductionVariants"]
    assert (production["ModelName"], shadow["ModelName"]) == ("Model", "ShadowModel")
    assert shadow["InitialVariantWeight"] / production["InitialVariantWeight"] == 0.25
    models = made(Kind="Shadow")
    assert models["Model"]["PrimaryContainer"] == {"ModelPackageName": PACKAGE}
    assert models["ShadowModel"]["PrimaryContainer"] == {"ModelPackageName": f"{PACKAGE[:-1]}3"}


@pytest.mark.parametrize(
    ("shifting", "type_", "size"),
    [("Canary", "CANARY", "CanarySize"), ("Linear", "LINEAR", "LinearStepSize")],
)
def test_traffic_moves_in_steps(shifting: str, type_: str, size: str) -> None:
    policy = deployment_of(TrafficShifting=shifting, TrafficShiftingPercentage=10)
    assert policy["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] == {
        "Type": type_,
        "WaitIntervalInSeconds": 300,
        size: {"Type": "CAPACITY_PERCENT", "Value": 10},
    }


def test_traffic_moves_at_once_by_default_and_nothing_rolls_back_without_alarms() -> None:
    deployment = deployment_of()
    routing = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300}
    assert "AutoRollbackConfiguration" not in deployment


def test_an_update_is_rolled_back_by_every_alarm_that_is_made() -> None:
    deployment = deployment_of(**ALARMS)
    named = [alarm["AlarmName"] for alarm in deployment["AutoRollbackConfiguration"]["Alarms"]]
    assert named == [name for name in made(**ALARMS) if name.endswith("Alarm")]
    assert len(named) == 3
    one = deployment_of(LatencyThresholdMicroseconds="1")
    assert one["AutoRollbackConfiguration"] == {"Alarms": [{"AlarmName": "LatencyAlarm"}]}


@pytest.mark.parametrize("statistic", ["Average", "p99", "p99.9"])
def test_alarms_watch_the_variant_by_name_and_take_silence_for_health(statistic: str) -> None:
    stack = made(LatencyStatistic=statistic, **ALARMS)
    for name in ("ErrorsAlarm", "LatencyAlarm", "CpuAlarm"):
        alarm = stack[name]
        request = alarm | {"Threshold": float(alarm["Threshold"])}
        assert faults("cloudwatch", "PutMetricAlarm", request) == ""
        assert alarm["Dimensions"] == [
            {"Name": "EndpointName", "Value": "books-prod"},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ]
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmName"].startswith("books-prod-")
    latency = stack["LatencyAlarm"]
    kind = "Statistic" if statistic == "Average" else "ExtendedStatistic"
    assert {key: latency[key] for key in latency if key.endswith("Statistic")} == {kind: statistic}


def test_no_resource_that_an_alarm_is_of_has_to_exist_before_it() -> None:
    for name in ("ErrorsAlarm", "LatencyAlarm", "CpuAlarm"):
        assert "DependsOn" not in TEMPLATE["Resources"][name]
        assert "'Endpoint'" not in str(TEMPLATE["Resources"][name])


@pytest.mark.parametrize(
    ("kind", "metric", "target"),
    [
        (
            "RealTime",
            {
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                }
            },
            600,
        ),
        (
            "Asynchronous",
            {
                "CustomizedMetricSpecification": {
                    "Namespace": "AWS/SageMaker",
                    "MetricName": "ApproximateBacklogSizePerInstance",
                    "Dimensions": [{"Name": "EndpointName", "Value": "books-prod"}],
                    "Statistic": "Average",
                }
            },
            7,
        ),
    ],
)
def test_autoscaling_follows_what_says_the_load(
    kind: str, metric: dict[str, Any], target: int
) -> None:
    """Source: the SageMaker developer guide, "Autoscale an asynchronous endpoint"."""
    given = {"TargetInvocationsPerInstance": 600, "TargetBacklogPerInstance": 7}
    stack = made(Kind=kind, MaxCapacity=4, MinCapacity=2, **given)
    # CloudFormation lists tags, the API maps them.
    target_request = stack["ScalableTarget"] | {"Tags": {}}
    assert faults("application-autoscaling", "RegisterScalableTarget", target_request) == ""
    assert target_request["ResourceId"] == "endpoint/books-prod/variant/AllTraffic"
    policy = stack["ScalingPolicy"]["TargetTrackingScalingPolicyConfiguration"]
    cooldowns = {"ScaleInCooldown": 300, "ScaleOutCooldown": 60}
    assert policy == {"TargetValue": target, **cooldowns, **metric}
    assert stack["Endpoint"]["RetainAllVariantProperties"] is True


def test_without_a_maximum_nothing_scales() -> None:
    stack = made(MaxCapacity=0)
    assert not {"ScalableTarget", "ScalingPolicy"} & set(stack)
    assert "RetainAllVariantProperties" not in stack["Endpoint"]


def test_a_model_joins_the_vpc_that_is_given() -> None:
    wanted = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    model = made(**VPC)["Model"]
    assert model["VpcConfig"] == wanted
    assert faults("sagemaker", "CreateModel", {"ModelName": "m"} | model) == ""
    assert "VpcConfig" not in made()["Model"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Kind": "Asynchronous", "AsyncOutputS3Uri": ""}, "needs AsyncOutputS3Uri"),
        ({"Kind": "Shadow", "ShadowModelPackageName": ""}, "needs ShadowModelPackageName"),
        ({"TrafficShifting": "Canary", "InstanceCount": 1}, "InstanceCount of at least 2"),
        ({"TrafficShifting": "Linear", "Kind": "Shadow"}, "InstanceCount of at least 2"),
        ({"MinCapacity": 0, "MaxCapacity": 2}, "needs Kind Asynchronous"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(given: dict[str, Any], said: str) -> None:
    (refusal,) = refusals(TEMPLATE, GIVEN | given)
    assert said in refusal


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Kind": "Serverless", "TrafficShifting": "Canary"},
        {"TrafficShifting": "Canary", "InstanceCount": 2},
        {"MinCapacity": 0, "MaxCapacity": 2, "Kind": "Asynchronous"},
        {"MinCapacity": 0},
    ],
)
def test_parameters_that_go_together_are_taken(given: dict[str, Any]) -> None:
    assert refusals(TEMPLATE, GIVEN | given) == []
