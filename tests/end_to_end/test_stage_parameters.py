"""The settings of every pipeline's stages are ones that the endpoint template takes.

CloudFormation judges: a change set is refused for a parameter that is unknown, missing or of
another form, and for parameters that the template's rules do not let go together.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from model_deploy.approved_package import TEMPLATE, Candidate, config
from model_deploy.registry import ModelPackage
from pipelines.build import load_module, names
from pipelines.endpoint.deployment import GUARDED, Stage
from tests.conftest import ROLE_ARN
from tests.end_to_end.stages import listed

PREFIX = "arn:aws:sagemaker:us-east-1:123456789012:model-package/books"
ENVIRONMENT = {
    "SAGEMAKER_PROJECT_NAME": "books",
    "SAGEMAKER_PROJECT_ID": "p-abcdefghijkl",
    "MODEL_EXECUTION_ROLE_ARN": ROLE_ARN,
    "KMS_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/1",
    "ARTIFACT_BUCKET": "sagemaker-project-p-abcdefghijkl",
    "SUBNET_IDS": "subnet-1,subnet-2",
    "SECURITY_GROUP_IDS": "sg-1",
    "NOTICES_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:notices",
}
KINDS = ("RealTime", "Serverless", "Asynchronous", "Batch", "Shadow")
PLAIN = Stage("unused", "ml.m5.large", 2, 100)
Judge = Callable[[dict[str, dict[str, str]]], set[str]]


@pytest.fixture
def judge(client: Callable[[str], Any], unique: Callable[[str], str]) -> Iterator[Judge]:
    """Gives the resources that a stack of the settings would have, and makes none."""
    api, name = client("cloudformation"), unique("stage").replace("_", "-")

    def judged(settings: dict[str, dict[str, str]]) -> set[str]:
        api.create_change_set(
            StackName=name,
            ChangeSetName="judged",
            ChangeSetType="CREATE",
            TemplateBody=TEMPLATE.read_text(),
            Parameters=listed(settings["Parameters"], "ParameterKey", "ParameterValue"),
            Tags=listed(settings["Tags"], "Key", "Value"),
        )
        waiter = api.get_waiter("change_set_create_complete")
        wanted = {"StackName": name, "ChangeSetName": "judged"}
        waiter.wait(**wanted, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400})
        changes = api.describe_change_set(**wanted)["Changes"]
        return {each["ResourceChange"]["LogicalResourceId"] for each in changes}

    yield judged
    api.delete_stack(StackName=name)


def settings(stage: Stage, name: str = "prod") -> dict[str, dict[str, str]]:
    newest, before = (
        ModelPackage(f"{PREFIX}/{version}", "books", version, "Approved") for version in (2, 1)
    )
    return config(Candidate(newest, before), name, stage, {"team": "books"}, ENVIRONMENT)


@pytest.mark.parametrize("stage", ["staging", "prod"])
@pytest.mark.parametrize("pipeline", [name for name in names() if name.endswith(".endpoint")])
def test_the_stages_of_every_pipeline_are_taken(judge: Judge, pipeline: str, stage: str) -> None:
    found: Stage = load_module(pipeline).DEPLOYMENT.stages[stage]

    made = judge(settings(found, stage))

    assert {"Model", "EndpointConfig", "Endpoint"} <= made
    assert ("ErrorsAlarm" in made) == ("ErrorsThreshold" in found.template)


@pytest.mark.parametrize("guarded", [{}, {**GUARDED, "MinCapacity": "2", "MaxCapacity": "4"}])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_taken_alone_and_with_all_guards(
    judge: Judge, kind: str, guarded: dict[str, str]
) -> None:
    made = judge(settings(replace(PLAIN, template={"Kind": kind} | guarded)))

    assert ("Endpoint" in made) == (kind != "Batch")
    assert ("ShadowModel" in made) == (kind == "Shadow")
    scales = bool(guarded) and kind in ("RealTime", "Asynchronous", "Shadow")
    assert ("ScalingPolicy" in made) == scales


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (replace(PLAIN, instance_count=1, template=GUARDED), "need an InstanceCount of at least 2"),
        (replace(PLAIN, instance_type="t2.medium"), "InstanceType"),
        (replace(PLAIN, template={"Kind": "Streaming"}), "Kind"),
        (replace(PLAIN, template={"TrafficShiftingPercentage": "70"}), "TrafficShiftingPercentage"),
        (replace(PLAIN, template={"MinCapacity": "0", "MaxCapacity": "2"}), "Kind Asynchronous"),
        (replace(PLAIN, template={"Canary": "5"}), "Canary"),
    ],
)
def test_settings_that_the_template_does_not_take_are_refused_by_name(
    judge: Judge, stage: Stage, said: str
) -> None:
    with pytest.raises(ClientError) as caught:
        judge(settings(stage))
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert said in caught.value.response["Error"]["Message"]
