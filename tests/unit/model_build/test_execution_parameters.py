"""Parameters of an execution that come from the environment."""

import json

import pytest

from model_build.execution_parameters import from_environment, variable
from pipelines.command_line import UsageError

DEFINITION = json.dumps(
    {
        "Parameters": [
            {"Name": "RatingsS3Uri", "Type": "String"},
            {"Name": "ItemsS3Uri", "Type": "String"},
            {"Name": "ModelPackageGroupName", "Type": "String", "DefaultValue": "book-ratings"},
            {"Name": "RmseThreshold", "Type": "Float", "DefaultValue": 0.95},
        ]
    }
)
ENVIRONMENT = {"RATINGS_S3_URI": "s3://b/r", "ITEMS_S3_URI": "s3://b/i", "RMSE_THRESHOLD": "0.1"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RatingsS3Uri", "RATINGS_S3_URI"),
        ("KMSKeyId", "KMS_KEY_ID"),
        ("seed", "SEED"),
        ("input-data_uri", "INPUT_DATA_URI"),
    ],
)
def test_the_variable_is_the_name_in_capitals(name: str, expected: str) -> None:
    assert variable(name) == expected


def test_only_what_has_no_default_and_is_not_given_is_taken() -> None:
    given = {"ItemsS3Uri": "s3://other/i"}
    assert from_environment(DEFINITION, given, ENVIRONMENT) == {"RatingsS3Uri": "s3://b/r"}


def test_a_project_decides_the_model_package_group() -> None:
    environment = ENVIRONMENT | {"MODEL_PACKAGE_GROUP_NAME": "books"}
    found = from_environment(DEFINITION, {"RatingsS3Uri": "s3://b/r"}, environment)
    assert found == {"ItemsS3Uri": "s3://b/i", "ModelPackageGroupName": "books"}


def test_a_given_model_package_group_comes_before_the_projects() -> None:
    environment = ENVIRONMENT | {"MODEL_PACKAGE_GROUP_NAME": "books"}
    given = {"ModelPackageGroupName": "mine", "RatingsS3Uri": "", "ItemsS3Uri": ""}
    assert from_environment(DEFINITION, given, environment) == {}


def test_all_that_is_missing_is_named_with_flag_and_variable() -> None:
    with pytest.raises(UsageError) as raised:
        from_environment(DEFINITION, {}, {"ITEMS_S3_URI": ""})
    assert str(raised.value) == (
        "Missing: --parameter RatingsS3Uri=VALUE (or RATINGS_S3_URI), "
        "--parameter ItemsS3Uri=VALUE (or ITEMS_S3_URI)."
    )


@pytest.mark.parametrize("text", ["{", "[]", '{"Parameters": [{}]}', '{"Parameters": [1]}'])
def test_what_is_no_definition_is_a_fault_of_the_command(text: str) -> None:
    with pytest.raises(UsageError, match="get-pipeline-definition"):
        from_environment(text, {}, {})
