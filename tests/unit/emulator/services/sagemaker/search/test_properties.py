"""Property names against botocore's shapes."""

from typing import Any

import pytest
from botocore.model import Shape

from emulator.protocol.models import load_service
from emulator.services.sagemaker.search.properties import (
    Kind,
    UnknownProperty,
    find_property,
    property_names,
)
from emulator.services.sagemaker.search.resources import SEARCHED


def shape(name: str) -> Shape:
    return load_service("sagemaker").shape_for(name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("TrainingJobName", Kind.TEXT),
        ("trainingjobname", Kind.TEXT),
        ("CreationTime", Kind.TIME),
        ("TrainingTimeInSeconds", Kind.NUMBER),
        ("EnableNetworkIsolation", Kind.BOOLEAN),
        ("HyperParameters.learning.rate", Kind.MIXED),
        ("Metrics.validation:rmse", Kind.NUMBER),
        ("Tags.sagemaker:project-name", Kind.TEXT),
        ("InputDataConfig", Kind.STRUCTURE),
        ("InputDataConfig.DataSource.S3DataSource.S3Uri", Kind.TEXT),
        ("VpcConfig.Subnets", Kind.TEXT),
        ("Environment.STAGE", Kind.TEXT),
    ],
)
def test_a_name_has_the_kind_of_its_shape(name: str, kind: Kind) -> None:
    assert find_property(shape("TrainingJob"), name).kind is kind


@pytest.mark.parametrize(
    ("record", "name", "expected"),
    [
        ({"VpcConfig": {"Subnets": ["a", "b"]}}, "VpcConfig.Subnets", ["a", "b"]),
        ({"HyperParameters": {"a.b": "1"}}, "HyperParameters.a.b", ["1"]),
        ({"HyperParameters": {}}, "HyperParameters.a.b", []),
        ({}, "VpcConfig.Subnets", []),
        (
            {"FinalMetricDataList": [{"MetricName": "m", "Value": 1.5}, {"MetricName": "n"}]},
            "Metrics.m",
            [1.5],
        ),
        (
            {"InputDataConfig": [{"ChannelName": "a"}, {"ChannelName": "b"}, {}]},
            "InputDataConfig.ChannelName",
            ["a", "b"],
        ),
    ],
)
def test_values_are_read_through_lists_and_maps(
    record: dict[str, Any], name: str, expected: list[Any]
) -> None:
    assert list(find_property(shape("TrainingJob"), name).read(record)) == expected


@pytest.mark.parametrize(
    "name",
    ["Nothing", "TrainingJobName.", "TrainingJobName.x", "InputDataConfig..S3Uri", ".", "Tags."],
)
def test_other_names_are_unknown(name: str) -> None:
    with pytest.raises(UnknownProperty, match="Unknown property name: "):
        find_property(shape("TrainingJob"), name)


def test_a_metric_of_a_trial_component_needs_its_statistic() -> None:
    """Source: TrialComponentMetricSummary in botocore."""
    component = shape("TrialComponent")
    for statistic in ("Min", "Max", "Avg", "Last", "StdDev", "Count", "max"):
        assert find_property(component, f"Metrics.a:b.c.{statistic}").kind is Kind.NUMBER
    with pytest.raises(UnknownProperty, match="Min"):
        find_property(component, "Metrics.a:b")


@pytest.mark.parametrize("resource", SEARCHED)
def test_each_name_that_a_shape_has_can_be_found(resource: str) -> None:
    record = SEARCHED[resource].shape
    names = property_names(record)
    assert len(names) > 5
    for name in names:
        assert find_property(record, name).kind is not Kind.STRUCTURE
