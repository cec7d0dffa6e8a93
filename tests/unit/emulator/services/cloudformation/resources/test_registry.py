"""Every provider against the schema of its type, which is AWS's."""

import pytest

from emulator.services.cloudformation.resources import PROVIDERS, find_provider
from emulator.services.cloudformation.schemas import schema

TYPES = sorted(PROVIDERS)


@pytest.mark.parametrize("type_name", TYPES)
def test_a_provider_makes_use_of_properties_that_the_type_has(type_name):
    properties = PROVIDERS[type_name].properties

    if properties is not None:
        assert properties <= set(schema(type_name).property_types)


@pytest.mark.parametrize("type_name", TYPES)
def test_a_provider_makes_use_of_all_that_the_type_requires(type_name):
    properties = PROVIDERS[type_name].properties

    if properties is not None:
        assert set(schema(type_name).required) <= properties


@pytest.mark.parametrize("type_name", TYPES)
def test_a_resource_is_named_by_a_property_of_its_own_that_needs_a_new_one(type_name):
    naming = PROVIDERS[type_name].naming

    if naming is not None and naming.member:
        assert naming.member in schema(type_name).create_only


@pytest.mark.parametrize("type_name", TYPES)
def test_a_type_without_updates_has_nothing_that_can_be_changed_in_place(type_name):
    provider, known = PROVIDERS[type_name], schema(type_name)

    if provider.update is None and provider.properties is not None:
        in_place = provider.properties - set(known.create_only)
        assert in_place <= {"AcceptLanguage", "PrincipalType"}


def test_any_custom_type_is_a_custom_resource():
    assert find_provider("Custom::Thing") is PROVIDERS["AWS::CloudFormation::CustomResource"]
    assert find_provider("AWS::DynamoDB::Table") is None
