"""The R image of steps/r_recommender by its recipe: training, failures, serving; through boto3."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROOT, EmulatorProcess
from tests.contract.images import ImageLab, Training

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/r-recommender:latest"
Invoke = Callable[..., tuple[str, str]]
# Two tastes: users of one like odd items, of the other even ones. Items 1 to 6, users 1 to 8, each
# of whom has rated all items but one.
USERS, ITEMS = range(1, 9), range(1, 7)
RATINGS = {
    (user, item): 5 - 3 * ((user + item) % 2)
    for user in USERS
    for item in ITEMS
    if (user + item) % 6
}
CSV = "\n".join(
    ["user_ind,book_ind,rating", *(f"{u},{i},{rating}" for (u, i), rating in RATINGS.items())]
)
HYPERPARAMETERS = {"method": "cosine_all", "nn": "3"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImageLab]:
    check = "for (name in c('plumber', 'Matrix', 'jsonlite')) loadNamespace(name)"
    if (
        shutil.which("Rscript") is None
        or subprocess.run(["Rscript", "-e", check], capture_output=True, check=False).returncode
    ):
        pytest.skip("R or a package of it is missing: scripts/install-system-packages r")
    emulator = EmulatorProcess(tmp_path_factory.mktemp("r") / "data", ("--recipes", "steps"))
    emulator.start()
    lab = ImageLab(emulator, "r-recommender")
    lab.client("s3").create_bucket(Bucket=lab.bucket)
    yield lab
    emulator.stop()


def train(lab: ImageLab, csv: str, **hyperparameters: str) -> Training:
    return lab.train(IMAGE, hyperparameters, {"train": ("text/csv", {"ratings.csv": csv})})


@pytest.fixture(scope="module")
def training(lab: ImageLab) -> Training:
    return train(lab, CSV, **HYPERPARAMETERS)


@pytest.fixture(scope="module")
def invoke(lab: ImageLab, training: Training) -> Iterator[Invoke]:
    with lab.endpoint(IMAGE, training.model_s3_uri) as invoke:
        yield invoke


def refused(invoke: Invoke, body: str, **members: str) -> tuple[int, str]:
    """The status and the message that the container answered with."""
    with pytest.raises(ClientError) as caught:
        invoke(body, **members)
    answer: Any = caught.value.response
    return answer["OriginalStatusCode"], json.loads(answer["OriginalMessage"])["error"]


def test_training_ends_with_a_model_and_says_what_stands_for_the_image(training: Training) -> None:
    assert training.job["TrainingJobStatus"] == "Completed", training.job.get("FailureReason")
    assert any("r-recommender:latest by recipe r_recommender" in line for line in training.log)
    assert training.log[-1] == f"method=cosine_all; nn=3; users=8; items=6; ratings={len(RATINGS)};"


def test_every_fault_of_training_is_in_the_failure_reason(lab: ImageLab) -> None:
    failed = train(lab, "user_id,item_id,rating\n1,1,NaN\n", method="euclid", nn="-1").job
    assert failed["TrainingJobStatus"] == "Failed"
    for part in (
        "AlgorithmError: bad input: ",
        "hyperparameter method: got 'euclid', expected one of cosine, pearson, cosine_all",
        "hyperparameter nn: got '-1', expected a whole number from 1",
        "ratings.csv: 1 of 1 rows have a rating that is not a finite number: row 1: got 'NaN'",
    ):
        assert part in failed["FailureReason"]


def test_several_new_users_get_what_their_likes_are(invoke: Invoke) -> None:
    body = "user_ind,book_ind,rating\n90,1,5\n90,2,2\n91,1,2\n91,2,5\n"
    content_type, text = invoke(body, ContentType="text/csv", Accept="application/json")
    assert content_type == "application/json"
    found = json.loads(text)["recommendations"]
    assert [row["user_id"] for row in found] == ["90"] * 4 + ["91"] * 4
    items = [row["item_id"] for row in found]
    assert {*items[:2]} == {"3", "5"}
    assert {*items[4:6]} == {"4", "6"}
    scores = [row["score"] for row in found]
    assert scores[:4] == sorted(scores[:4], reverse=True)


def test_json_in_and_csv_out_give_the_same_as_csv_in_and_json_out(invoke: Invoke) -> None:
    instances = [
        {"user_id": 100000, "item_id": item, "rating": rating} for item, rating in ((1, 5), (2, 2))
    ]
    body = json.dumps({"instances": instances, "top_k": 2})
    content_type, text = invoke(body, ContentType="application/json", Accept="text/csv")
    assert content_type == "text/csv"
    header, *rows = text.splitlines()
    assert header == "user_id,item_id,score"
    csv = "user_id,item_id,rating\n100000,1,5\n100000,2,2\n"
    other = json.loads(invoke(csv, ContentType="text/csv; charset=utf-8")[1])["recommendations"]
    expected = [[row["user_id"], row["item_id"], str(row["score"])] for row in other[:2]]
    assert [row.split(",") for row in rows] == expected


def test_every_fault_of_a_request_comes_in_one_message(invoke: Invoke) -> None:
    body = "user_ind,book_ind,rating\n1,1,NaN\n1,99,9\n,2,3\n1,-4,Inf\n1,3,4\n1,3,5\n"
    status, message = refused(invoke, body, ContentType="text/csv")
    assert status == 400
    for part in (
        "1 of 6 rows have no user_ind: row 3",
        "1 of 6 rows have a book_ind that is no zero-based index: row 4: got '-4'",
        "2 of 6 rows have a rating that is not a finite number: row 1, 4: got 'NaN', 'Inf'",
        "2 of 6 rows have an item that is none of the model's 6: row 2, 4: got '99', '-4'",
        "1 of 6 rows have a rating outside of the model's, 2 to 5: row 2: got '9'",
        "1 of 6 rows rate an item that the same user rated before (user, item): row 6: got '1, 3'",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("content_type", "body", "status", "part"),
    [
        ("text/csv", "user,book,stars\n1,1,5\n", 400, "got columns user, book, stars; expected"),
        ("text/csv", "", 400, "the body is empty"),
        ("application/json", " ", 400, "the body is empty"),
        ("text/csv", "user_id,item_id,rating\n", 400, "no rows below the header"),
        ("text/csv", "user_id,item_id,rating\n1,1\n", 400, "than the header's 3: row 1: got '2'"),
        ("application/json", "{", 400, "not JSON"),
        ("application/json", "[1]", 400, "no list of ratings under 'instances'"),
        ("application/json", '{"instances": [[1, 1, 5]]}', 400, "under 'instances'"),
        ("application/json", '{"instances": [], "top_k": 0, "n": 1}', 400, "top_k is 0, expected"),
        ("application/json", '{"instances": [], "top_k": 0, "n": 1}', 400, "unknown member n"),
        (
            "application/json",
            '{"instances": [{"user_id": 1, "item_id": 1, "rating": null}]}',
            400,
            "1 of 1 rows have a rating that is not a finite number",
        ),
        ("image/png", "x", 415, "Content-Type: got 'image/png', expected text/csv"),
        ("application/x-www-form-urlencoded", "a=1", 415, "expected text/csv"),
    ],
)
def test_a_request_that_is_wrong_gets_its_status_and_the_reason(
    invoke: Invoke, content_type: str, body: str, status: int, part: str
) -> None:
    got_status, message = refused(invoke, body, ContentType=content_type)
    assert (got_status, part in message) == (status, True), message
    assert "\n" not in message


def test_an_answer_that_cannot_be_given_is_refused(invoke: Invoke) -> None:
    csv = "user_id,item_id,rating\n1,1,5\n"
    status, message = refused(invoke, csv, ContentType="text/csv", Accept="image/png")
    assert (status, "expected application/json or text/csv" in message) == (406, True)


def test_a_machine_without_r_is_told_what_to_install(tmp_path: Path) -> None:
    python = tmp_path / "bin"
    python.mkdir()
    command = [sys.executable, "-m", "emulator", "build", "--recipes", "steps"]
    done = subprocess.run(
        [*command, "--data", str(tmp_path / "data"), IMAGE],
        cwd=ROOT,
        env={"PATH": str(python), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "needs Rscript on this machine" in line
    assert line.endswith("r-base-core r-cran-plumber r-cran-matrix r-cran-jsonlite")
