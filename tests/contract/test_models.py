"""Models, as boto3 sees them."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.model_images import IMAGE, add_recipe, archive, create_model

Client = Callable[[str], Any]
Unique = Callable[[str], str]
ARN = "arn:aws:sagemaker:us-east-1:123456789012:model/"


@pytest.fixture(autouse=True)
def recipe(emulator: EmulatorProcess) -> None:
    add_recipe(emulator)


def refused(client: Client, name: str, **members: Any) -> dict[str, str]:
    """The error of CreateModel, which must have left nothing."""
    with pytest.raises(ClientError) as caught:
        client("sagemaker").create_model(ModelName=name, **members)
    with pytest.raises(ClientError, match="Could not find model"):
        client("sagemaker").describe_model(ModelName=name)
    error: dict[str, str] = caught.value.response["Error"]
    return error


def test_a_model_is_described_as_it_was_created(
    client: Client, unique: Unique, bucket: str
) -> None:
    client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=archive())
    name = unique("Model")
    container = {
        "Image": IMAGE,
        "ModelDataUrl": f"s3://{bucket}/model.tar.gz",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
    }
    answer = client("sagemaker").create_model(
        ModelName=name,
        PrimaryContainer=container,
        ExecutionRoleArn=ROLE_ARN,
        Tags=[{"Key": "stage", "Value": "prod"}],
    )

    found = client("sagemaker").describe_model(ModelName=name)

    assert answer["ModelArn"] == found["ModelArn"] == ARN + name
    assert found["PrimaryContainer"] == container
    assert found["ExecutionRoleArn"] == ROLE_ARN
    assert found["EnableNetworkIsolation"] is False
    assert client("sagemaker").list_tags(ResourceArn=found["ModelArn"])["Tags"] == [
        {"Key": "stage", "Value": "prod"}
    ]


def test_models_are_listed_newest_first(client: Client, unique: Unique) -> None:
    stem = unique("listed")
    names = [create_model(client, f"{stem}-{letter}") for letter in "ab"]

    found = client("sagemaker").list_models(NameContains=stem)["Models"]

    assert [model["ModelName"] for model in found] == list(reversed(names))


def test_a_deleted_model_is_not_found(client: Client, unique: Unique) -> None:
    name = create_model(client, unique("model"))
    client("sagemaker").delete_model(ModelName=name)

    with pytest.raises(ClientError) as caught:
        client("sagemaker").describe_model(ModelName=name)

    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f'Could not find model "{ARN}{name}".',
    }


def test_a_taken_name_is_refused_in_awss_words(client: Client, unique: Unique) -> None:
    name = create_model(client, unique("model"))

    with pytest.raises(ClientError) as caught:
        create_model(client, name)

    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f'Cannot create already existing model "{ARN}{name}".',
    }


@pytest.mark.parametrize("key", ["missing.tar.gz", ""])
def test_model_data_that_is_not_there_is_refused_in_awss_words(
    client: Client, unique: Unique, bucket: str, key: str
) -> None:
    # Source: https://github.com/awslabs/generative-ai-cdk-constructs/issues/179
    url = f"s3://{bucket}/{key}"
    error = refused(client, unique("model"), PrimaryContainer={"Image": IMAGE, "ModelDataUrl": url})

    assert error == {
        "Code": "ValidationException",
        "Message": f"Could not find model data at {url}.",
    }


def test_all_faults_of_a_model_are_said_at_once(client: Client, unique: Unique) -> None:
    error = refused(
        client,
        unique("model"),
        ExecutionRoleArn="arn:aws:iam::123456789012:role/nobody",
        PrimaryContainer={"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/unheard-of:1"},
    )

    assert error["Code"] == "ValidationException"
    assert "Could not assume role arn:aws:iam::123456789012:role/nobody" in error["Message"]
    assert "unheard-of:1" in error["Message"]


@pytest.mark.parametrize(
    "members",
    [{}, {"PrimaryContainer": {"Image": IMAGE}, "Containers": [{"Image": IMAGE}]}],
)
def test_a_model_has_one_way_to_name_its_container(
    client: Client, unique: Unique, members: dict[str, Any]
) -> None:
    error = refused(client, unique("model"), **members)

    assert error["Code"] == "ValidationException"
    assert "exactly one of PrimaryContainer and Containers" in error["Message"]


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"Containers": [{"Image": IMAGE}, {"Image": IMAGE}]}, "inference pipeline"),
        ({"PrimaryContainer": {"Image": IMAGE, "Mode": "MultiModel"}}, "MultiModel"),
    ],
)
def test_what_is_not_emulated_is_named(
    client: Client, unique: Unique, members: dict[str, Any], named: str
) -> None:
    error = refused(client, unique("model"), **members)

    assert error["Code"] == "UnsupportedByEmulator"
    assert named in error["Message"]


def test_a_missing_package_is_said_to_be(client: Client, unique: Unique) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model-package/absent/1"
    error = refused(client, unique("model"), PrimaryContainer={"ModelPackageName": arn})

    assert error == {
        "Code": "ValidationException",
        "Message": f"ModelPackage {arn} does not exist.",
    }
