"""Experiments, trials and their components, made by callers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.jobs import error_of

Unique = Callable[[str], str]
ARN = "arn:aws:sagemaker:us-east-1:123456789012"


@pytest.fixture
def sagemaker(client: Callable[[str], Any]) -> Any:
    return client("sagemaker")


@pytest.fixture
def experiment(sagemaker: Any, unique: Unique) -> str:
    name = unique("Experiment")
    sagemaker.create_experiment(ExperimentName=name)
    return name


@pytest.fixture
def trial(sagemaker: Any, experiment: str, unique: Unique) -> str:
    name = unique("Trial")
    sagemaker.create_trial(TrialName=name, ExperimentName=experiment)
    return name


@pytest.fixture
def component(sagemaker: Any, trial: str, unique: Unique) -> str:
    name = unique("Component")
    sagemaker.create_trial_component(TrialComponentName=name)
    sagemaker.associate_trial_component(TrialComponentName=name, TrialName=trial)
    return name


def test_an_experiment_is_described_as_it_was_made(sagemaker: Any, unique: Unique) -> None:
    name = unique("Experiment")
    made = sagemaker.create_experiment(
        ExperimentName=name, Description="which one?", Tags=[{"Key": "team", "Value": "books"}]
    )
    # The name "is not case-sensitive", says API_CreateExperiment.
    assert made["ExperimentArn"] == f"{ARN}:experiment/{name.lower()}"
    found = sagemaker.describe_experiment(ExperimentName=name.upper())
    assert found["ExperimentName"] == found["DisplayName"] == name
    assert found["Description"] == "which one?"
    assert found["CreationTime"] == found["LastModifiedTime"]
    tags = sagemaker.list_tags(ResourceArn=made["ExperimentArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "books"}]


def test_changes_are_seen_and_move_the_time_of_the_last_change(
    sagemaker: Any, experiment: str, trial: str
) -> None:
    sagemaker.update_experiment(ExperimentName=experiment, DisplayName="Shown", Description="new")
    found = sagemaker.describe_experiment(ExperimentName=experiment)
    assert (found["DisplayName"], found["Description"]) == ("Shown", "new")
    assert found["LastModifiedTime"] > found["CreationTime"]
    sagemaker.update_trial(TrialName=trial, DisplayName="Shown-too")
    assert sagemaker.describe_trial(TrialName=trial)["DisplayName"] == "Shown-too"


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("create_experiment", ("ExperimentName",)),
        ("create_trial", ("TrialName", "ExperimentName")),
        ("create_trial_component", ("TrialComponentName",)),
    ],
)
def test_a_name_can_be_taken_once(
    sagemaker: Any, experiment: str, trial: str, component: str, operation: str, members: Any
) -> None:
    names = {
        "ExperimentName": experiment,
        "TrialName": trial,
        "TrialComponentName": component,
    }
    request = {member: names[member] for member in members}
    code, message = error_of(getattr(sagemaker, operation), **request)
    # Source: the SageMaker SDK's is_already_exist_error.
    assert code == "ValidationException"
    assert "already exists" in message


@pytest.mark.parametrize("noun", ["experiment", "trial", "trial_component"])
def test_what_is_not_there_is_not_found(sagemaker: Any, noun: str) -> None:
    member = "".join(word.capitalize() for word in noun.split("_")) + "Name"
    for verb in ("describe", "update", "delete"):
        code, message = error_of(getattr(sagemaker, f"{verb}_{noun}"), **{member: "Nothing"})
        assert code == "ResourceNotFound"
        assert "/nothing' does not exist" in message


def test_a_trial_needs_its_experiment(sagemaker: Any, unique: Unique) -> None:
    request = {"TrialName": unique("Trial"), "ExperimentName": "Nothing"}
    assert error_of(sagemaker.create_trial, **request)[0] == "ResourceNotFound"


def test_trials_are_listed_by_experiment_and_by_component(
    sagemaker: Any, experiment: str, trial: str, component: str, unique: Unique
) -> None:
    other = unique("Trial")
    sagemaker.create_trial(TrialName=other, ExperimentName=experiment.lower())

    def listed(**members: Any) -> list[str]:
        answer = sagemaker.list_trials(SortBy="CreationTime", SortOrder="Ascending", **members)
        return [summary["TrialName"] for summary in answer["TrialSummaries"]]

    assert listed(ExperimentName=experiment) == [trial, other]
    assert listed(TrialComponentName=component) == [trial]
    assert listed(ExperimentName=experiment, CreatedBefore=datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert error_of(sagemaker.list_trials, ExperimentName="Nothing")[0] == "ResourceNotFound"
    # The trial belongs to the experiment by its own name, not by the one that was written.
    assert sagemaker.describe_trial(TrialName=other)["ExperimentName"] == experiment


def test_experiments_are_listed_in_pages(sagemaker: Any, unique: Unique) -> None:
    names = [unique("Listed") for _ in range(3)]
    for name in names:
        sagemaker.create_experiment(ExperimentName=name)
    created = sagemaker.describe_experiment(ExperimentName=names[0])["CreationTime"]
    before = created - timedelta(seconds=1)  # boto3 rounds the time
    pages = sagemaker.get_paginator("list_experiments").paginate(
        SortBy="CreationTime",
        SortOrder="Ascending",
        CreatedAfter=before,
        PaginationConfig={"PageSize": 2},
    )
    found = [summary["ExperimentName"] for page in pages for summary in page["ExperimentSummaries"]]
    assert [name for name in found if name in names] == names


def test_components_are_listed_by_trial_experiment_or_source_but_one_at_a_time(
    sagemaker: Any, experiment: str, trial: str, component: str
) -> None:
    def listed(**members: Any) -> list[str]:
        answer = sagemaker.list_trial_components(**members)
        return [each["TrialComponentName"] for each in answer["TrialComponentSummaries"]]

    assert listed(TrialName=trial) == listed(ExperimentName=experiment) == [component]
    assert listed(SourceArn=f"{ARN}:training-job/nothing") == []
    both = {"TrialName": trial, "ExperimentName": experiment}
    code, message = error_of(sagemaker.list_trial_components, **both)
    assert code == "ValidationException"
    assert "ExperimentName, TrialName" in message


def test_a_component_can_be_in_several_trials_and_leaves_them_one_by_one(
    sagemaker: Any, experiment: str, trial: str, component: str, unique: Unique
) -> None:
    other = unique("Trial")
    sagemaker.create_trial(TrialName=other, ExperimentName=experiment)
    for _ in range(2):  # again is as well as once
        answer = sagemaker.associate_trial_component(TrialComponentName=component, TrialName=other)
    assert answer["TrialArn"] == f"{ARN}:experiment-trial/{other.lower()}"
    assert answer["TrialComponentArn"].endswith(f":experiment-trial-component/{component.lower()}")

    pair = {"TrialComponentName": component, "TrialName": trial}
    sagemaker.disassociate_trial_component(**pair)
    assert sagemaker.list_trial_components(TrialName=trial)["TrialComponentSummaries"] == []
    assert len(sagemaker.list_trial_components(TrialName=other)["TrialComponentSummaries"]) == 1
    assert error_of(sagemaker.disassociate_trial_component, **pair)[0] == "ResourceNotFound"


def test_what_is_in_use_is_deleted_from_the_inside_out(
    sagemaker: Any, experiment: str, trial: str, component: str
) -> None:
    """Source: API_DeleteExperiment, API_DeleteTrial, API_DeleteTrialComponent."""
    calls = {
        "trial_component": {"TrialComponentName": component},
        "trial": {"TrialName": trial},
        "experiment": {"ExperimentName": experiment},
    }
    for noun, members in calls.items():
        code, message = error_of(getattr(sagemaker, f"delete_{noun}"), **members)
        assert (code, "cannot be deleted while" in message) == ("ValidationException", True)
    sagemaker.disassociate_trial_component(TrialComponentName=component, TrialName=trial)
    for noun, members in calls.items():
        getattr(sagemaker, f"delete_{noun}")(**members)
        assert error_of(getattr(sagemaker, f"describe_{noun}"), **members)[0] == "ResourceNotFound"


def test_a_component_keeps_what_is_logged_and_loses_what_is_removed(
    sagemaker: Any, component: str
) -> None:
    start = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    sagemaker.update_trial_component(
        TrialComponentName=component,
        Status={"PrimaryStatus": "InProgress", "Message": "reading"},
        StartTime=start,
        Parameters={"depth": {"NumberValue": 3}, "name": {"StringValue": "tree"}},
        InputArtifacts={"data": {"MediaType": "text/csv", "Value": "s3://bucket/data"}},
    )
    sagemaker.update_trial_component(
        TrialComponentName=component,
        Parameters={"depth": {"NumberValue": 4.5}},
        ParametersToRemove=["name"],
        OutputArtifacts={"model": {"Value": "s3://bucket/model"}},
    )
    found = sagemaker.describe_trial_component(TrialComponentName=component)
    assert found["Parameters"] == {"depth": {"NumberValue": 4.5}}
    assert found["InputArtifacts"]["data"]["MediaType"] == "text/csv"
    assert found["OutputArtifacts"] == {"model": {"Value": "s3://bucket/model"}}
    assert found["Status"] == {"PrimaryStatus": "InProgress", "Message": "reading"}
    assert found["StartTime"] == start


def test_a_component_of_which_nothing_is_known_says_so(sagemaker: Any, component: str) -> None:
    """Source: ExperimentAnalytics of the SageMaker SDK, which reads .items() of each."""
    found = sagemaker.describe_trial_component(TrialComponentName=component)
    empty = ({}, {}, {}, [])
    members = ("Parameters", "InputArtifacts", "OutputArtifacts", "Metrics")
    assert tuple(found[key] for key in members) == empty


def test_a_parameter_has_one_value_and_every_one_that_has_not_is_named(
    sagemaker: Any, unique: Unique
) -> None:
    request = {
        "TrialComponentName": unique("Component"),
        "Parameters": {"both": {"StringValue": "1", "NumberValue": 1}, "none": {}},
    }
    code, message = error_of(sagemaker.create_trial_component, **request)
    assert code == "ValidationException"
    assert "'both'" in message
    assert "'none'" in message


def test_a_component_has_no_more_parameters_than_sagemaker_allows(
    sagemaker: Any, component: str
) -> None:
    """Source: TrialComponentParameters in botocore, at most 300."""
    for start in (0, 200):
        request = {
            "TrialComponentName": component,
            "Parameters": {f"p{start + n}": {"NumberValue": n} for n in range(200)},
        }
        if start:
            code, message = error_of(sagemaker.update_trial_component, **request)
            assert (code, "400" in message) == ("ValidationException", True)
        else:
            sagemaker.update_trial_component(**request)
    found = sagemaker.describe_trial_component(TrialComponentName=component)
    assert len(found["Parameters"]) == 200


def test_metrics_that_are_logged_are_summed_up_in_the_component(
    client: Callable[[str], Any], sagemaker: Any, component: str
) -> None:
    logged = client("sagemaker-metrics")
    at = datetime(2026, 1, 2, tzinfo=UTC)
    # Two calls, because values are added to those before.
    for values in ((2.0, 4.0, 4.0, 4.0), (5.0, 5.0, 7.0, 9.0)):
        data = [
            {"MetricName": "loss", "Timestamp": at, "Step": step, "Value": value}
            for step, value in enumerate(values)
        ]
        answer = logged.batch_put_metrics(TrialComponentName=component.lower(), MetricData=data)
        assert "Errors" not in answer
    found = sagemaker.describe_trial_component(TrialComponentName=component)
    (metric,) = found["Metrics"]
    assert metric["SourceArn"] == found["TrialComponentArn"]
    assert metric["TimeStamp"] == at
    # Source: the usual example of a standard deviation of 2 about a mean of 5.
    assert [metric[key] for key in ("Min", "Max", "Last", "Count")] == [2, 9, 9, 8]
    assert (metric["Avg"], metric["StdDev"]) == (pytest.approx(5), pytest.approx(2))


def test_metrics_of_a_component_that_is_not_there_are_refused(client: Callable[[str], Any]) -> None:
    data = [{"MetricName": "loss", "Timestamp": datetime(2026, 1, 2, tzinfo=UTC), "Value": 1.0}]
    put = client("sagemaker-metrics").batch_put_metrics
    assert error_of(put, TrialComponentName="nothing", MetricData=data)[0] == "ResourceNotFound"


def test_single_values_of_metrics_cannot_be_read_here(client: Callable[[str], Any]) -> None:
    query = {
        "MetricName": "loss",
        "ResourceArn": f"{ARN}:experiment-trial-component/nothing",
        "MetricStat": "Last",
        "Period": "OneMinute",
        "XAxisType": "Timestamp",
    }
    get = client("sagemaker-metrics").batch_get_metrics
    code, message = error_of(get, MetricQueries=[query])
    assert (code, "BatchGetMetrics" in message) == ("UnsupportedByEmulator", True)
