"""From ratings to an answering endpoint, by the repository's own commands on real processes."""

import hashlib
import subprocess
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROOT
from tests.end_to_end.loop import BUCKET, Loop, running_loop, s3_uri, succeed
from tests.end_to_end.ratings import ratings_csv

GROUP = "book-ratings"
ITEMS = 70
RATINGS = ratings_csv(users=90, items=ITEMS)
INPUTS = {
    "RatingsS3Uri": s3_uri("ratings/ratings.csv"),
    "ItemsS3Uri": s3_uri("items/books.csv"),
}


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    objects = {
        "ratings/ratings.csv": RATINGS,
        "items/books.csv": books_csv(),
        "wrong/ratings.csv": b"user_id,book_id,stars\n1,1,5\n",
    }
    with running_loop(tmp_path_factory.mktemp("loop"), objects) as loop:
        yield loop


def books_csv() -> bytes:
    return "\n".join(["book_id,title", *(f"{i},Title {i}" for i in range(1, ITEMS + 1))]).encode()


# The tests of this module tell one story, in order.


def test_nothing_can_be_deployed_before_there_is_a_model(loop):
    done = loop.deploy(GROUP)
    assert done.returncode != 0
    assert f"no model package group {GROUP}" in done.stderr


def test_wrong_data_fail_the_run_with_one_report_and_register_nothing(loop):
    done = loop.build("book_ratings", **INPUTS | {"RatingsS3Uri": s3_uri("wrong/ratings.csv")})
    report = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Step Prepare failed" in report
    assert "rating" in report
    assert "stars" in report
    assert "/aws/sagemaker/ProcessingJobs" in report
    assert loop.packages(GROUP) == []


def test_a_model_below_the_gate_is_not_registered_and_the_numbers_are_said(loop):
    done = loop.build("book_ratings", **INPUTS, RmseThreshold="0.01")
    report = done.stdout + done.stderr
    assert done.returncode != 0
    assert "0.01" in report
    assert loop.packages(GROUP) == []


def test_a_good_model_waits_for_approval_and_unchanged_steps_are_reused(loop):
    said = succeed(loop.build("book_ratings", **INPUTS))
    for step in ("Prepare", "Tune", "TrainDefault", "ValidateDefault", "Train", "Evaluate"):
        assert f"{step}: reused from execution" in said
    (package,) = loop.packages(GROUP)
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_the_report_of_the_tuning_job_shows_what_tuning_gains(loop, tmp_path):
    # The newest execution has reused its steps; their jobs are those of the one before.
    said = succeed(loop.run("tuning-report", "--pipeline", "book_ratings", "--output", tmp_path))
    assert "6 Completed" in said
    assert "of ValidateDefault" in said
    assert (tmp_path / "report.html").is_file()
    assert len(list(tmp_path.glob("*.png"))) == 3


def test_nothing_can_be_deployed_before_a_model_is_approved(loop):
    done = loop.deploy(GROUP)
    assert done.returncode != 0
    assert "approve" in done.stderr.lower()


def test_the_endpoint_recommends_what_a_reader_has_not_rated_and_likes(loop):
    succeed(loop.run("approve-model", GROUP, "--note", "good"))
    succeed(loop.deploy(GROUP))
    answer = loop.invoke(GROUP, {"user_id": "1", "top_k": 5})
    rated = {line.split(",")[1] for line in RATINGS.decode().split() if line.startswith("1,")}
    items = [item["item_id"] for item in answer["recommendations"]]
    assert len(items) == 5
    assert not rated & set(items)
    assert all(int(item) % 2 == 1 for item in items)
    assert answer["recommendations"][0]["title"] == f"Title {items[0]}"


def test_the_endpoint_leads_back_to_its_ratings_and_code_and_the_ratings_forward_to_it(loop):
    back = succeed(loop.run("lineage", f"{GROUP}-staging"))
    forth = succeed(loop.run("lineage", "--data", INPUTS["RatingsS3Uri"]))
    etag = hashlib.md5(RATINGS).hexdigest()
    for told in (
        f"Model package {GROUP}/1",
        "note: good",
        "-Train-",
        "hyperparameters: ",
        f"Code s3://{BUCKET}/source/book_ratings/",
        "-Prepare-",
        f"Data {INPUTS['RatingsS3Uri']}",
        f"content: S3ETag {etag}",
    ):
        assert told in back
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert f"commit: {head.stdout.strip()}" in back or head.returncode != 0
    for told in (f"{GROUP}/1", f"{GROUP}-staging", "serves it, InService"):
        assert told in forth


def test_pairs_in_csv_are_answered_in_csv(loop):
    answer = loop.emulator.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=f"{GROUP}-staging", ContentType="text/csv", Body="1,1\n1,2\nnobody,1\n"
    )
    liked, disliked, unknown = [float(line) for line in answer["Body"].read().split()]
    assert answer["ContentType"].startswith("text/csv")
    assert disliked < unknown < liked


def test_a_request_that_is_wrong_gets_400_and_the_field(loop):
    with pytest.raises(ClientError) as caught:
        loop.invoke(GROUP, {"user_id": "1", "top_k": "many"})
    error = caught.value.response
    assert error["Error"]["Code"] == "ModelError"
    assert error["OriginalStatusCode"] == 400
    assert "top_k" in error["OriginalMessage"]


def test_a_rejected_model_leaves_the_last_approved_one_deployed(loop):
    succeed(loop.build("book_ratings", **INPUTS))
    succeed(loop.run("approve-model", GROUP, "--reject", "--note", "not now"))
    said = succeed(loop.deploy(GROUP))
    assert "version 1" in said
    statuses = {p["ModelPackageVersion"]: p["ModelApprovalStatus"] for p in loop.packages(GROUP)}
    assert statuses == {1: "Approved", 2: "Rejected"}


def test_the_registry_and_the_endpoint_survive_kill_9(loop):
    before = loop.packages(GROUP)
    answer = loop.invoke(GROUP, {"user_id": "1", "top_k": 5})
    lineage = succeed(loop.run("lineage", f"{GROUP}-staging"))
    loop.emulator.kill()
    loop.emulator.start()
    assert loop.packages(GROUP) == before
    assert loop.invoke(GROUP, {"user_id": "1", "top_k": 5}) == answer
    assert succeed(loop.run("lineage", f"{GROUP}-staging")) == lineage
