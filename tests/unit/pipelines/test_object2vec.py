"""What the definitions of the Object2Vec pipelines ask of AWS."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
# Source: "Tune an Object2Vec Model", the recommended ranges.
RECOMMENDED = {"learning_rate": (1e-6, 1.0), "enc_dim": (4, 4096), "dropout": (0.0, 1.0)}


@pytest.fixture(scope="module")
def steps() -> dict[str, dict[str, Any]]:
    """The steps of each pipeline by name."""
    return {name: _steps(name) for name in ("object2vec", "object2vec_gluon")}


def _steps(name: str) -> dict[str, Any]:
    program = Path(sys.executable).parent / "get-pipeline-definition"
    target = ("--default-bucket", "bucket", "--region", "us-east-1")
    role = ("--role-arn", "arn:aws:iam::123456789012:role/any")
    command = [str(program), "--pipeline", name, *target, *role]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return {step["Name"]: step for step in json.loads(done.stdout)["Steps"]}


def test_the_images_are_those_of_aws(steps: dict[str, dict[str, Any]]) -> None:
    """Source: the registry paths of AWS's images in us-east-1."""
    training = steps["object2vec"]["Train"]["Arguments"]["AlgorithmSpecification"]
    assert training["TrainingImage"] == "382416733822.dkr.ecr.us-east-1.amazonaws.com/object2vec:1"
    gluon = steps["object2vec_gluon"]
    registry = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
    training = gluon["Train"]["Arguments"]["AlgorithmSpecification"]
    assert training["TrainingImage"] == f"{registry}/mxnet-training:1.9.0-cpu-py38"
    container = gluon["Model"]["Arguments"]["PrimaryContainer"]
    assert container["Image"] == f"{registry}/mxnet-inference:1.9.0-cpu-py38"


def test_tuning_stays_within_what_aws_recommends_and_the_best_is_trained(
    steps: dict[str, dict[str, Any]],
) -> None:
    tune = steps["object2vec"]["Tune"]["Arguments"]["HyperParameterTuningJobConfig"]
    ranges = {entry["Name"]: entry for kind in tune["ParameterRanges"].values() for entry in kind}
    assert ranges.keys() == RECOMMENDED.keys()
    for name, (least, most) in RECOMMENDED.items():
        assert least <= float(ranges[name]["MinValue"]) < float(ranges[name]["MaxValue"]) <= most
        trained = steps["object2vec"]["Train"]["Arguments"]["HyperParameters"][name]
        assert trained == {"Get": f"Steps.Tune.BestTrainingJob.TunedHyperParameters['{name}']"}
    objective = tune["HyperParameterTuningJobObjective"]
    assert objective == {"Type": "Minimize", "MetricName": "validation:mean_squared_error"}


def test_the_untuned_network_is_the_usual_one_on_the_same_split(
    steps: dict[str, dict[str, Any]],
) -> None:
    """Source: chapter 7 of Hands-On Artificial Intelligence on Amazon Web Services."""
    train, untuned = (steps["object2vec"][name]["Arguments"] for name in ("Train", "TrainUntuned"))
    assert train["InputDataConfig"] == untuned["InputDataConfig"]
    assert untuned["HyperParameters"].items() >= {
        "enc_dim": "1024", "mlp_dim": "256", "mlp_layers": "1", "mlp_activation": "relu",
        "mini_batch_size": "64", "epochs": "10", "optimizer": "adam",
        "early_stopping_patience": "2", "early_stopping_tolerance": "0.01",
    }.items()  # fmt: skip


@pytest.mark.parametrize("pipeline", ["object2vec", "object2vec_gluon"])
def test_models_see_no_held_out_rating_before_they_are_evaluated(
    steps: dict[str, dict[str, Any]], pipeline: str
) -> None:
    for step in steps[pipeline].values():
        if step["Type"] in ("Training", "Tuning", "Transform"):
            text = json.dumps(step["Arguments"])
            assert "Outputs['test']" not in text, step["Name"]
        if step["Type"] == "Transform":
            assert "Outputs['pairs']" in json.dumps(step["Arguments"])
