"""Reading a tuning job from what AWS answers."""

from datetime import timedelta

import pytest

from model_build.tuning.job import Definition, read_tuning_job
from tests.unit.model_build.tuning.described import (
    NAME,
    OBJECTIVE,
    RANGES,
    START,
    client,
    training_job,
    tuning_job,
)


def only_definition(described: dict, summaries: list) -> Definition:
    (definition,) = read_tuning_job(client(described, summaries), NAME).definitions
    return definition


def numbers(definition: Definition) -> list[int]:
    return [int(job.name.split("-")[3]) for job in definition.best_first()]


@pytest.mark.parametrize(("aim", "order"), [("Minimize", [3, 1, 2]), ("Maximize", [2, 1, 3])])
def test_the_best_comes_first_whichever_way_the_objective_goes(aim, order):
    objective = {**OBJECTIVE, "Type": aim}
    described = tuning_job()
    described["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"] = objective
    values = {1: 0.5, 2: 0.9, 3: 0.1}
    jobs = [training_job(n, value, objective=objective) for n, value in values.items()]
    definition = only_definition(described, jobs)
    assert numbers(definition) == order
    assert definition.best is definition.best_first()[0]


def test_what_has_no_objective_is_behind_what_has_one():
    jobs = [
        training_job(1, None, status="Failed", FailureReason="AlgorithmError: exit code 1"),
        training_job(2, None, status="InProgress"),
        training_job(3, 0.8),
    ]
    definition = only_definition(tuning_job(), jobs)
    assert numbers(definition) == [3, 1, 2]
    assert definition.jobs[0].reason == "AlgorithmError: exit code 1"


# Source: API_HyperParameterTrainingJobSummary, ObjectiveStatus: "Failed: The training job was not
# considered in this hyperparameter tuning job".
def test_an_objective_that_the_search_does_not_count_is_none_of_ours():
    failed = training_job(1, 0.1, status="Failed", ObjectiveStatus="Failed")
    not_finite = training_job(2, float("nan"))
    definition = only_definition(tuning_job(), [failed, not_finite, training_job(3, 0.8)])
    assert [job.value for job in definition.jobs] == [None, None, 0.8]
    assert numbers(definition)[0] == 3


def test_a_stopped_training_job_with_an_objective_counts():
    definition = only_definition(
        tuning_job(), [training_job(1, 0.7, status="Stopped"), training_job(2, 0.8)]
    )
    assert numbers(definition) == [1, 2]


def test_quotation_marks_that_the_sdk_puts_around_categories_are_taken_off():
    definition = only_definition(tuning_job(), [training_job(1, 0.7)])
    assert definition.jobs[0].hyperparameters["booster"] == "dart"
    ranges = {item.name: item for item in definition.ranges}
    assert ranges["booster"].values == ("gbtree", "dart")
    assert (ranges["eta"].minimum, ranges["eta"].maximum) == (0.01, 1.0)


def test_each_of_several_definitions_has_its_own_training_jobs_ranges_and_objective():
    described = tuning_job()
    del described["TrainingJobDefinition"]
    config = described["HyperParameterTuningJobConfig"]
    del config["HyperParameterTuningJobObjective"], config["ParameterRanges"]
    accuracy = {"Type": "Maximize", "MetricName": "validation:accuracy"}
    described["TrainingJobDefinitions"] = [
        {
            "DefinitionName": name,
            "TuningObjective": objective,
            "HyperParameterRanges": {kind: RANGES[kind]},
            "AlgorithmSpecification": {"AlgorithmName": f"algorithm-{name}"},
        }
        for name, objective, kind in (
            ("trees", OBJECTIVE, "IntegerParameterRanges"),
            ("lines", accuracy, "ContinuousParameterRanges"),
        )
    ]
    jobs = [
        training_job(1, 0.5, TrainingJobDefinitionName="trees"),
        training_job(2, 0.6, TrainingJobDefinitionName="lines", objective=accuracy),
        training_job(3, 0.4, TrainingJobDefinitionName="trees"),
    ]
    trees, lines = read_tuning_job(client(described, jobs), NAME).definitions
    assert (trees.name, numbers(trees), trees.objective.metric) == (
        "trees",
        [3, 1],
        "validation:rmse",
    )
    assert (lines.name, numbers(lines), lines.image) == ("lines", [2], "algorithm-lines")
    assert not lines.objective.is_minimised
    assert [[item.name for item in each.ranges] for each in (trees, lines)] == [["depth"], ["eta"]]


def test_a_warm_start_tells_its_parents_and_the_best_of_all():
    described = tuning_job(
        WarmStartConfig={
            "WarmStartType": "IdenticalDataAndAlgorithm",
            "ParentHyperParameterTuningJobs": [
                {"HyperParameterTuningJobName": "monday"},
                {"HyperParameterTuningJobName": "tuesday"},
            ],
        },
        OverallBestTrainingJob=training_job(9, 0.3),
    )
    found = read_tuning_job(client(described, [training_job(1, 0.7)]), NAME)
    assert found.settings["Warm start"] == "IdenticalDataAndAlgorithm from monday, tuesday"
    assert found.overall_best == (training_job(9, 0.3)["TrainingJobName"], 0.3)


def test_autotune_without_ranges_and_without_jobs_can_be_read():
    described = tuning_job(Autotune={"Mode": "Enabled"}, HyperParameterTuningJobStatus="InProgress")
    del described["HyperParameterTuningJobConfig"]["ParameterRanges"]
    del described["HyperParameterTuningEndTime"]
    found = read_tuning_job(client(described, []), NAME)
    assert found.settings["Autotune"] == "Enabled"
    assert found.jobs == []
    assert found.definitions[0].best is None


def test_a_running_training_job_has_trained_up_to_now():
    summaries = [training_job(number, None, status="InProgress") for number in (1, 2)]
    del summaries[1]["TrainingStartTime"]
    running, waiting = only_definition(tuning_job(), summaries).jobs
    assert running.is_running
    assert running.seconds(START + timedelta(minutes=2)) == 50.0
    assert waiting.seconds(START) is None
