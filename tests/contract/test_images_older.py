"""Older tags of sagemaker-xgboost, through boto3: the version that each names really runs.

What has to be predicted is what the plain library of that version predicts, in a script.
"""

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.images import OLDER, OLDER_XGBOOST, ImageLab, Training, archive, toolkit

SETTINGS = {
    "objective": "reg:squarederror", "eta": 0.5, "max_depth": 3, "nthread": 1,
    # XGBoost 1.5 forgets in its files that a round has several trees.
    "num_parallel_tree": 2, "subsample": 0.7, "seed": 1,
}  # fmt: skip
ROUNDS = 5
ROWS = [
    (number % 7 + (number % 5) * (number % 3) / 10, number % 5, number % 3, number % 11)
    for number in range(60)
]
CSV = "".join(",".join(map(str, row)) + "\n" for row in ROWS)
REQUEST = "".join(",".join(map(str, row[1:])) + "\n" for row in ROWS[:6])
LIBSVM = "".join(f"0:{row[1]} 1:{row[2]} 2:{row[3]}\n" for row in ROWS[:6])

PLAIN_SCRIPT = f"""
import json, os
import numpy as np
import six
import xgboost as xgb
directory = os.environ["SM_CHANNEL_TRAIN"]
data = np.loadtxt(os.path.join(directory, "data.csv"), delimiter=",", dtype=np.float32)
matrix = xgb.DMatrix(data[:, 1:], label=data[:, 0])
booster = xgb.train({SETTINGS}, matrix, {ROUNDS})
booster.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "xgboost-model"))
said = [xgb.__version__, six.__version__, booster.predict(matrix).tolist()[:6]]
print("plain library:", json.dumps(said))
"""


@dataclass(frozen=True)
class Plain:
    """What the plain library of an image did in a script."""

    image: str
    training: Training
    version: str
    six: str
    predictions: list[float]


@pytest.fixture(scope="module")
def lab(emulator: Any) -> ImageLab:
    lab = ImageLab(emulator, "older-images")
    lab.client("s3").create_bucket(Bucket=lab.bucket)
    return lab


@pytest.fixture(scope="module", params=OLDER_XGBOOST, ids=lambda uri: uri.partition(":")[2])
def plain(lab: ImageLab, request: pytest.FixtureRequest) -> Plain:
    files = {"train.py": PLAIN_SCRIPT, "requirements.txt": "six==1.16.0\nxgboost\n"}
    source = lab.put("source/plain.tar.gz", archive(files))
    training = lab.train(
        request.param, toolkit("train.py", source), {"train": ("text/csv", {"data.csv": CSV})}
    )
    assert training.job["TrainingJobStatus"] == "Completed", training.log
    (line,) = [line for line in training.log if line.startswith("plain library: ")]
    return Plain(request.param, training, *json.loads(line.partition(": ")[2]))


def model_file(lab: ImageLab, training: Training) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(lab.get(training.model_s3_uri))) as tar:
        file = tar.extractfile("xgboost-model")
        assert file is not None
        return file.read()


def scores(invoke: Callable[..., tuple[str, str]], body: str, content_type: str) -> list[float]:
    _, text = invoke(body, ContentType=content_type, Accept="application/json")
    return [prediction["score"] for prediction in json.loads(text)["predictions"]]


def test_a_script_gets_the_version_of_the_tag_also_with_requirements(plain: Plain) -> None:
    assert (plain.version, plain.six) == (OLDER[plain.image], "1.16.0")
    runs = f"{plain.image.rpartition('/')[2]} runs xgboost {OLDER[plain.image]};"
    assert any(runs in line for line in plain.training.log)


def test_the_algorithm_trains_saves_and_answers_as_the_plain_library(
    lab: ImageLab, plain: Plain
) -> None:
    settings = SETTINGS | {"num_round": ROUNDS}
    hyperparameters = {name: str(value) for name, value in settings.items()}
    training = lab.train(plain.image, hyperparameters, {"train": ("csv", {"a.csv": CSV})})
    assert training.job["TrainingJobStatus"] == "Completed", training.log
    # AWS's image saves as the library does under that name, in its binary format before XGBoost 2.
    assert model_file(lab, training)[:4] == model_file(lab, plain.training)[:4]
    with lab.endpoint(plain.image, training.model_s3_uri) as invoke:
        assert scores(invoke, REQUEST, "text/csv") == pytest.approx(plain.predictions, rel=1e-6)


def test_a_model_that_the_plain_library_saved_is_served(lab: ImageLab, plain: Plain) -> None:
    with lab.endpoint(plain.image, plain.training.model_s3_uri) as invoke:
        for body, content_type in ((REQUEST, "text/csv"), (LIBSVM, "text/libsvm")):
            assert scores(invoke, body, content_type) == pytest.approx(plain.predictions, rel=1e-6)
        first_row = REQUEST.partition("\n")[0]
        assert scores(invoke, first_row, "text/csv") == pytest.approx(plain.predictions[:1])
        with pytest.raises(ClientError, match="'red'"):
            scores(invoke, "1,red,3", "text/csv")


def test_metric_lines_and_early_stopping_are_those_of_the_newest(
    lab: ImageLab, plain: Plain
) -> None:
    # One round is perfect, so that r2 is 1 from the first one on and three more stop the training.
    exact = {"objective": "reg:squarederror", "base_score": "0", "eta": "1", "lambda": "0"}
    exact |= {"min_child_weight": "0", "num_round": "50", "early_stopping_rounds": "3"}
    rows = "1,0,5\n3,1,5\n" * 10
    training = lab.train(
        plain.image,
        exact | {"eval_metric": "rmse,r2"},
        {"train": ("csv", {"a": rows}), "validation": ("csv", {"a": rows})},
    )
    line = (
        "#011train-rmse:0.00000#011train-r2:1.00000"
        "#011validation-rmse:0.00000#011validation-r2:1.00000"
    )
    rounds = [line for line in training.log if line.startswith("[") and "#011" in line]
    assert rounds == [f"[{number}]{line}" for number in range(4)], training.log
