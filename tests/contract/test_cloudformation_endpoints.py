"""Models, endpoint configs and endpoints of SageMaker in stacks.

Source: AWS::SageMaker::Model, EndpointConfig and Endpoint in the CloudFormation template reference;
UpdateEndpoint in the SageMaker API reference.
"""

from typing import Any

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.model_images import IMAGE, add_recipe, invoke
from tests.contract.stacks import outputs, resource


@pytest.fixture(autouse=True)
def recipe(emulator: EmulatorProcess) -> None:
    add_recipe(emulator)


def template(name: str, **environment: Any) -> dict[str, Any]:
    return {
        "Parameters": {"Count": {"Type": "Number", "Default": 1}},
        "Resources": {
            "Model": resource(
                "AWS::SageMaker::Model",
                ExecutionRoleArn=ROLE_ARN,
                PrimaryContainer={"Image": IMAGE, "Environment": environment},
            ),
            "Config": resource(
                "AWS::SageMaker::EndpointConfig",
                ProductionVariants=[
                    {
                        "VariantName": "AllTraffic",
                        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                        "InstanceType": "ml.m5.large",
                        "InitialInstanceCount": {"Ref": "Count"},
                        "InitialVariantWeight": "1",
                    }
                ],
            ),
            "Endpoint": resource(
                "AWS::SageMaker::Endpoint",
                EndpointName=name,
                EndpointConfigName={"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                Tags=[{"Key": "stage", "Value": "staging"}],
            ),
            "Target": resource(
                "AWS::ApplicationAutoScaling::ScalableTarget",
                ServiceNamespace="sagemaker",
                ScalableDimension="sagemaker:variant:DesiredInstanceCount",
                ResourceId={"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/AllTraffic"},
                MinCapacity="1",
                MaxCapacity=2,
            ),
            "Scaling": resource(
                "AWS::ApplicationAutoScaling::ScalingPolicy",
                PolicyName="by-invocations",
                PolicyType="TargetTrackingScaling",
                ScalingTargetId={"Ref": "Target"},
                TargetTrackingScalingPolicyConfiguration={
                    "TargetValue": "1000",
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                    },
                },
            ),
            "Group": resource(
                "AWS::SageMaker::ModelPackageGroup", ModelPackageGroupName=f"{name}-group"
            ),
        },
        "Outputs": {
            "Endpoint": {"Value": {"Ref": "Endpoint"}},
            "Name": {"Value": {"Fn::GetAtt": ["Endpoint", "EndpointName"]}},
            "Model": {"Value": {"Ref": "Model"}},
            "Group": {"Value": {"Ref": "Group"}},
            "Target": {"Value": {"Ref": "Target"}},
            "Scaling": {"Value": {"Ref": "Scaling"}},
        },
    }


def test_an_endpoint_serves_is_updated_and_put_back_when_its_update_fails(stacks, client, unique):
    name, sagemaker = unique("endpoint"), client("sagemaker")
    arn = "arn:aws:sagemaker:us-east-1:123456789012"
    stack = stacks.created(template(name, VERSION="1"))

    found = outputs(stack)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack["StackId"])
    assert found["Endpoint"] == f"{arn}:endpoint/{name}"
    assert found["Group"] == f"{arn}:model-package-group/{name}-group"
    assert found["Model"].startswith(f"{arn}:model/")
    assert sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
    assert invoke(client, name)["version"] == "1"
    tags = sagemaker.list_tags(ResourceArn=found["Endpoint"])["Tags"]
    assert {"Key": "stage", "Value": "staging"} in tags

    scaled = f"endpoint/{name}/variant/AllTraffic"
    assert found["Target"] == f"{scaled}|sagemaker:variant:DesiredInstanceCount|sagemaker"
    policies = client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=scaled
    )["ScalingPolicies"]
    assert [each["PolicyARN"] for each in policies] == [found["Scaling"]]

    stack_id = stack["StackId"]
    first = stacks.physical_id(stack_id, "Model")
    updated = stacks.updated(
        stack_id, template(name, VERSION="2"), Tags=[{"Key": "owner", "Value": "b"}]
    )

    assert updated["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack_id)
    assert invoke(client, name)["version"] == "2"
    scaling = client("application-autoscaling")
    target = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[scaled])
    target_arn = target["ScalableTargets"][0]["ScalableTargetARN"]
    assert scaling.list_tags_for_resource(ResourceARN=target_arn)["Tags"]["owner"] == "b"
    second = stacks.physical_id(stack_id, "Model")
    assert second != first
    names = [each["ModelArn"] for each in sagemaker.list_models(MaxResults=100)["Models"]]
    assert second in names
    assert first not in names

    failed = stacks.updated(stack_id, template(name, VERSION="3", EXIT_AT_START="1"))

    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "[Endpoint]" in stacks.reason(
        stack_id, stack["StackName"], "UPDATE_ROLLBACK_IN_PROGRESS"
    )
    reason = stacks.reason(stack_id, "Endpoint", "UPDATE_FAILED")
    assert f"Endpoint {name} was rolled back to endpoint config" in reason
    assert invoke(client, name)["version"] == "2"
    assert stacks.physical_id(stack_id, "Model") == second
    assert sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
    assert stacks.deleted(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert not [
        each
        for each in sagemaker.list_endpoints(NameContains=name)["Endpoints"]
        if each["EndpointName"] == name
    ]


def test_an_endpoint_that_does_not_start_is_a_failed_stack_with_the_endpoints_reason(
    stacks, client, unique
):
    name = unique("endpoint")

    stack = stacks.created(template(name, EXIT_AT_START="1"))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = stacks.reason(stack["StackId"], "Endpoint", "CREATE_FAILED")
    assert reason.startswith(f"Endpoint {name} did not become InService, it is Failed: ")
    assert len(reason) > len(f"Endpoint {name} did not become InService, it is Failed: ")
    names = [each["EndpointName"] for each in client("sagemaker").list_endpoints()["Endpoints"]]
    assert name not in names
