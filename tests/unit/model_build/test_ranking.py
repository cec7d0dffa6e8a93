"""What is ranked, by what, and which way round."""

from datetime import UTC, datetime
from typing import Any

import pytest

from model_build.ranking import (
    NoSuchPipeline,
    Objective,
    TrainedJob,
    UnknownMetric,
    choose_objective,
    find_jobs,
    rank,
    tuned_objectives,
)
from tests.unit.pipelines.aws_in_memory import Client

PIPELINE = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/books"
START = datetime(2026, 1, 1, tzinfo=UTC)
RMSE = "validation:rmse"


def job(name: str, rmse: float | None = None, day: int = 1, **hyperparameters: str) -> TrainedJob:
    return TrainedJob(
        name=name,
        status="Completed",
        step="Tune",
        execution="abc",
        tuning_job="",
        created=START.replace(day=day),
        seconds=3,
        metrics={} if rmse is None else {RMSE: rmse},
        hyperparameters=hyperparameters,
    )


def record(name: str, **members: Any) -> dict[str, Any]:
    known = {"TrainingJobName": name, "TrainingJobStatus": "Completed", "CreationTime": START}
    return {"TrainingJob": {**known, **members}}


def aws(**answers: list[dict[str, Any]]) -> Client:
    """A client whose search answers by resource."""

    def search(request: dict[str, Any]) -> dict[str, Any]:
        return {"Results": answers.get(request["Resource"], [])}

    return Client("sagemaker", {"search": search})


PIPELINES = [{"Pipeline": {"PipelineArn": PIPELINE}}]


def test_jobs_are_those_tagged_with_an_execution_of_the_pipeline() -> None:
    tags = [
        {"Key": "sagemaker:pipeline-execution-arn", "Value": f"{PIPELINE}/execution/abc"},
        {"Key": "sagemaker:pipeline-step-name", "Value": "Train"},
    ]
    metrics = [{"MetricName": RMSE, "Value": 0.5}]
    sagemaker = aws(
        Pipeline=PIPELINES,
        TrainingJob=[record("a", Tags=tags, FinalMetricDataList=metrics, TrainingTimeInSeconds=7)],
    )
    (found,) = find_jobs(sagemaker, "books")
    assert (found.name, found.step, found.execution, found.seconds) == ("a", "Train", "abc", 7)
    assert found.metrics == {RMSE: 0.5}
    asked = sagemaker.requests_of("search")[-1]
    assert asked["SearchExpression"]["Filters"] == [
        {
            "Name": "Tags.sagemaker:pipeline-execution-arn",
            "Operator": "Contains",
            "Value": f"{PIPELINE}/execution/",
        }
    ]


def test_only_the_scripts_own_hyperparameters_are_shown_and_as_they_are_meant() -> None:
    given = {
        "eta": "0.1",
        "name": '"tree"',  # as the SageMaker SDK writes a text
        "sagemaker_program": "train.py",
        "_tuning_objective_metric": RMSE,
    }
    sagemaker = aws(Pipeline=PIPELINES, TrainingJob=[record("a", HyperParameters=given)])
    assert find_jobs(sagemaker, "books")[0].hyperparameters == {"eta": "0.1", "name": "tree"}


def test_a_pipeline_that_is_not_there_is_named() -> None:
    with pytest.raises(NoSuchPipeline, match="There is no pipeline 'books'"):
        find_jobs(aws(), "books")


def test_the_objectives_are_those_of_the_pipelines_tuning_jobs() -> None:
    objective = {"MetricName": RMSE, "Type": "Minimize"}
    other = {"MetricName": "auc", "Type": "Maximize"}
    config = {"HyperParameterTuningJobObjective": objective}
    jobs: list[dict[str, Any]] = [
        {"HyperParameterTuningJob": {"HyperParameterTuningJobConfig": config}},
        {"HyperParameterTuningJob": {"HyperParameterTuningJobConfig": config}},
        {"HyperParameterTuningJob": {"TrainingJobDefinitions": [{"TuningObjective": other}]}},
    ]
    found = tuned_objectives(aws(Pipeline=PIPELINES, HyperParameterTuningJob=jobs), "books")
    assert found == [Objective(RMSE, True), Objective("auc", False)]


def test_the_best_comes_first_and_of_equals_the_earlier() -> None:
    jobs = [job("late", 0.5, day=2), job("worse", 0.7), job("early", 0.5), job("none")]
    ranking = rank("books", jobs, Objective(RMSE, True))
    assert [each.name for each in ranking.jobs] == ["early", "late", "worse"]
    assert ranking.unranked == 1
    highest = rank("books", jobs, Objective(RMSE, False))
    assert [each.name for each in highest.jobs] == ["worse", "early", "late"]


def test_hyperparameters_that_tell_jobs_apart_are_told_from_the_others() -> None:
    jobs = [job("a", 0.5, eta="0.1", seed="0"), job("b", 0.6, eta="0.2", seed="0", extra="1")]
    ranking = rank("books", jobs, Objective(RMSE, True))
    assert ranking.differing() == ["eta", "extra"]
    assert ranking.constant() == {"seed": "0"}


@pytest.mark.parametrize(
    ("metric", "is_minimized", "tuned", "expected"),
    [
        (None, None, [Objective(RMSE, False)], Objective(RMSE, False)),
        (RMSE, None, [Objective(RMSE, False)], Objective(RMSE, False)),
        (RMSE, True, [Objective(RMSE, False)], Objective(RMSE, True)),
        (RMSE, None, [Objective("auc", False)], Objective(RMSE, True)),  # by its name
        (RMSE, False, [], Objective(RMSE, False)),
    ],
)
def test_metric_and_direction_are_as_asked_else_as_tuned_else_as_usual(
    metric: str | None, is_minimized: bool | None, tuned: list[Objective], expected: Objective
) -> None:
    assert choose_objective([job("a", 0.5)], tuned, metric, is_minimized) == expected


def test_an_unknown_metric_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UnknownMetric, match=f"No job has the metric 'auc'.*are {RMSE}"):
        choose_objective([job("a", 0.5)], [], "auc", None)
    with pytest.raises(UnknownMetric, match=f"Missing: --metric.*are {RMSE}"):
        choose_objective([job("a", 0.5)], [], None, None)
    with pytest.raises(UnknownMetric, match="none: give the training step metric definitions"):
        choose_objective([job("a")], [], "auc", None)


def test_a_metric_of_an_unknown_name_needs_a_direction() -> None:
    known = TrainedJob("a", "Completed", "", "", "", START, 1, {"novelty": 1.0}, {})
    with pytest.raises(UnknownMetric, match="--minimize or --maximize"):
        choose_objective([known], [], "novelty", None)
