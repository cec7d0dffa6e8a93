"""Source: "Using parameter override functions with CodePipeline pipelines" and the CloudFormation
action's reference."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.context import Context, Settings, Workers
from emulator.objects import Objects
from emulator.services.codepipeline.actions.cloudformation_inputs import stack_arguments
from emulator.services.codepipeline.actions.work import ActionFailed, Work
from emulator.services.codepipeline.artifacts import Artifact, write_files
from emulator.services.codepipeline.declaration.plan import Plan
from emulator.store import Store

FILES = {
    "template.json": b"{}",
    "staging.json": json.dumps(
        {
            "Parameters": {"Stage": "staging", "Count": "1"},
            "Tags": {"team": "books"},
            "StackPolicy": {"Statement": []},
        }
    ).encode(),
    "build.json": json.dumps({"ModelPackageName": "arn:model/1", "Number": 3}).encode(),
    "long.json": b"{}".ljust(51_201),
    "list.json": b"[]",
    "bad.json": b"{",
}


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    store, objects = Store(tmp_path / "store.sqlite"), Objects(tmp_path / "objects")
    objects.create_bucket("artifacts")
    nothing = cast(Any, None)
    yield Context(settings, store, objects, nothing, nothing, Workers(), lambda: 0.0)
    store.close()
    objects.close()


def work(context: Context, **configuration: Any) -> Work:
    built, nothing = Artifact("Built", "artifacts", "p/Built/1"), cast(Any, None)
    write_files(context, built, FILES)
    texts = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in configuration.items()
    }
    return Work(
        context=context,
        plan=Plan("p", 1, "arn:role", "artifacts", None, "SUPERSEDED", ()),
        stage="Deploy",
        action=nothing,
        execution_id="e",
        action_execution_id="a",
        configuration={"StackName": "s", "TemplatePath": "Built::template.json", **texts},
        inputs=(built,),
        outputs=(),
        overrides={},
        revisions={},
    )


def test_overrides_win_over_the_configuration_file_and_functions_are_carried_out(
    context: Context,
) -> None:
    found = stack_arguments(
        work(
            context,
            TemplateConfiguration="Built::staging.json",
            ParameterOverrides={
                "Count": "2",
                "Bucket": {"Fn::GetArtifactAtt": ["Built", "BucketName"]},
                "Key": {"Fn::GetArtifactAtt": ["Built", "ObjectKey"]},
                "Model": {"Fn::GetParam": ["Built", "build.json", "ModelPackageName"]},
            },
            Capabilities="CAPABILITY_IAM, CAPABILITY_NAMED_IAM",
            RoleArn="arn:role",
        ),
        has_policy=True,
    )

    assert {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]} == {
        "Stage": "staging",
        "Count": "2",
        "Bucket": "artifacts",
        "Key": "p/Built/1",
        "Model": "arn:model/1",
    }
    assert found["Tags"] == [{"Key": "team", "Value": "books"}]
    assert found["Capabilities"] == ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
    assert found["RoleARN"] == "arn:role"
    assert found["TemplateBody"] == "{}"
    assert json.loads(found["StackPolicyBody"]) == {"Statement": []}


def test_a_template_that_is_too_long_for_a_request_is_sent_by_its_address(
    context: Context,
) -> None:
    """Source: botocore shape TemplateBody, 51,200 bytes at most."""
    found = stack_arguments(work(context, TemplatePath="Built::long.json"), has_policy=False)

    assert "TemplateBody" not in found
    _, _, place = found["TemplateURL"].partition("http://127.0.0.1:1/")
    bucket, _, key = place.partition("/")
    _, stream = context.objects.open(bucket, key)
    with stream:
        assert stream.read() == FILES["long.json"]


@pytest.mark.parametrize(
    ("configuration", "said"),
    [
        ({"TemplatePath": "Built::gone.json"}, "File [gone.json] does not exist in artifact [Bu"),
        ({"TemplatePath": "Other::t.json"}, "Artifact [Other] is none of the action's input"),
        ({"TemplateConfiguration": "Built::bad.json"}, "Built::bad.json is not JSON"),
        ({"TemplateConfiguration": "Built::list.json"}, "has to be a JSON object"),
        (
            {"TemplateConfiguration": "Built::build.json"},
            "unknown keys ModelPackageName, Number; expected Parameters, Tags, StackPolicy",
        ),
        (
            {"ParameterOverrides": {"A": {"Fn::GetParam": ["Built", "build.json", "X"]}}},
            "has no 'X'; it has: ModelPackageName, Number",
        ),
        (
            {"ParameterOverrides": {"A": {"Fn::GetParam": ["Built", "build.json", "Number"]}}},
            "A is 3",
        ),
        (
            {"ParameterOverrides": {"A": {"Fn::GetArtifactAtt": ["Built", "Size"]}}},
            "an artifact has no 'Size'; it has: ArtifactName, BucketName, ObjectKey, URL",
        ),
        ({"ParameterOverrides": {"A": {"Ref": "B"}}}, "expected Fn::GetArtifactAtt with"),
        ({"ParameterOverrides": {"A": 1, "B": None}}, "A is 1; B is None"),
    ],
)
def test_what_cannot_be_sent_fails_the_action_by_its_name(
    context: Context, configuration: dict[str, Any], said: str
) -> None:
    with pytest.raises(ActionFailed) as caught:
        stack_arguments(work(context, **configuration), has_policy=False)

    assert caught.value.code == "ConfigurationError"
    assert said in caught.value.message
