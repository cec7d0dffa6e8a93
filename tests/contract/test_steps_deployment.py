"""RegisterModel, EndpointConfig, Endpoint and Lambda steps against a running emulator."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract.model_images import IMAGE, add_recipe, archive

ROLE_ARN = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole"
Client = Callable[[str], Any]


@pytest.fixture(autouse=True)
def images(emulator: Any) -> None:
    add_recipe(emulator)


@pytest.fixture
def endpoint_name(client: Client, unique: Callable[[str], str]) -> Iterator[str]:
    name = unique("Served")
    yield name
    client("sagemaker").delete_endpoint(EndpointName=name)


def function(client: Client, name: str, code: str) -> str:
    """A new Lambda function; gives its ARN."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        zipped.writestr("app.py", code)
    answer = client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=ROLE_ARN,
        Handler="app.handler",
        Timeout=30,
        Code={"ZipFile": content.getvalue()},
    )
    arn: str = answer["FunctionArn"]
    return arn


def register(group: str, model_data_s3_uri: Any) -> dict[str, Any]:
    container = {"Image": IMAGE, "ModelDataUrl": model_data_s3_uri}
    specification = {
        "Containers": [container],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.t2.medium"],
    }
    return {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": group,
            "InferenceSpecification": specification,
            "ModelApprovalStatus": {"Get": "Parameters.Approval"},
        },
    }


APPROVAL = [
    {
        "Name": "Approval",
        "Type": "String",
        "DefaultValue": "PendingManualApproval",
        "EnumValues": ["PendingManualApproval", "Approved", "Rejected"],
    }
]


def test_a_registered_model_is_a_new_version_in_a_group_that_was_not_there(lab: Any) -> None:
    group = lab.unique("Group")
    lab.s3.put_object(Bucket=lab.bucket, Key="model.tar.gz", Body=archive())
    name = lab.create(
        register(group, f"s3://{lab.bucket}/model.tar.gz"),
        lab.processing(
            "Tell",
            "import os; open('/opt/ml/processing/out/arn', 'w').write(os.environ['ARN'])",
            outputs=["out"],
            arguments={"Environment": {"ARN": {"Get": "Steps.Register.ModelPackageArn"}}},
        ),
        Parameters=APPROVAL,
    )

    executions = [lab.run(name) for _ in range(2)]

    steps = lab.steps(executions[1]["PipelineExecutionArn"])
    assert executions[1]["PipelineExecutionStatus"] == "Succeeded", steps
    arn = steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    package = lab.sagemaker.describe_model_package(ModelPackageName=arn)
    assert package["ModelPackageVersion"] == 2
    assert package["ModelPackageGroupName"] == group
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    # Source: the event "SageMaker Model Package State Change" in AWS's guide.
    assert package["MetadataProperties"] == {"GeneratedBy": executions[1]["PipelineExecutionArn"]}
    assert lab.text("Tell/out/arn") == arn


def deployment(lab: Any, endpoint_name: str, arn: str) -> str:
    """Model, endpoint config, endpoint, and a Lambda that asks the endpoint."""
    container = {
        "Image": IMAGE,
        "ModelDataUrl": f"s3://{lab.bucket}/model.tar.gz",
        "Environment": {"VERSION": {"Get": "Parameters.Version"}},
    }
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": {"Get": "Steps.Create.ModelName"},
        "InstanceType": "ml.t2.medium",
        "InitialInstanceCount": 1,
    }
    steps: list[dict[str, Any]] = [
        {
            "Name": "Create",
            "Type": "Model",
            "Arguments": {"PrimaryContainer": container, "ExecutionRoleArn": ROLE_ARN},
        },
        {
            "Name": "Configure",
            "Type": "EndpointConfig",
            "Arguments": {
                "EndpointConfigName": "config",
                "ProductionVariants": [variant],
            },
        },
        {
            "Name": "Deploy",
            "Type": "Endpoint",
            "Arguments": {
                "EndpointName": endpoint_name,
                "EndpointConfigName": {"Get": "Steps.Configure.EndpointConfigName"},
            },
        },
        {
            "Name": "Ask",
            "Type": "Lambda",
            "FunctionArn": arn,
            "Arguments": {
                "endpoint_name": {"Get": "Steps.Deploy.EndpointName"},
                "expected": {"Get": "Parameters.Version"},
            },
            "OutputParameters": [{"OutputName": "version", "OutputType": "String"}],
        },
    ]
    return str(lab.create(*steps, Parameters=[{"Name": "Version", "Type": "String"}]))


ASK = """
import json
import boto3

def handler(event, context):
    answer = boto3.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=event["endpoint_name"], ContentType="application/json", Body=b"{}"
    )
    version = json.loads(answer["Body"].read())["version"]
    if version != event["expected"]:
        raise ValueError(f"{version} answers, not {event['expected']}")
    return {"version": version}
"""


def test_an_endpoint_is_deployed_asked_and_updated(
    lab: Any, client: Client, endpoint_name: str
) -> None:
    lab.s3.put_object(Bucket=lab.bucket, Key="model.tar.gz", Body=archive())
    name = deployment(lab, endpoint_name, function(client, lab.unique("ask"), ASK))

    for version in ("one", "two"):
        execution = lab.run(name, PipelineParameters=[{"Name": "Version", "Value": version}])

        steps = lab.steps(execution["PipelineExecutionArn"])
        assert execution["PipelineExecutionStatus"] == "Succeeded", steps
        outputs = steps["Ask"]["Metadata"]["Lambda"]["OutputParameters"]
        assert outputs == [{"Name": "version", "Value": version}]
        endpoint = lab.sagemaker.describe_endpoint(EndpointName=endpoint_name)
        assert steps["Deploy"]["Metadata"]["Endpoint"]["Arn"] == endpoint["EndpointArn"]
        execution_id = execution["PipelineExecutionArn"].rpartition("/")[2]
        # Source: https://github.com/aws/sagemaker-python-sdk/pull/6224: the config's name gets a
        # suffix that is unique to the execution, the endpoint's name does not.
        assert endpoint["EndpointConfigName"].startswith(f"config-{execution_id}-")
        assert endpoint["EndpointStatus"] == "InService"


def test_a_lambda_that_raises_fails_the_execution_with_its_words(lab: Any, client: Client) -> None:
    arn = function(
        client, lab.unique("refuse"), "def handler(event, context):\n    raise KeyError('why')\n"
    )
    step = {"Name": "Ask", "Type": "Lambda", "FunctionArn": arn, "Arguments": {}}

    execution = lab.run(lab.create(step))

    assert execution["PipelineExecutionStatus"] == "Failed"
    reason = lab.steps(execution["PipelineExecutionArn"])["Ask"]["FailureReason"]
    assert reason == f"ClientError: The Lambda function {arn} failed: KeyError: 'why'"


def test_a_lambda_that_is_not_there_fails_the_step(lab: Any) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:no-such"
    step = {"Name": "Ask", "Type": "Lambda", "FunctionArn": arn, "Arguments": {}}

    execution = lab.run(lab.create(step))

    reason = lab.steps(execution["PipelineExecutionArn"])["Ask"]["FailureReason"]
    assert reason.startswith("ClientError: Failed to invoke lambda:Invoke. Error Details: ")
    assert "no-such" in json.dumps(reason)
