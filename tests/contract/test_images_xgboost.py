"""The sagemaker-xgboost image, as algorithm and with scripts, through boto3.

Expected predictions follow from gradient boosting itself: with squared error, eta 1, lambda 0 and
base_score 0, one tree that can separate the rows predicts the mean of each group exactly.
"""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import polars
import pytest
from botocore.exceptions import ClientError

from tests.contract.images import OLDER_XGBOOST, XGBOOST, ImageLab, Training, archive, toolkit

EXACT = {
    "num_round": "1",
    "objective": "reg:squarederror",
    "base_score": "0",
    "eta": "1",
    "lambda": "0",
    "min_child_weight": "0",
    "max_depth": "1",
    "nthread": "1",
}
# Label first: 1 where the first feature is 0, and 3 where it is 1; the second one says nothing.
LOW, HIGH = "1,0,5\n", "3,1,5\n"
CSV = LOW * 10 + HIGH * 10
LIBSVM = "1 0:0 1:5\n" * 10 + "3 0:1 1:5\n" * 10

Invoke = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def lab(emulator: Any) -> ImageLab:
    lab = ImageLab(emulator, "xgboost-images")
    lab.client("s3").create_bucket(Bucket=lab.bucket)
    return lab


@pytest.fixture(scope="module")
def trained(lab: ImageLab) -> Training:
    """A job on two CSV files, with a validation channel and AWS's metric definition."""
    return lab.train(
        XGBOOST,
        EXACT | {"eval_metric": "rmse,mae"},
        {
            "train": ("text/csv", {"a.csv": LOW * 10, "deep/b.csv": HIGH * 10, "_SUCCESS": "x"}),
            "validation": ("text/csv; label_size=1", {"a.csv": "1,0,5\n5,1,5\n"}),
        },
    )


@pytest.fixture(scope="module")
def invoke(lab: ImageLab, trained: Training) -> Iterator[Invoke]:
    with lab.endpoint(XGBOOST, trained.model_s3_uri) as invoke:
        yield invoke


def refusal(invoke: Invoke, body: str, **members: str) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        invoke(body, **members)
    response = caught.value.response
    assert response["Error"]["Code"] == "ModelError"
    return response["OriginalStatusCode"], response["OriginalMessage"]


def test_the_algorithm_saves_the_model_file_of_awss_image(lab: ImageLab, trained: Training) -> None:
    assert trained.job["TrainingJobStatus"] == "Completed", trained.job.get("FailureReason")
    with tarfile.open(fileobj=io.BytesIO(lab.get(trained.model_s3_uri))) as tar:
        assert tar.getnames() == ["xgboost-model"]


def test_metrics_are_logged_as_awss_image_logs_them(trained: Training) -> None:
    # Predicted 1 and 3 for the labels 1 and 5: rmse = sqrt((0 + 4) / 2), mae = (0 + 2) / 2.
    assert (
        "[0]#011train-rmse:0.00000#011train-mae:0.00000"
        "#011validation-rmse:1.41421#011validation-mae:1.00000"
    ) in trained.log


def test_the_log_begins_with_the_version_that_runs(trained: Training) -> None:
    assert any("sagemaker-xgboost:3.2-0 runs xgboost 3.2." in line for line in trained.log)


def test_rows_are_answered_on_one_line_separated_by_commas(invoke: Invoke) -> None:
    content_type, text = invoke("0,5\n1,5\n0.2,-7\n", ContentType="text/csv")
    assert content_type.startswith("text/csv")
    assert text == "1.0,3.0,1.0"


def test_json_has_a_score_for_each_row(invoke: Invoke) -> None:
    content_type, text = invoke("0,5\n1,5", ContentType="text/csv", Accept="application/json")
    assert content_type == "application/json"
    assert json.loads(text) == {"predictions": [{"score": 1.0}, {"score": 3.0}]}


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ("1,5", "text/csv; charset=utf-8", "3.0"),
        ("1;5", "text/csv", "3.0"),
        ("1,", "text/csv", "3.0"),
        (" 1 , 5 \r\n0,5\r\n", "text/csv", "3.0,1.0"),
        ("0:1 1:5\n0:0 1:5", "text/libsvm", "3.0,1.0"),
        ("3 0:1 1:5", "text/x-libsvm", "3.0"),
    ],
)
def test_rows_are_read_in_each_form(
    invoke: Invoke, body: str, content_type: str, expected: str
) -> None:
    assert invoke(body, ContentType=content_type)[1] == expected


@pytest.mark.parametrize(
    ("body", "members", "status", "message"),
    [
        ("1,2,3,4,5", {"ContentType": "text/csv"}, 400, "inference data 5 is not consistent"),
        ("1,red", {"ContentType": "text/csv"}, 415, "'red'"),
        ("0,5\n1,5\n2", {"ContentType": "text/csv"}, 415, "different numbers of features"),
        ("x:1", {"ContentType": "text/libsvm"}, 415, "line 'x:1'"),
        ("0:1 9:1", {"ContentType": "text/libsvm"}, 400, "is larger than"),
        ("{}", {"ContentType": "application/json"}, 415, "application/json not supported"),
        ("1,5", {"ContentType": "text/csv", "Accept": "image/png"}, 406, "image/png"),
    ],
)
def test_what_cannot_be_answered_is_a_model_error_with_the_images_status(
    invoke: Invoke, body: str, members: dict[str, str], status: int, message: str
) -> None:
    got_status, got_message = refusal(invoke, body, **members)
    assert (got_status, message in got_message) == (status, True), got_message


@pytest.mark.parametrize("kind", ["libsvm", "parquet"])
def test_other_content_types_train_the_same_model(lab: ImageLab, kind: str) -> None:
    content: str | bytes = LIBSVM
    content_type = "libsvm"
    if kind == "parquet":
        content, content_type = parquet(), "application/x-parquet"
    job = lab.train(XGBOOST, EXACT, {"train": (content_type, {"part-0": content})})
    assert "[0]#011train-rmse:0.00000" in job.log, job.log


def parquet() -> bytes:
    file = io.BytesIO()
    frame = {"label": [1.0] * 10 + [3.0] * 10, "x": [0] * 10 + [1] * 10, "y": [5] * 20}
    polars.DataFrame(frame).write_parquet(file)
    return file.getvalue()


def test_weights_are_the_second_column_where_asked_for(lab: ImageLab) -> None:
    # A wrong label that weighs nothing leaves the means at 1 and 3.
    weighted = "1,1,0,5\n" * 10 + "3,1,1,5\n" * 10 + "1000,0,1,5\n"
    job = lab.train(XGBOOST, EXACT | {"csv_weights": "1"}, {"train": ("csv", {"a": weighted})})
    assert "[0]#011train-rmse:0.00000" in job.log, job.log


def test_a_linear_model_is_served(lab: ImageLab) -> None:
    linear = {"booster": "gblinear", "num_round": "300", "objective": "reg:squarederror"}
    job = lab.train(XGBOOST, linear, {"train": ("csv", {"a": CSV})})
    with lab.endpoint(XGBOOST, job.model_s3_uri) as invoke:
        low, high = map(float, invoke("0,5\n1,5", ContentType="text/csv")[1].split(","))
    # Least squares: 1 and 3 at the two points that were seen.
    assert (low, high) == pytest.approx((1, 3), abs=0.02)


def test_early_stopping_keeps_the_best_round(lab: ImageLab) -> None:
    # One round is perfect for the training rows and every further one leaves it so.
    job = lab.train(
        XGBOOST,
        EXACT | {"num_round": "50", "early_stopping_rounds": "3"},
        {"train": ("csv", {"a": CSV}), "validation": ("csv", {"a": CSV})},
    )
    rounds = [line for line in job.log if line.startswith("[") and "#011" in line]
    assert len(rounds) == 4


def test_metrics_of_awss_image_that_xgboost_does_not_have(lab: ImageLab) -> None:
    job = lab.train(
        XGBOOST,
        EXACT | {"_tuning_objective_metric": "validation:mse", "eval_metric": "r2"},
        {"train": ("csv", {"a": CSV}), "validation": ("csv", {"a": "1,0,5\n5,1,5\n"})},
    )
    # Labels 1 and 5, predicted 1 and 3: mse = 4 / 2; r2 = 1 - 4 / 8.
    assert any("validation-r2:0.50000#011validation-mse:2.00000" in line for line in job.log)


def test_all_faults_of_the_hyperparameters_are_one_failure(lab: ImageLab) -> None:
    wrong = {"eta": "2", "max_depth": "deep", "objective": "multi:softmax", "colour": "red"}
    job = lab.train(XGBOOST, wrong, {"train": ("csv", {"a": CSV})}).job
    assert job["TrainingJobStatus"] == "Failed"
    for part in (
        "Missing required hyperparameter: num_round",
        "Extraneous hyperparameter found: colour",
        "Hyperparameter eta: value '2'",
        "Hyperparameter max_depth: value 'deep'",
        "'num_class'",
    ):
        assert part in job["FailureReason"]


@pytest.mark.parametrize(
    ("content_type", "content", "message"),
    [
        ("csv", "label,x,y\n1,2,3\n", "is not 'CSV' format"),
        ("csv", "1,2,3\n1,2\n", "Expected 3 columns, got 2"),
        ("csv", "1,2,3\n1,red,3\n", "red"),
        ("csv", "", "empty"),
        ("libsvm", "1 0:1\nred 0:2\n", "line 'red 0:2'"),
        ("image/png", "1", "is not an accepted ContentType"),
        ("csv;label_size=2", "1,2", "label_size must be equal to 1"),
    ],
)
def test_data_that_is_not_of_its_content_type_is_the_failure(
    lab: ImageLab, content_type: str, content: str, message: str
) -> None:
    job = lab.train(XGBOOST, EXACT, {"train": (content_type, {"file": content})}).job
    assert job["TrainingJobStatus"] == "Failed"
    assert message in job["FailureReason"]


TRAIN_SCRIPT = """
import argparse, json, os
import numpy as np, xgboost as xgb
parser = argparse.ArgumentParser()
parser.add_argument("--num_round", type=int)
parser.add_argument("--loss")
arguments = parser.parse_args()
rows = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "data.csv"), delimiter=",")
matrix = xgb.DMatrix(rows[:, 1:], label=rows[:, 0])
settings = {"objective": arguments.loss, "base_score": 0, "eta": 1, "lambda": 0, "max_depth": 1}
booster = xgb.train(settings, matrix, arguments.num_round, evals=[(matrix, "train")])
booster.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "model.json"))
print("hosts", os.environ["SM_HOSTS"], os.environ["SM_CURRENT_HOST"])
"""

INFERENCE_SCRIPT = """
import json
from sagemaker_inference.errors import GenericInferenceToolkitError
import numpy as np, xgboost as xgb

def model_fn(model_dir):
    return xgb.Booster(model_file=f"{model_dir}/model.json")

def input_fn(body, content_type):
    if content_type != "application/json":
        raise GenericInferenceToolkitError(415, f"cannot read {content_type}")
    document = json.loads(body)
    if "rows" not in document:
        raise GenericInferenceToolkitError(400, "'rows' is missing")
    return xgb.DMatrix(np.array(document["rows"]))

def predict_fn(matrix, booster):
    return booster.predict(matrix)

def output_fn(prediction, accept, context):
    wanted = context.get_request_header(0, "X-Amzn-SageMaker-Custom-Attributes")
    return json.dumps({"ratings": prediction.tolist(), "for": wanted}), "application/json"
"""


@pytest.mark.parametrize("image", [XGBOOST, *OLDER_XGBOOST], ids=lambda uri: uri.partition(":")[2])
def test_what_scripts_import_from_awss_image_is_there(lab: ImageLab, image: str) -> None:
    """Source: sagemaker-xgboost-container, requirements.txt."""
    code = "import matplotlib.pyplot, PIL.Image, cryptography, jinja2, psutil, requests, yaml"
    job, log = lab.process(image, "python3", "-c", code)
    assert job["ProcessingJobStatus"] == "Completed", log


def test_a_script_trains_with_awss_toolkit_and_serves_with_its_functions(lab: ImageLab) -> None:
    source = lab.put("source/train.tar.gz", archive({"train.py": TRAIN_SCRIPT}))
    job = lab.train(
        XGBOOST,
        toolkit("train.py", source, num_round=1, loss="reg:squarederror"),
        {"train": ("text/csv", {"data.csv": CSV})},
    )
    assert job.job["TrainingJobStatus"] == "Completed", job.log
    assert 'hosts ["algo-1"] algo-1' in job.log
    with tarfile.open(fileobj=io.BytesIO(lab.get(job.model_s3_uri))) as tar:
        model = tar.extractfile("model.json")
        assert model is not None
        files = {"model.json": model.read(), "code/inference.py": INFERENCE_SCRIPT}
    model_s3_uri = lab.put("served/model.tar.gz", archive(files))
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    }
    with lab.endpoint(XGBOOST, model_s3_uri, environment) as invoke:
        body = json.dumps({"rows": [[0, 5], [1, 5]]})
        content_type, text = invoke(body, ContentType="application/json", CustomAttributes="me")
        assert (content_type, json.loads(text)) == (
            "application/json",
            {"ratings": [1.0, 3.0], "for": "me"},
        )
        status, message = refusal(invoke, "{}", ContentType="application/json")
        assert (status, message.splitlines()[0]) == (400, "'rows' is missing")
        assert refusal(invoke, "1,2", ContentType="text/csv")[0] == 415
        assert refusal(invoke, "{", ContentType="application/json")[0] == 500


def test_a_failing_script_is_the_failure_reason(lab: ImageLab) -> None:
    script = "raise ValueError('no ratings today')"
    source = lab.put("source/failing.tar.gz", archive({"train.py": script}))
    job = lab.train(XGBOOST, toolkit("train.py", source), {"train": ("csv", {"a": CSV})}).job
    assert job["TrainingJobStatus"] == "Failed"
    assert "no ratings today" in job["FailureReason"]
