"""Tags that cannot be kept as they were sent."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import EmulatorProcess
from tests.contract.jobs import ProcessingLab, error_of

# Source: https://github.com/aws/sagemaker-python-sdk/pull/3608, AWS's answer to a key sent twice.
REFUSAL = ("ValidationException", "Duplicate tag key: team, stage")
TAGS = [
    {"Key": key, "Value": value}
    for key, value in [("team", "a"), ("team", "b"), ("one", "c"), ("stage", "d"), ("stage", "d")]
]


@pytest.fixture
def group_arn(client: Callable[[str], Any], unique: Callable[[str], str]) -> str:
    create = client("sagemaker").create_model_package_group
    arn: str = create(ModelPackageGroupName=unique("group"))["ModelPackageGroupArn"]
    return arn


def test_keys_that_are_added_twice_are_refused_and_none_is_kept(
    client: Callable[[str], Any], group_arn: str
) -> None:
    sagemaker = client("sagemaker")
    sagemaker.add_tags(ResourceArn=group_arn, Tags=[{"Key": "team", "Value": "before"}])

    assert error_of(sagemaker.add_tags, ResourceArn=group_arn, Tags=TAGS) == REFUSAL

    kept = sagemaker.list_tags(ResourceArn=group_arn)["Tags"]
    assert kept == [{"Key": "team", "Value": "before"}]


def test_a_resource_whose_tags_are_refused_is_not_made(
    client: Callable[[str], Any], unique: Callable[[str], str]
) -> None:
    sagemaker, name = client("sagemaker"), unique("group")
    create = sagemaker.create_model_package_group

    assert error_of(create, ModelPackageGroupName=name, Tags=TAGS) == REFUSAL

    found = sagemaker.list_model_package_groups(NameContains=name)
    assert found["ModelPackageGroupSummaryList"] == []


def test_a_job_whose_tags_are_refused_is_not_made(
    emulator: EmulatorProcess, bucket: str, unique: Callable[[str], str]
) -> None:
    lab, name = ProcessingLab(emulator, bucket), unique("job")
    request = lab.request(name, "pass", Tags=TAGS)

    assert error_of(lab.sagemaker.create_processing_job, **request) == REFUSAL

    found = lab.sagemaker.list_processing_jobs(NameContains=name)
    assert found["ProcessingJobSummaries"] == []
