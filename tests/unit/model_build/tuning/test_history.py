"""The objective in the order of time, and in words."""

from datetime import timedelta

import pytest

from model_build.tuning import history
from model_build.tuning.finding import Reference
from model_build.tuning.job import TuningJob, read_tuning_job
from tests.unit.model_build.tuning.described import (
    NAME,
    OBJECTIVE,
    START,
    client,
    training_job,
    tuning_job,
)

OTHER_METRIC = Reference("Default", "validation:mae", 0.1)


def read(*summaries: dict, aim: str = "Minimize") -> TuningJob:
    described = tuning_job()
    objective = {**OBJECTIVE, "Type": aim}
    described["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"] = objective
    return read_tuning_job(client(described, list(summaries)), NAME)


@pytest.mark.parametrize(
    ("aim", "best"), [("Minimize", [0.6, 0.4, 0.4, 0.3]), ("Maximize", [0.6, 0.6, 0.9, 0.9])]
)
def test_the_best_so_far_never_gets_worse(aim, best):
    jobs = [training_job(n, value) for n, value in enumerate((0.6, 0.4, 0.9, 0.3))]
    found = read(*jobs, aim=aim)
    results = history.results(found, found.definitions[0])
    assert [result.best for result in results] == best
    assert [result.value for result in results] == [0.6, 0.4, 0.9, 0.3]


def test_results_stand_at_the_end_of_their_training_job_whichever_was_started_first():
    slow = training_job(1, 0.5, TrainingEndTime=START + timedelta(minutes=9))
    found = read(slow, training_job(2, 0.6))
    results = history.results(found, found.definitions[0])
    assert [(result.seconds, result.value) for result in results] == [(180, 0.6), (540, 0.5)]


def test_what_ended_without_an_objective_keeps_its_time_and_what_runs_has_none():
    found = read(training_job(1, None, status="Failed"), training_job(2, None, status="InProgress"))
    lost = history.without_result(found, found.definitions[0])
    assert [seconds for seconds, _ in lost] == [120]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (3.21, "3.2 s"), (250, "4 min 10 s"), (7500, "2 h 05 min")],
)
def test_durations_are_told_in_the_unit_that_fits(seconds, text):
    assert history.duration(seconds) == text


@pytest.mark.parametrize(("seconds", "unit"), [(100, "seconds"), (400, "minutes"), (1e5, "hours")])
def test_an_axis_of_time_has_the_unit_that_fits(seconds, unit):
    assert history.time_unit(seconds).name == unit


@pytest.mark.parametrize(
    ("aim", "reference", "verdict"),
    [
        ("Minimize", 0.5, "is better than the 0.50000 of Default by 20.0%"),
        ("Minimize", 0.32, "is worse than the 0.32000 of Default by 25.0%"),
        ("Maximize", 0.5, "is worse than the 0.50000 of Default by 20.0%"),
        ("Minimize", 0.4, "is the same as the 0.40000 of Default."),
        ("Minimize", 0.0, "is worse than the 0.0000 of Default."),
    ],
)
def test_the_best_is_compared_with_each_reference_in_the_direction_of_the_objective(
    aim, reference, verdict
):
    found = read(training_job(1, 0.4), aim=aim)
    references = [Reference("Default", "validation:rmse", reference), OTHER_METRIC]
    (told,) = history.compared(found.definitions[0], references)
    assert verdict in told


def test_values_are_told_short_and_texts_as_they_are():
    assert history.short("0.0598765432") == "0.059877"
    assert history.short("123456") == "123456"
    assert history.short("relu") == "relu"
