"""Endpoint configs, as boto3 sees them."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess
from tests.contract.model_images import add_recipe, create_model, variant

Client = Callable[[str], Any]
Unique = Callable[[str], str]
ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/"
_SHAP = {"ShapBaselineConfig": {"ShapBaseline": "1,2"}}


@pytest.fixture
def model(emulator: EmulatorProcess, client: Client, unique: Unique) -> str:
    add_recipe(emulator)
    return create_model(client, unique("model"))


def create(client: Client, name: str, *variants: Any, **members: Any) -> str:
    client("sagemaker").create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=list(variants), **members
    )
    return name


def refused(client: Client, name: str, *variants: Any, **members: Any) -> dict[str, str]:
    """The error of CreateEndpointConfig, which must have left nothing."""
    with pytest.raises(ClientError) as caught:
        create(client, name, *variants, **members)
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        client("sagemaker").describe_endpoint_config(EndpointConfigName=name)
    error: dict[str, str] = caught.value.response["Error"]
    return error


def capture(bucket: str) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 50,
        "DestinationS3Uri": f"s3://{bucket}/captured",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }


def test_a_config_is_described_as_it_was_created(
    client: Client, unique: Unique, model: str, bucket: str
) -> None:
    name = create(client, unique("Config"), variant(model), DataCaptureConfig=capture(bucket))

    found = client("sagemaker").describe_endpoint_config(EndpointConfigName=name)

    assert found["EndpointConfigArn"] == ARN + name
    assert found["ProductionVariants"] == [variant(model, InitialVariantWeight=1.0)]
    assert found["DataCaptureConfig"] == capture(bucket)


def test_configs_are_listed_and_deleted(client: Client, unique: Unique, model: str) -> None:
    name = create(client, unique("config"), variant(model))

    listed = client("sagemaker").list_endpoint_configs(NameContains=name)["EndpointConfigs"]
    client("sagemaker").delete_endpoint_config(EndpointConfigName=name)

    assert [config["EndpointConfigName"] for config in listed] == [name]
    with pytest.raises(ClientError) as caught:
        client("sagemaker").describe_endpoint_config(EndpointConfigName=name)
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f'Could not find endpoint configuration "{ARN}{name}".',
    }


def test_a_taken_name_is_refused_in_awss_words(client: Client, unique: Unique, model: str) -> None:
    # Source: awslabs/spot-tagging-bot-for-digital-assets issue 2.
    name = create(client, unique("config"), variant(model))

    with pytest.raises(ClientError) as caught:
        create(client, name, variant(model))

    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f'Cannot create already existing endpoint configuration "{ARN}{name}".',
    }


def test_all_faults_of_the_variants_are_said_at_once(
    client: Client, unique: Unique, model: str
) -> None:
    error = refused(
        client,
        unique("config"),
        variant("no-such-model", "one"),
        {"VariantName": "two", "ModelName": model},
        variant(model, "one"),
    )

    assert error["Code"] == "ValidationException"
    assert 'Duplicate variant name "one".' in error["Message"]
    assert (
        'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/no-such-model".'
        in error["Message"]
    )
    assert 'InstanceType is required for production variant "two".' in error["Message"]
    assert 'InitialInstanceCount is required for production variant "two".' in error["Message"]


def test_some_variant_must_have_weight(client: Client, unique: Unique, model: str) -> None:
    error = refused(client, unique("config"), variant(model, InitialVariantWeight=0.0))

    assert error["Code"] == "ValidationException"
    assert "weight greater than 0" in error["Message"]


def test_capture_needs_a_bucket_that_is_there(client: Client, unique: Unique, model: str) -> None:
    error = refused(
        client, unique("config"), variant(model), DataCaptureConfig=capture("no-such-bucket-7")
    )

    assert error["Code"] == "ValidationException"
    assert '"no-such-bucket-7" does not exist' in error["Message"]


@pytest.mark.parametrize(
    ("of_variant", "members", "named"),
    [
        ({"InitialInstanceCount": 100}, {}, "InitialInstanceCount"),
        (
            {},
            {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "https://a/b"}}},
            "S3OutputPath",
        ),
        (
            {},
            {"ExplainerConfig": {"ClarifyExplainerConfig": {"ShapConfig": _SHAP}}},
            "ExplainerConfig",
        ),
    ],
)
def test_what_is_not_emulated_is_named(
    client: Client,
    unique: Unique,
    model: str,
    of_variant: dict[str, Any],
    members: dict[str, Any],
    named: str,
) -> None:
    error = refused(client, unique("config"), variant(model, **of_variant), **members)

    assert error["Code"] == "UnsupportedByEmulator"
    assert named in error["Message"]
