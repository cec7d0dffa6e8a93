"""Search: operators, nested filters, order and pages, over every kind of resource that is there."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.jobs import TrainingLab, error_of
from tests.contract.model_images import add_recipe, create_model, deploy, variant
from tests.contract.wire import Wire

Unique = Callable[[str], str]
COMPONENT = "ExperimentTrialComponent"


@dataclass(frozen=True)
class Searcher:
    """Searches among the resources of one test module alone: those with its tag."""

    sagemaker: Any
    suite: str

    @property
    def tags(self) -> list[dict[str, str]]:
        return [{"Key": "suite", "Value": self.suite}]

    def request(self, resource: str, *filters: dict[str, str], **members: Any) -> dict[str, Any]:
        own = {"Name": "Tags.suite", "Value": self.suite}
        expression = {"Filters": [own, *filters]}
        for key in ("NestedFilters", "SubExpressions"):
            if key in members:
                expression[key] = members.pop(key)
        return {"Resource": resource, "SearchExpression": expression, **members}

    def records(
        self, resource: str, *filters: dict[str, str], **members: Any
    ) -> list[dict[str, Any]]:
        answer = self.sagemaker.search(
            **{"MaxResults": 100, **self.request(resource, *filters, **members)}
        )
        return [record for result in answer["Results"] for record in result.values()]

    def components(self, *filters: dict[str, str], **members: Any) -> list[str]:
        """The display names of the components that match, sorted unless asked otherwise."""
        found = self.records(COMPONENT, *filters, **members)
        names = [record["DisplayName"] for record in found]
        return names if "SortBy" in members else sorted(names)

    def jobs(self, *filters: dict[str, str], **members: Any) -> list[str]:
        """The shown part of the training jobs' names."""
        found = self.records("TrainingJob", *filters, **members)
        names = [record["TrainingJobName"].partition("-")[0] for record in found]
        return names if "SortBy" in members else sorted(names)


def where(name: str, operator: str | None = None, value: str | None = None) -> dict[str, str]:
    given = {"Name": name, "Operator": operator, "Value": value}
    return {key: text for key, text in given.items() if text is not None}


@pytest.fixture(scope="module")
def searcher(emulator: EmulatorProcess) -> Searcher:
    """Five trial components: one, two, three, text and bare; and three training jobs."""
    suite = f"suite-{os.getpid()}-{time.monotonic_ns():x}"
    made = Searcher(emulator.client("sagemaker"), suite)
    for index, name in enumerate(("one", "two", "three"), start=1):
        made.sagemaker.create_trial_component(
            TrialComponentName=f"{name}-{suite}",
            DisplayName=name,
            Parameters={
                "depth": {"NumberValue": index},
                "rate.initial": {"NumberValue": index / 10},
            },
            StartTime=datetime(2026, 1, index, 12, tzinfo=UTC),
            InputArtifacts={"data.v1": {"MediaType": "text/csv", "Value": f"s3://b/{name}"}},
            Status={"PrimaryStatus": "Completed" if index > 1 else "Failed"},
            Tags=[*made.tags, {"Key": "index", "Value": str(index)}],
        )
    for name, parameters in (("text", {"depth": {"StringValue": "deep"}}), ("bare", {})):
        made.sagemaker.create_trial_component(
            TrialComponentName=f"{name}-{suite}",
            DisplayName=name,
            Parameters=parameters,
            Tags=made.tags,
        )
    emulator.client("s3").create_bucket(Bucket=suite)
    _train(TrainingLab(emulator, suite), made)
    return made


def _train(lab: TrainingLab, made: Searcher) -> None:
    lab.put("train/a.csv", b"1")
    lab.put("validation/a.csv", b"1")
    names = []
    for name, rmse, eta in (("good", 0.5, "0.1"), ("fair", 0.75, "0.25"), ("poor", None, "1.5")):
        request = lab.request(
            f"{name}-{made.suite}"[:63],
            f"print('rmse={rmse}')" if rmse else "pass",
            HyperParameters={"eta": eta, "objective": "squared"},
            Tags=made.tags,
            Channels=[lab.channel("train", "train/"), lab.channel("validation", "validation/")],
        )
        request["AlgorithmSpecification"]["MetricDefinitions"] = [
            {"Name": "validation:rmse", "Regex": "rmse=([0-9.]+)"}
        ]
        names.append(lab.create(request))
    for name in names:
        assert lab.finished(name)["TrainingJobStatus"] == "Completed"


ALL = ["bare", "one", "text", "three", "two"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (where("DisplayName", "Equals", "two"), ["two"]),
        (where("DisplayName", None, "two"), ["two"]),
        (where("DisplayName", "NotEquals", "two"), ["bare", "one", "text", "three"]),
        (where("DisplayName", "Contains", "t"), ["text", "three", "two"]),
        (where("DisplayName", "In", "one,three,four"), ["one", "three"]),
        (where("DisplayName", "In", "one, three"), ["one", "three"]),
        (where("displayname", "Equals", "one"), ["one"]),
        (where("StartTime", "GreaterThan", "2026-01-02T12:00:00"), ["three"]),
        (where("StartTime", "GreaterThanOrEqualTo", "2026-01-02T12:00:00Z"), ["three", "two"]),
        (where("StartTime", "LessThan", "2026-01-02T13:00:00+01:00"), ["one"]),
        (where("StartTime", "LessThanOrEqualTo", "2026-01-02T12:00:00"), ["one", "two"]),
        (where("StartTime", "Equals", "1767268800"), ["one"]),
        (where("StartTime", "Exists"), ["one", "three", "two"]),
        (where("StartTime", "NotExists"), ["bare", "text"]),
        (where("Parameters.depth", "Equals", "2"), ["two"]),
        (where("Parameters.depth", "GreaterThan", "1.5"), ["three", "two"]),
        (where("Parameters.depth", "LessThanOrEqualTo", "2"), ["one", "two"]),
        (where("Parameters.depth", "Equals", "deep"), ["text"]),
        (where("Parameters.depth", "Contains", "ee"), ["text"]),
        (where("Parameters.depth", "NotEquals", "2"), ["bare", "one", "text", "three"]),
        (where("Parameters.depth", "Exists"), ["one", "text", "three", "two"]),
        (where("Parameters.rate.initial", "LessThan", "0.15"), ["one"]),
        (where("Parameters.none", "Exists"), []),
        (where("Tags.index", "Equals", "3"), ["three"]),
        (where("Tags.index", "NotExists"), ["bare", "text"]),
        (where("InputArtifacts.data.v1", "Exists"), ["one", "three", "two"]),
        (where("InputArtifacts.data.v1.Value", "Equals", "s3://b/two"), ["two"]),
        (where("InputArtifacts.data.v1.MediaType", "Contains", "csv"), ["one", "three", "two"]),
        (where("InputArtifacts", "NotExists"), ["bare", "text"]),
        (where("Status.PrimaryStatus", "Equals", "Failed"), ["one"]),
        (where("CreationTime", "GreaterThan", "2026-01-01T00:00:00"), ALL),
    ],
)
def test_an_operator_means_what_the_reference_says(
    searcher: Searcher, condition: dict[str, str], expected: list[str]
) -> None:
    """Source: API_Filter; 1767268800 is 2026-01-01T12:00:00Z."""
    assert searcher.components(condition) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (where("Metrics.validation:rmse", "LessThan", "0.6"), ["good"]),
        (where("Metrics.validation:rmse", "GreaterThanOrEqualTo", "0.5"), ["fair", "good"]),
        (where("Metrics.validation:rmse", "Exists"), ["fair", "good"]),
        (where("Metrics.validation:rmse", "NotExists"), ["poor"]),
        (where("HyperParameters.eta", "LessThan", "0.5"), ["fair", "good"]),
        (where("HyperParameters.eta", "Equals", "0.25"), ["fair"]),
        # "If the specified Value is an integer, the decimal values are treated as integers."
        (where("HyperParameters.eta", "Equals", "1"), ["poor"]),
        (where("HyperParameters.eta", "LessThan", "1"), ["fair", "good"]),
        (where("HyperParameters.objective", "Equals", "squared"), ["fair", "good", "poor"]),
        (where("HyperParameters.objective", "GreaterThan", "1"), []),
        (where("TrainingJobStatus", "Equals", "Completed"), ["fair", "good", "poor"]),
        (where("EnableManagedSpotTraining", "Equals", "false"), ["fair", "good", "poor"]),
        (where("EnableManagedSpotTraining", "NotEquals", "false"), []),
        (where("ResourceConfig.InstanceCount", "GreaterThan", "1"), []),
        (where("ResourceConfig.InstanceType", "In", "ml.m5.large"), ["fair", "good", "poor"]),
        (where("AlgorithmSpecification.TrainingImage", "Contains", "plain-trainer"), None),
        (where("InputDataConfig.ChannelName", "Equals", "validation"), None),
        (where("InputDataConfig.ChannelName", "NotEquals", "validation"), []),
        (where("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", "/train/"), None),
        (where("ModelArtifacts.S3ModelArtifacts", "Exists"), None),
        (where("SecondaryStatusTransitions.Status", "Equals", "Uploading"), None),
    ],
)
def test_training_jobs_are_found_by_metric_hyperparameter_and_nested_property(
    searcher: Searcher, condition: dict[str, str], expected: list[str] | None
) -> None:
    assert searcher.jobs(condition) == (["fair", "good", "poor"] if expected is None else expected)


def test_one_element_of_a_list_has_to_pass_all_nested_filters(searcher: Searcher) -> None:
    """Source: API_NestedFilters' own example, with the names of this suite."""

    def nested(channel: str, prefix: str) -> list[dict[str, Any]]:
        uri = "InputDataConfig.DataSource.S3DataSource.S3Uri"
        filters = [
            where("InputDataConfig.ChannelName", "Equals", channel),
            where(uri, "Contains", prefix),
        ]
        return [{"NestedPropertyName": "InputDataConfig", "Filters": filters}]

    matching = nested("train", f"{searcher.suite}/train")
    assert searcher.jobs(NestedFilters=matching) == ["fair", "good", "poor"]
    # Each of the two holds for some channel, but not both for one.
    assert searcher.jobs(NestedFilters=nested("train", f"{searcher.suite}/validation")) == []


def test_expressions_are_joined_by_and_unless_or_is_said(searcher: Searcher) -> None:
    either = {
        "Filters": [where("DisplayName", None, "one"), where("DisplayName", None, "two")],
        "Operator": "Or",
    }
    assert searcher.components(SubExpressions=[either]) == ["one", "two"]
    assert searcher.components(SubExpressions=[{**either, "Operator": "And"}]) == []
    deeper = {"SubExpressions": [either, {"Filters": [where("Parameters.depth", None, "2")]}]}
    assert searcher.components(SubExpressions=[deeper]) == ["two"]


def test_results_are_sorted_by_any_property_and_those_without_it_come_last(
    searcher: Searcher,
) -> None:
    def by(name: str, order: str) -> list[str]:
        return searcher.jobs(SortBy=name, SortOrder=order)

    assert by("Metrics.validation:rmse", "Ascending") == ["good", "fair", "poor"]
    assert by("Metrics.validation:rmse", "Descending") == ["fair", "good", "poor"]
    assert by("HyperParameters.eta", "Descending") == ["poor", "fair", "good"]
    assert by("TrainingJobName", "Ascending") == ["fair", "good", "poor"]
    numbers = searcher.components(SortBy="Parameters.depth", SortOrder="Descending")
    assert numbers[:4] == ["text", "three", "two", "one"]


def test_the_last_changed_comes_first_unless_asked_otherwise(searcher: Searcher) -> None:
    """Source: API_Search, SortBy "The default is LastModifiedTime", SortOrder "Descending"."""
    found = searcher.records("TrainingJob")
    changed = [record["LastModifiedTime"] for record in found]
    assert changed == sorted(changed, reverse=True)


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("sort_by", ["Parameters.depth", "StartTime", "DisplayName"])
def test_pages_join_up_to_the_whole(searcher: Searcher, sort_by: str, order: str) -> None:
    members: dict[str, Any] = {"SortBy": sort_by, "SortOrder": order}
    request = searcher.request(COMPONENT, **members)
    pages = searcher.sagemaker.get_paginator("search").paginate(
        **request, PaginationConfig={"PageSize": 2}
    )
    sizes, names = [], []
    for page in pages:
        assert page["TotalHits"] == {"Value": 5, "Relation": "EqualTo"}
        sizes.append(len(page["Results"]))
        names += [result["TrialComponent"]["DisplayName"] for result in page["Results"]]
    assert sizes == [2, 2, 1]
    assert names == searcher.components(**members)


def test_a_page_goes_on_behind_the_last_result_whatever_comes_between(
    searcher: Searcher, unique: Unique
) -> None:
    tags = [{"Key": "paged", "Value": (group := unique("group"))}]
    request = {
        "Resource": "Experiment",
        "SearchExpression": {"Filters": [where("Tags.paged", "Equals", group)]},
        "SortBy": "ExperimentName",
        "SortOrder": "Ascending",
        "MaxResults": 1,
    }
    names = sorted(unique("Experiment") for _ in range(3))
    for name in names[1:]:
        searcher.sagemaker.create_experiment(ExperimentName=name, Tags=tags)
    first = searcher.sagemaker.search(**request)
    searcher.sagemaker.create_experiment(ExperimentName=names[0], Tags=tags)
    second = searcher.sagemaker.search(**request, NextToken=first["NextToken"])
    assert second["Results"][0]["Experiment"]["ExperimentName"] == names[2]
    assert "NextToken" not in second


def test_a_token_is_of_no_use_in_another_search(searcher: Searcher) -> None:
    token = searcher.sagemaker.search(**searcher.request(COMPONENT, MaxResults=1))["NextToken"]
    for other in (
        searcher.request("TrainingJob", NextToken=token),
        searcher.request(COMPONENT, where("DisplayName", "Exists"), NextToken=token),
        searcher.request(COMPONENT, SortOrder="Ascending", NextToken=token),
        searcher.request(COMPONENT, NextToken="bm9uZQ=="),
    ):
        code, message = error_of(searcher.sagemaker.search, **other)
        assert (code, "NextToken" in message) == ("ValidationException", True)


def test_everything_is_found_without_an_expression(searcher: Searcher) -> None:
    answer = searcher.sagemaker.search(Resource="TrainingJob", MaxResults=1)
    assert answer["TotalHits"]["Value"] >= 3
    assert len(answer["Results"]) == 1


def test_a_record_is_the_resource_with_its_tags(searcher: Searcher) -> None:
    (found,) = searcher.records("TrainingJob", where("TrainingJobName", "Contains", "good"))
    described = searcher.sagemaker.describe_training_job(TrainingJobName=found["TrainingJobName"])
    assert found.pop("Tags") == searcher.tags
    described.pop("ResponseMetadata")
    assert found.items() <= described.items()
    assert found["FinalMetricDataList"][0]["Value"] == 0.5
    assert isinstance(found["CreationTime"], datetime)


def test_a_trial_component_has_its_parents_its_job_and_its_statistics(
    searcher: Searcher, unique: Unique
) -> None:
    experiment, trial = unique("Experiment"), unique("Trial")
    searcher.sagemaker.create_experiment(ExperimentName=experiment)
    searcher.sagemaker.create_trial(TrialName=trial, ExperimentName=experiment, Tags=searcher.tags)
    (job,) = searcher.records("TrainingJob", where("TrainingJobName", "Contains", "good"))
    component = f"{job['TrainingJobName']}-aws-training-job"
    searcher.sagemaker.associate_trial_component(TrialComponentName=component, TrialName=trial)

    def found(*filters: dict[str, str], **members: Any) -> list[str]:
        answer = searcher.sagemaker.search(
            Resource=COMPONENT, SearchExpression={"Filters": list(filters), **members}
        )
        return [each["TrialComponent"]["TrialComponentName"] for each in answer["Results"]]

    in_trial = where("Parents.TrialName", "Equals", trial)
    assert found(in_trial) == found(where("Parents.ExperimentName", None, experiment))
    assert found(in_trial) == [component]
    best = where("Metrics.validation:rmse.Min", "LessThanOrEqualTo", "0.5")
    assert found(in_trial, best) == [component]
    source = where("Source.SourceArn", "Equals", job["TrainingJobArn"])
    assert found(source) == [component]
    by_tag = where("SourceDetail.TrainingJob.Tags.suite", "Equals", searcher.suite)
    assert found(in_trial, by_tag) == [component]
    pair = [where("Parents.TrialName", None, trial), where("Parents.ExperimentName", None, "x")]
    assert found(in_trial, NestedFilters=[{"NestedPropertyName": "Parents", "Filters": pair}]) == []

    (record,) = searcher.sagemaker.search(
        Resource=COMPONENT, SearchExpression={"Filters": [in_trial]}
    )["Results"]
    shown = record["TrialComponent"]
    assert shown["Parents"] == [{"TrialName": trial, "ExperimentName": experiment}]
    assert shown["SourceDetail"]["TrainingJob"]["TrainingJobName"] == job["TrainingJobName"]
    (in_search,) = searcher.records("ExperimentTrial", where("TrialName", "Equals", trial))
    summaries = in_search["TrialComponentSummaries"]
    assert [summary["TrialComponentName"] for summary in summaries] == [component]


def test_the_sdks_experiment_analytics_can_sort_by_a_metric(searcher: Searcher) -> None:
    """Source: AWS's notebooks on experiments, sort_by="metrics.test:accuracy.max"."""
    answer = searcher.sagemaker.search(
        Resource=COMPONENT,
        SearchExpression={
            "Filters": [where("TrialComponentName", "Contains", searcher.suite[:20])]
        },
        SortBy="metrics.validation:rmse.max",
        SortOrder="Descending",
    )
    names = [each["TrialComponent"]["DisplayName"].partition("-")[0] for each in answer["Results"]]
    assert names[:2] == ["fair", "good"]


def test_pipelines_versions_and_executions_are_found(lab: Any, unique: Unique) -> None:
    name = lab.create(
        lab.processing("A"), Parameters=[{"Name": "Fraction", "Type": "Float", "DefaultValue": 0.5}]
    )
    execution = lab.run(name)

    def found(resource: str, *filters: dict[str, str]) -> list[dict[str, Any]]:
        answer = lab.sagemaker.search(
            Resource=resource, SearchExpression={"Filters": list(filters)}
        )
        return [record for result in answer["Results"] for record in result.values()]

    (pipeline,) = found("Pipeline", where("PipelineName", "Equals", name))
    assert pipeline["PipelineArn"] == execution["PipelineArn"]
    of_pipeline = where("PipelineArn", "Equals", pipeline["PipelineArn"])
    (run,) = found("PipelineExecution", of_pipeline)
    assert run["PipelineExecutionArn"] == execution["PipelineExecutionArn"]
    assert run["PipelineParameters"] == [{"Name": "Fraction", "Value": "0.5"}]
    failed = where("PipelineExecutionStatus", "Equals", "Failed")
    assert found("PipelineExecution", of_pipeline, failed) == []
    (version,) = found("PipelineVersion", of_pipeline)
    assert version["PipelineVersionId"] == 1
    assert version["LastExecutedPipelineExecutionStatus"] == "Succeeded"


def test_jobs_of_a_pipeline_are_found_by_the_tag_of_their_execution(lab: Any) -> None:
    execution = lab.run(lab.create(lab.processing("A")))
    answer = lab.sagemaker.search(
        Resource=COMPONENT,
        SearchExpression={
            "Filters": [
                where(
                    "SourceDetail.ProcessingJob.Tags.sagemaker:pipeline-execution-arn",
                    "Contains",
                    f"{execution['PipelineArn']}/execution/",
                )
            ]
        },
    )
    assert answer["TotalHits"]["Value"] == 1


def test_packages_groups_and_models_are_found(
    emulator: EmulatorProcess, searcher: Searcher, unique: Unique
) -> None:
    lab, sagemaker = TrainingLab(emulator, searcher.suite), searcher.sagemaker
    group, model = unique("group"), unique("model")
    image = lab.request(unique("x"), "pass")["AlgorithmSpecification"]["TrainingImage"]
    sagemaker.create_model_package_group(ModelPackageGroupName=group, Tags=searcher.tags)
    for status in ("Approved", "Rejected"):
        sagemaker.create_model_package(ModelPackageGroupName=group, ModelApprovalStatus=status)
    sagemaker.create_model(
        ModelName=model, ExecutionRoleArn=ROLE_ARN, PrimaryContainer={"Image": image}
    )
    (found,) = searcher.records("ModelPackageGroup")
    assert found["ModelPackageGroupName"] == group
    answer = sagemaker.search(
        Resource="ModelPackage",
        SearchExpression={
            "Filters": [
                where("ModelPackageGroupName", None, group),
                where("ModelApprovalStatus", "NotEquals", "Rejected"),
            ]
        },
    )
    versions = [each["ModelPackage"]["ModelPackageVersion"] for each in answer["Results"]]
    assert versions == [1]
    named = {"Filters": [where("Model.ModelName", "Equals", model)]}
    (record,) = sagemaker.search(Resource="Model", SearchExpression=named)["Results"]
    assert record["Model"]["Model"]["PrimaryContainer"] == {"Image": image}
    assert record["Model"]["Endpoints"] == []


def test_an_endpoint_is_found_and_so_is_the_model_that_it_hosts(
    emulator: EmulatorProcess, client: Callable[[str], Any], unique: Unique
) -> None:
    add_recipe(emulator)
    model = create_model(client, unique("model"))
    name = deploy(client, unique("endpoint"), variant(model))
    search = client("sagemaker").search

    def found(resource: str, *filters: dict[str, str]) -> list[dict[str, Any]]:
        answer = search(Resource=resource, SearchExpression={"Filters": list(filters)})
        return [record for result in answer["Results"] for record in result.values()]

    serving = where("EndpointStatus", "Equals", "InService")
    (endpoint,) = found("Endpoint", serving, where("EndpointName", "Equals", name))
    assert endpoint["EndpointConfigName"] == name
    assert [each["VariantName"] for each in endpoint["ProductionVariants"]] == ["AllTraffic"]
    (record,) = found("Model", where("Endpoints.EndpointName", "Equals", name))
    assert record["Model"]["ModelName"] == model
    assert record["Endpoints"][0]["EndpointStatus"] == "InService"
    client("sagemaker").delete_endpoint(EndpointName=name)


BAD = [
    (where("TrainingJobNam", "Equals", "x"), "Unknown property name: TrainingJobNam"),
    (where("TrialName", "Equals", "x"), "Unknown property name: TrialName"),
    (where("TrainingJobName.First", "Equals", "x"), "Unknown property name: TrainingJobName.First"),
    (where("TrainingJobName", "GreaterThan", "x"), "GreaterThan is not supported for the text"),
    (where("CreationTime", "Contains", "2026"), "Contains is not supported for the timestamp"),
    (where("TrainingTimeInSeconds", "In", "1,2"), "In is not supported for the numeric"),
    (where("TrainingTimeInSeconds", "Equals", "long"), "'long' is not a number"),
    (where("CreationTime", "LessThan", "yesterday"), "'yesterday' is no time"),
    (where("CreationTime", "LessThan", "2026-13-01T00:00:00"), "is no time"),
    (where("EnableManagedSpotTraining", "Equals", "maybe"), "neither true nor false"),
    (where("Metrics.rmse", "LessThan", "nan"), "'nan' is not a number"),
    (where("HyperParameters.eta", "LessThan", "small"), "LessThan is not supported for text"),
    (where("ResourceConfig", "Equals", "x"), "Equals is not supported for the structure"),
    (where("TrainingJobName", "Equals"), "needs a Value"),
    (where("TrainingJobName"), "needs a Value"),
]


@pytest.mark.parametrize(("condition", "expected"), BAD)
def test_a_filter_that_cannot_be_applied_is_refused(
    searcher: Searcher, condition: dict[str, str], expected: str
) -> None:
    request = searcher.request("TrainingJob", condition)
    code, message = error_of(searcher.sagemaker.search, **request)
    assert (code, expected in message) == ("ValidationException", True), message


def test_all_faults_come_in_one_message(searcher: Searcher) -> None:
    filters = [condition for condition, _ in BAD]
    request = searcher.request("TrainingJob", *filters, SortBy="Metric.rmse")
    _, message = error_of(searcher.sagemaker.search, **request)
    for _, expected in BAD:
        assert expected in message
    assert "SortBy: Unknown property name: Metric.rmse" in message


def test_nested_filters_have_to_be_of_one_list(searcher: Searcher) -> None:
    nested = [
        {"NestedPropertyName": "Nothing", "Filters": [where("Nothing.x", None, "y")]},
        {"NestedPropertyName": "ResourceConfig", "Filters": [where("ResourceConfig.x", None, "y")]},
        {"NestedPropertyName": "InputDataConfig", "Filters": [where("RoleArn", None, "y")]},
        {
            "NestedPropertyName": "InputDataConfig",
            "Filters": [where("InputDataConfig.No", None, "y")],
        },
    ]
    request = searcher.request("TrainingJob", NestedFilters=nested)
    code, message = error_of(searcher.sagemaker.search, **request)
    assert code == "ValidationException"
    for expected in ("Nothing", "ResourceConfig is no list", "RoleArn", "InputDataConfig.No"):
        assert expected in message


def test_an_expression_has_at_least_one_element(searcher: Searcher) -> None:
    code, message = error_of(searcher.sagemaker.search, Resource=COMPONENT, SearchExpression={})
    assert (code, "at least one" in message) == ("ValidationException", True)


def test_an_expression_has_at_most_twenty_elements_and_fifty_in_all(searcher: Searcher) -> None:
    """Source: API_SearchExpression and API_Search."""
    name = where("DisplayName", "Exists")
    wide = {"Filters": [name] * 20, "SubExpressions": [{"Filters": [name]}]}
    _, message = error_of(searcher.sagemaker.search, Resource=COMPONENT, SearchExpression=wide)
    assert "has 21 elements; at most 20" in message
    deep = {"SubExpressions": [{"Filters": [name] * 17} for _ in range(3)]}
    _, message = error_of(searcher.sagemaker.search, Resource=COMPONENT, SearchExpression=deep)
    assert "has 54 Filters, NestedFilters and SubExpressions; at most 50" in message


@pytest.mark.parametrize("depth", [60, 300, 5_000])
def test_an_expression_cannot_be_nested_without_end(searcher: Searcher, depth: int) -> None:
    """On the wire, as boto3 itself gives up before it has sent the deepest."""
    wire = Wire(searcher.sagemaker.meta.endpoint_url)
    innermost = '{"Filters": [{"Name": "DisplayName", "Operator": "Exists"}]}'
    expression = '{"SubExpressions": [' * depth + innermost + "]}" * depth
    body = f'{{"Resource": "{COMPONENT}", "SearchExpression": {expression}}}'
    status, answer = wire.post(body.encode(), "SageMaker.Search")
    wire.close()
    assert status == 400
    assert "at most 50" in answer["message"] or "nested too deeply" in answer["message"]


def test_contains_can_be_used_once_but_for_the_properties_that_the_reference_names(
    searcher: Searcher,
) -> None:
    """Source: API_Filter."""
    twice = [where("TrainingJobName", "Contains", text) for text in ("a", "b")]
    request = searcher.request("TrainingJob", *twice)
    code, message = error_of(searcher.sagemaker.search, **request)
    assert (code, message) == (
        "ValidationException",
        "'CONTAINS' operator usage limit of 1 exceeded.",
    )
    both = [where("DisplayName", "Contains", text) for text in ("t", "o")]
    assert searcher.components(*both) == ["two"]


@pytest.mark.parametrize("resource", ["FeatureGroup", "Image", "ModelCard"])
def test_a_resource_that_is_not_emulated_is_named(searcher: Searcher, resource: str) -> None:
    code, message = error_of(searcher.sagemaker.search, Resource=resource)
    assert code == "UnsupportedByEmulator"
    assert resource in message


def test_what_other_accounts_share_is_nothing_and_visibility_is_not_emulated(
    searcher: Searcher,
) -> None:
    search = searcher.sagemaker.search
    shared = search(Resource="ModelPackageGroup", CrossAccountFilterOption="CrossAccount")
    assert shared["Results"] == []
    conditions = [{"Key": "team", "Value": "books"}]
    code, message = error_of(search, Resource="TrainingJob", VisibilityConditions=conditions)
    assert (code, "VisibilityConditions" in message) == ("UnsupportedByEmulator", True)


@pytest.mark.parametrize(
    ("resource", "hint", "expected"),
    [
        ("TrainingJob", "TrainingJobN", {"TrainingJobName"}),
        ("TrainingJob", "metrics.validation", {"Metrics.validation:rmse"}),
        ("TrainingJob", "HyperParameters.ob", {"HyperParameters.objective"}),
        ("TrainingJob", "tags.suit", {"Tags.suite"}),
        (COMPONENT, "Parameters.rate", {"Parameters.rate.initial"}),
        (
            COMPONENT,
            "Metrics.validation:rmse.M",
            {f"Metrics.validation:rmse.{m}" for m in ("Min", "Max")},
        ),
        ("TrainingJob", "Nothing", set()),
    ],
)
def test_names_of_properties_are_suggested_by_how_they_begin(
    searcher: Searcher, resource: str, hint: str, expected: set[str]
) -> None:
    answer = searcher.sagemaker.get_search_suggestions(
        Resource=resource,
        SuggestionQuery={"PropertyNameQuery": {"PropertyNameHint": hint}},
    )
    found = {each["PropertyName"] for each in answer["PropertyNameSuggestions"]}
    assert expected <= found
    assert all(name.lower().startswith(hint.lower()) for name in found)


def test_each_suggested_name_can_be_searched_for(searcher: Searcher) -> None:
    answer = searcher.sagemaker.get_search_suggestions(Resource="TrainingJob")
    names = [each["PropertyName"] for each in answer["PropertyNameSuggestions"]]
    assert len(names) > 50
    for start in range(0, len(names), 20):
        filters = [where(name, "NotExists") for name in names[start : start + 20]]
        searcher.sagemaker.search(Resource="TrainingJob", SearchExpression={"Filters": filters})
