"""The tuning loop against an API that runs nothing: the test says how training jobs end."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.context import Context, Settings, Workers
from emulator.errors import validation_error
from emulator.services.sagemaker.jobs import running
from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.jobs.container_runs import Ending
from emulator.services.sagemaker.jobs.kinds import TRAINING, TUNING
from emulator.services.sagemaker.jobs.running import JobHandle
from emulator.services.sagemaker.tuning.plans import read_plan
from emulator.services.sagemaker.tuning.tuner import Tuner
from emulator.store import Store

Script = Callable[["FakeApi", str, dict[str, Any]], None]


class FakeApi:
    """Keeps training jobs in the store; ``script`` decides what each one does."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.created: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.context: Context

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        name = str(parameters["TrainingJobName"])
        if operation == "StopTrainingJob":
            self.stopped.append(name)
            self.end(name, "Stopped")
            return {}
        self.created.append(dict(parameters))
        document = {
            "TrainingJobName": name,
            "TrainingJobArn": f"arn:{name}",
            "TrainingJobStatus": "InProgress",
            "CreationTime": 0.0,
            "HyperParameters": parameters["HyperParameters"],
        }
        self.context.store.insert(TRAINING.noun, name, document)
        running.add(self.context, TRAINING, name)
        threading.Timer(0, self.script, (self, name, document)).start()
        return {}

    def end(self, name: str, status: str, loss: float | None = None) -> None:
        metrics = [] if loss is None else [{"MetricName": "loss", "Value": loss}]
        changes = {"TrainingJobStatus": status, "FinalMetricDataList": metrics}
        self.context.store.update(TRAINING.noun, name, lambda found: found | changes)
        running.remove(self.context, TRAINING, name)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "store.sqlite")
    yield found
    found.close()


def tune(
    store: Store,
    tmp_path: Path,
    script: Script,
    *,
    clock: Callable[[], float] = lambda: 0.0,
    stop_first: bool = False,
    **config: Any,
) -> tuple[FakeApi, Ending]:
    return tune_with(FakeApi(script), store, tmp_path, clock, stop_first, **config)


def tune_with(
    api: FakeApi,
    store: Store,
    tmp_path: Path,
    clock: Callable[[], float] = lambda: 0.0,
    stop_first: bool = False,
    **config: Any,
) -> tuple[FakeApi, Ending]:
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    context = Context(settings, store, cast(Any, None), cast(Any, None), api, Workers(), clock)
    api.context = context
    document = {
        "HyperParameterTuningJobName": "t",
        "HyperParameterTuningJobArn": "arn:t",
        "HyperParameterTuningJobStatus": "InProgress",
        "CreationTime": 0.0,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "1"}]
            },
            "RandomSeed": 0,
            **config,
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {
                "TrainingImage": "image:1",
                "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}],
            },
        },
    }
    store.insert(TUNING.noun, "t", document)
    plan = read_plan(document, Faults())
    assert plan is not None
    handle = JobHandle()
    if stop_first:
        handle.request_stop()
    return api, Tuner(context, document, plan, handle).run()


def completes(api: FakeApi, name: str, document: dict[str, Any]) -> None:
    api.end(name, "Completed", float(document["HyperParameters"]["x"]))


def test_the_ending_names_the_best_training_job(store: Store, tmp_path: Path) -> None:
    api, ending = tune(store, tmp_path, completes)
    assert ending.status == "Completed"
    assert len(api.created) == 4
    best = min(float(request["HyperParameters"]["x"]) for request in api.created)
    metric = ending.members["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    assert metric == {"Type": "Minimize", "MetricName": "loss", "Value": best}


def test_when_the_time_is_up_what_runs_is_stopped_and_nothing_more_is_started(
    store: Store, tmp_path: Path
) -> None:
    now = [0.0]

    def script(api: FakeApi, name: str, document: dict[str, Any]) -> None:
        if len(api.created) == 1:
            completes(api, name, document)
            now[0] = 1_000.0  # from here on jobs do not end by themselves

    limits = {"MaxParallelTrainingJobs": 1, "MaxRuntimeInSeconds": 500}
    api, ending = tune(store, tmp_path, script, clock=lambda: now[0], ResourceLimits=limits)
    assert ending.status == "Completed"
    assert len(api.created) <= 2
    assert api.stopped == [request["TrainingJobName"] for request in api.created[1:]]
    assert ending.members["ConsumedResources"] == {"RuntimeInSeconds": 1000}


def test_a_training_job_that_cannot_be_created_fails_the_tuning_job(
    store: Store, tmp_path: Path
) -> None:
    class Refusing(FakeApi):
        def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
            raise validation_error("the image is gone")

    _, ending = tune_with(Refusing(completes), store, tmp_path)
    assert ending.status == "Failed"
    assert "the image is gone" in ending.members["FailureReason"]


def test_a_training_job_that_somebody_deletes_counts_for_nothing(
    store: Store, tmp_path: Path
) -> None:
    def script(api: FakeApi, name: str, document: dict[str, Any]) -> None:
        if len(api.created) == 1:
            api.context.store.delete(TRAINING.noun, name)
            running.remove(api.context, TRAINING, name)
        else:
            completes(api, name, document)

    limits = {"MaxParallelTrainingJobs": 1, "MaxNumberOfTrainingJobs": 3}
    _, ending = tune(store, tmp_path, script, ResourceLimits=limits)
    assert ending.status == "Completed"
    assert ending.members["TrainingJobStatusCounters"]["Completed"] == 2


def test_a_stop_request_that_comes_first_starts_nothing(store: Store, tmp_path: Path) -> None:
    api, ending = tune(store, tmp_path, completes, stop_first=True)
    assert ending.status == "Stopped"
    assert api.created == []
