"""The leaderboard command over a pipeline that has run, as a person calls it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REGION, ROOT, EmulatorProcess
from tests.contract.jobs import TrainingLab

Unique = Callable[[str], str]
METRICS = [
    {"Name": "validation:rmse", "Regex": "validation-rmse=([0-9.]+)"},
    {"Name": "train:rmse", "Regex": "train-rmse=([0-9.]+)"},
]
# RMSE is eta, so that the order is known: the training job with the lowest is the best.
CODE = (
    "import json\n"
    "eta = json.load(open('/opt/ml/input/config/hyperparameters.json'))['eta']\n"
    "print(f'validation-rmse={eta} ')\n"
    "print('train-rmse=0.5')\n"
)


def arguments(training: TrainingLab, unique: Unique, **members: Any) -> dict[str, Any]:
    request = training.request(unique("unused"), CODE, **members)
    request["AlgorithmSpecification"]["MetricDefinitions"] = METRICS
    del request["TrainingJobName"]
    return request


@pytest.fixture
def pipeline(emulator: EmulatorProcess, bucket: str, lab: Any, unique: Unique) -> str:
    """A pipeline that has tuned eta with three jobs and trained with eta 0.25."""
    training = TrainingLab(emulator, bucket)
    definition = arguments(training, unique)
    values = {"Name": "eta", "Values": ["0.125", "0.75", "0.5"]}
    tune = {
        "Name": "Tune",
        "Type": "Tuning",
        "Arguments": {
            "HyperParameterTuningJobConfig": {
                "Strategy": "Grid",
                "HyperParameterTuningJobObjective": {
                    "Type": "Minimize",
                    "MetricName": "validation:rmse",
                },
                "ResourceLimits": {"MaxParallelTrainingJobs": 3},
                "ParameterRanges": {"CategoricalParameterRanges": [values]},
            },
            "TrainingJobDefinition": {**definition, "StaticHyperParameters": {"seed": "7"}},
        },
    }
    given = {"eta": "0.25", "seed": "7"}
    train = {
        "Name": "Train",
        "Type": "Training",
        "Arguments": arguments(training, unique, HyperParameters=given),
    }
    name: str = lab.create(tune, train)
    assert lab.run(name)["PipelineExecutionStatus"] == "Succeeded"
    return name


def leaderboard(emulator: EmulatorProcess, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    command = [sys.executable, "-m", "model_build.leaderboard", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_the_training_jobs_of_all_steps_are_ranked(
    emulator: EmulatorProcess, pipeline: str, tmp_path: Path
) -> None:
    file = tmp_path / "ranking.json"
    done = leaderboard(emulator, "--pipeline-name", pipeline, "--output", str(file), "--top", "3")
    assert done.returncode == 0, done.stderr
    ranking = json.loads(file.read_text())
    # Neither metric nor direction is given: they are what the tuning step improves.
    assert (ranking["metric"], ranking["direction"]) == ("validation:rmse", "Minimize")
    jobs = ranking["jobs"]
    assert [job["hyperparameters"]["eta"] for job in jobs] == ["0.125", "0.25", "0.5", "0.75"]
    assert [job["step"] for job in jobs] == ["Tune", "Train", "Tune", "Tune"]
    assert [bool(job["tuning_job"]) for job in jobs] == [True, False, True, True]
    assert "3 of 4 jobs" in done.stdout
    assert "The same in all: seed 7" in done.stdout

    done = leaderboard(emulator, "--pipeline-name", pipeline, "--maximize", "--top", "1")
    assert jobs[-1]["training_job"] in done.stdout

    done = leaderboard(emulator, "--pipeline-name", pipeline, "--metric", "auc")
    assert done.returncode == 2
    assert "The jobs' metrics are train:rmse, validation:rmse." in done.stderr


def test_a_pipeline_that_is_not_there_is_named(emulator: EmulatorProcess) -> None:
    done = leaderboard(emulator, "--pipeline-name", "nothing-of-the-kind")
    assert done.returncode == 1
    assert "There is no pipeline 'nothing-of-the-kind'" in done.stderr
