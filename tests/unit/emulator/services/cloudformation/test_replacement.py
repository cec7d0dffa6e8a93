"""Which changes need a new resource.

Source: "Update requires: Replacement" and "No interruption" of the properties in the CloudFormation
template reference.
"""

import pytest

from emulator.services.cloudformation.replacement import (
    changed_properties,
    needs_new_resource,
    requires_recreation,
)
from emulator.services.cloudformation.resources.provider import ResourceFailed


@pytest.mark.parametrize(
    ("type_name", "name", "expected"),
    [
        ("AWS::S3::Bucket", "BucketName", "Always"),
        ("AWS::S3::Bucket", "VersioningConfiguration", "Never"),
        ("AWS::SageMaker::Model", "PrimaryContainer", "Always"),
        ("AWS::SageMaker::EndpointConfig", "ProductionVariants", "Always"),
        ("AWS::SageMaker::Endpoint", "EndpointConfigName", "Never"),
        ("AWS::SageMaker::Endpoint", "EndpointName", "Always"),
        ("AWS::Lambda::Function", "Code", "Never"),
        ("AWS::Lambda::Permission", "Principal", "Always"),
        ("AWS::Events::Rule", "EventBusName", "Conditionally"),
        ("AWS::IAM::Role", "Path", "Always"),
        ("Custom::Thing", "ServiceToken", "Always"),
        ("Custom::Thing", "Anything", "Never"),
    ],
)
def test_a_change_needs_what_the_reference_says(type_name, name, expected):
    assert requires_recreation(type_name, name, "before", "after") == expected


def test_of_a_create_only_property_within_another_only_its_own_change_counts():
    before = {"EncryptionType": "AES256"}

    found = requires_recreation("AWS::ECR::Repository", "EncryptionConfiguration", before, before)

    assert found == "Never"


def test_properties_that_came_changed_or_went():
    before, after = {"A": 1, "B": 2, "C": 3}, {"A": 1, "B": 4, "D": 5}

    assert changed_properties(before, after) == ["B", "D", "C"]


def test_a_custom_name_that_stays_forbids_a_new_resource():
    before = {"RoleName": "mine", "Path": "/a/"}

    with pytest.raises(ResourceFailed, match="Rename mine and update the stack again"):
        needs_new_resource("AWS::IAM::Role", before, before | {"Path": "/b/"})

    assert needs_new_resource("AWS::IAM::Role", before, {"RoleName": "other", "Path": "/b/"})
    assert not needs_new_resource("AWS::IAM::Role", before, before | {"Description": "told"})
