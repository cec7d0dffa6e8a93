"""What a model server writes to its log when a request fails, through boto3."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.images import SCIKIT_LEARN, XGBOOST, ImageLab, archive

Invoke = Callable[..., tuple[str, str]]
WAIT_SECONDS = 30
# Each function fails when the request is its name.
SCRIPT = """
from sagemaker_inference.errors import GenericInferenceToolkitError

def model_fn(model_dir):
    return None

def input_fn(body, content_type):
    if body == "refuse":
        raise GenericInferenceToolkitError(422, "a row has no title")
    return check("input_fn", body)

def predict_fn(data, model):
    return check("predict_fn", data)

def output_fn(prediction, accept):
    return check("output_fn", prediction), "text/csv"

def check(name, body):
    if body == name:
        raise LookupError(f"no luck in {name}")
    return body
"""


@pytest.fixture(scope="module")
def lab(emulator: Any) -> ImageLab:
    lab = ImageLab(emulator, "images-errors")
    lab.client("s3").create_bucket(Bucket=lab.bucket)
    return lab


@pytest.fixture(scope="module", params=[SCIKIT_LEARN, XGBOOST])
def scripted(lab: ImageLab, request: pytest.FixtureRequest) -> Iterator[Invoke]:
    model = lab.put("model.tar.gz", archive({"code/inference.py": SCRIPT}))
    with lab.endpoint(request.param, model) as invoke:
        yield invoke


@pytest.fixture(scope="module")
def algorithm(lab: ImageLab) -> Iterator[Invoke]:
    rows = "".join(f"{number},{number % 2}\n" for number in range(20))
    channels = {"train": ("text/csv", {"data.csv": rows})}
    training = lab.train(XGBOOST, {"num_round": "1"}, channels)
    with lab.endpoint(XGBOOST, training.model_s3_uri) as invoke:
        yield invoke


def log_of_failure(lab: ImageLab, invoke: Invoke, body: str, content_type: str, end: str) -> str:
    """The log that ModelError points at, once the end is in it."""
    with pytest.raises(ClientError) as caught:
        invoke(body, ContentType=content_type)
    found = re.search("/aws/sagemaker/Endpoints/[a-zA-Z0-9-]+", str(caught.value))
    assert found is not None, caught.value
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        text = "\n".join(lab.log(found.group(), "All"))
        if end in text:
            return text
        time.sleep(0.02)
    raise AssertionError(f"{end!r} is not in the log:\n{text}")


@pytest.mark.parametrize("function", ["input_fn", "predict_fn", "output_fn"])
def test_an_error_in_the_script_is_in_the_log_with_its_traceback(
    lab: ImageLab, scripted: Invoke, function: str
) -> None:
    end = f"LookupError: no luck in {function}"
    log = log_of_failure(lab, scripted, function, "text/csv", end)

    assert "POST /invocations answered 500: " in log
    assert "Traceback (most recent call last):" in log
    assert re.search(rf'inference.py", line \d+, in {function}\n', log)


def test_a_request_that_the_script_refuses_is_in_the_log_with_its_status(
    lab: ImageLab, scripted: Invoke
) -> None:
    log = log_of_failure(lab, scripted, "refuse", "text/csv", "a row has no title")
    assert "POST /invocations answered 422: a row has no title" in log


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [("text/csv", "could not convert string to float"), ("image/png", "image/png not supported")],
)
def test_a_request_that_the_algorithm_refuses_is_in_the_log_with_its_status(
    lab: ImageLab, algorithm: Invoke, content_type: str, reason: str
) -> None:
    log = log_of_failure(lab, algorithm, "one", content_type, reason)
    assert re.search(f"POST /invocations answered 415: .*{reason}", log)
