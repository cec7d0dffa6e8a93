"""A laboratory for one stage of a project: the real endpoint template, and light models behind it.

What the deploy pipeline does by builds is done here by the functions that the builds run: the
settings are `approved_package.config`'s, the questions `smoke_test`'s.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from model_deploy import clear_stages, smoke_test
from model_deploy.approved_package import TEMPLATE, Candidate, config
from model_deploy.registry import by_arn
from pipelines.endpoint.deployment import Stage
from tests.conftest import REGION, ROLE_ARN, EmulatorProcess
from tests.contract.model_images import add_recipe, register
from tests.contract.stacks import StackLab

# What the questions of pipelines/book_ratings/endpoint.py are to be answered with: ratings of 4.
PIPELINE = "book_ratings"
QUESTIONS = {
    "1,1\n2,1\n0,0": "4\n4\n4",
    '{"instances": [{"user_id": 1, "item_id": 1}, {"user_id": 0, "item_id": 0}]}': json.dumps(
        {"predictions": [4, 4]}
    ),
    '{"user_id": 1, "top_k": 5}': json.dumps({"recommendations": [{"score": 4}] * 5}),
}
RIGHT = {"ANSWERS": json.dumps(QUESTIONS)}
WRONG = {"ANSWERS": json.dumps(dict.fromkeys(QUESTIONS, "77\n4\n4"))}
BROKEN = {"FAIL": "500"}
STAGE = "staging"
# So that no test waits for the traffic to bake or for an old fleet.
QUICK = {"WaitIntervalSeconds": "0", "TerminationWaitSeconds": "0"}


@dataclass
class StageLab:
    """One stage of a project of its own, in an emulator that others use too."""

    emulator: EmulatorProcess
    stacks: StackLab
    environment: dict[str, str]
    stack_id: str = ""

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    @property
    def project(self) -> str:
        return self.environment["SAGEMAKER_PROJECT_NAME"]

    @property
    def endpoint(self) -> str:
        return f"{self.project}-{STAGE}"

    @property
    def stack_name(self) -> str:
        return f"sagemaker-{self.project}-{self.environment['SAGEMAKER_PROJECT_ID']}-{STAGE}"

    def register(self, **environment: str) -> str:
        """A further approved version of the project's model; gives its ARN."""
        return register(self.client, self.project, PIPELINE, **environment)

    def settings(self, package: str, kind: str, before: str = "", **template: str) -> Any:
        """The template configuration of the stage, as `approved-package` writes it."""
        sagemaker = self.client("sagemaker")
        candidate = Candidate(
            by_arn(sagemaker, package), by_arn(sagemaker, before) if before else None
        )
        count = int(template.pop("InstanceCount", "1"))
        stage = Stage("unused", "ml.m5.large", count, 100, QUICK | {"Kind": kind} | template)
        return config(candidate, STAGE, stage, {"team": "books"}, self.environment)

    def deploy(self, package: str, kind: str, before: str = "", **template: str) -> dict[str, Any]:
        """Create the stack or update it, and give what it has come to."""
        settings = self.settings(package, kind, before, **template)
        members = {
            "TemplateBody": TEMPLATE.read_text(),
            "Parameters": listed(settings["Parameters"], "ParameterKey", "ParameterValue"),
            "Tags": listed(settings["Tags"], "Key", "Value"),
        }
        api = self.client("cloudformation")
        if self.stack_id:
            api.update_stack(StackName=self.stack_id, **members)
        else:
            self.stack_id = api.create_stack(StackName=self.stack_name, **members)["StackId"]
        return self.stacks.settled(self.stack_id)

    def smoke_test(self) -> int:
        return smoke_test.main(
            ["--stage", STAGE], self.environment, lambda service, _: self.client(service)
        )

    def clear(self) -> int:
        return clear_stages.main([], self.environment, lambda service, _: self.client(service))

    def delete(self) -> str:
        """Delete the stack; gives its status."""
        return str(self.stacks.deleted(self.stack_id)["StackStatus"])

    def made(self) -> dict[str, str]:
        """The physical ids of the stack's resources by their logical ids."""
        answer = self.client("cloudformation").describe_stack_resources(StackName=self.stack_id)
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in answer["StackResources"]
            if each["ResourceStatus"] != "DELETE_COMPLETE"
        }

    def variants(self) -> Any:
        """The endpoint's production variants."""
        found = self.client("sagemaker").describe_endpoint(EndpointName=self.endpoint)
        return found["ProductionVariants"]

    def reason(self) -> str:
        """Why the last update of the stack's endpoint failed."""
        return self.stacks.reason(self.stack_id, "Endpoint", "UPDATE_FAILED")

    def left(self) -> list[str]:
        """Whatever of this stage the services still know, whoever made it."""
        sagemaker, scaling = self.client("sagemaker"), self.client("application-autoscaling")
        alarms = self.client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]
        targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")
        policies = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")
        names = [
            *(each["ModelName"] for each in sagemaker.list_models(MaxResults=100)["Models"]),
            *(
                each["EndpointConfigName"]
                for each in sagemaker.list_endpoint_configs(MaxResults=100)["EndpointConfigs"]
            ),
            *(
                each["EndpointName"]
                for each in sagemaker.list_endpoints(MaxResults=100)["Endpoints"]
            ),
            *(alarm["AlarmName"] for alarm in alarms),
            *(target["ResourceId"] for target in targets["ScalableTargets"]),
            *(policy["PolicyName"] for policy in policies["ScalingPolicies"]),
        ]
        return [name for name in names if self.project in name]

    def objects(self, prefix: str) -> list[str]:
        """The bodies of the objects below a prefix of the project's bucket, once there are any."""
        s3, bucket = self.client("s3"), self.environment["ARTIFACT_BUCKET"]
        deadline = time.monotonic() + 30
        while not (found := s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents")):
            assert time.monotonic() < deadline, prefix
            time.sleep(0.05)
        bodies = [s3.get_object(Bucket=bucket, Key=each["Key"])["Body"] for each in found]
        return [body.read().decode() for body in bodies]


def listed(pairs: Mapping[str, str], key: str, value: str) -> list[dict[str, str]]:
    """Pairs as CloudFormation's API has them."""
    return [{key: name, value: text} for name, text in pairs.items()]


def lab_of(emulator: EmulatorProcess, unique: Callable[[str], str]) -> StageLab:
    """A stage of a project that has a bucket, a key and an empty model package group."""
    add_recipe(emulator)
    project = unique("p").replace("_", "-")[-32:].strip("-")
    bucket = f"sagemaker-project-{project}"
    emulator.client("s3").create_bucket(Bucket=bucket)
    emulator.client("sagemaker").create_model_package_group(ModelPackageGroupName=project)
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    environment = {
        "SAGEMAKER_PROJECT_NAME": project,
        "SAGEMAKER_PROJECT_ID": "p-kinds",
        "MODEL_EXECUTION_ROLE_ARN": ROLE_ARN,
        "KMS_KEY_ARN": key,
        "ARTIFACT_BUCKET": bucket,
        "AWS_REGION": REGION,
    }
    return StageLab(emulator, StackLab(emulator, unique), environment)
