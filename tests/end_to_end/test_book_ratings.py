"""From ratings to an answering endpoint, by the repository's own commands on real processes."""

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.conftest import REGION, ROLE_ARN, ROOT, EmulatorProcess

BUCKET = "end-to-end"
GROUP = "book-ratings"
USERS, ITEMS, RATED_SHARE = 90, 70, 0.5


@dataclass(frozen=True)
class Loop:
    """An emulator with data in its S3, and the commands that talk to it."""

    emulator: EmulatorProcess

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).parent / command
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        environment |= {
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
            "COLUMNS": "200",
        }
        return subprocess.run(
            [str(program), *arguments], env=environment, capture_output=True, text=True, check=False
        )

    def build(self, ratings_key: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(
            "run-pipeline",
            *("--pipeline", "book_ratings", "--role-arn", ROLE_ARN, "--default-bucket", BUCKET),
            *("--parameter", f"RatingsS3Uri=s3://{BUCKET}/{ratings_key}"),
            *("--parameter", f"ItemsS3Uri=s3://{BUCKET}/items/books.csv"),
            *("--wait", *arguments),
        )

    def deploy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        where = ("--role-arn", ROLE_ARN, "--default-bucket", BUCKET)
        return self.run("deploy-model", GROUP, "--stage", "staging", *where, "--wait", *arguments)

    def packages(self) -> list[dict]:
        sagemaker = self.emulator.client("sagemaker")
        groups = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
        if GROUP not in [group["ModelPackageGroupName"] for group in groups]:
            return []
        listed = sagemaker.list_model_packages(ModelPackageGroupName=GROUP, MaxResults=100)
        return listed["ModelPackageSummaryList"]

    def invoke(self, body: dict) -> dict:
        answer = self.emulator.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=f"{GROUP}-staging",
            ContentType="application/json",
            Body=json.dumps(body),
        )
        return json.loads(answer["Body"].read())


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    emulator = EmulatorProcess(tmp_path_factory.mktemp("loop") / "data")
    emulator.start()
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="ratings/ratings.csv", Body=ratings_csv())
    s3.put_object(Bucket=BUCKET, Key="items/books.csv", Body=books_csv())
    wrong = b"user_id,book_id,stars\n1,1,5\n"
    s3.put_object(Bucket=BUCKET, Key="wrong/ratings.csv", Body=wrong)
    yield Loop(emulator)
    emulator.stop()


def ratings_csv() -> bytes:
    """Readers who like one of two genres, so that a bias model alone cannot tell."""
    chance = random.Random(0)
    lines = ["user_id,book_id,rating"]
    for user in range(1, USERS + 1):
        for item in range(1, ITEMS + 1):
            if chance.random() < RATED_SHARE:
                likes = user % 2 == item % 2
                rating = (4.3 if likes else 2.2) + chance.gauss(0, 0.5)
                lines.append(f"{user},{item},{min(5, max(1, round(rating)))}")
    return "\n".join(lines).encode()


def books_csv() -> bytes:
    return "\n".join(["book_id,title", *(f"{i},Title {i}" for i in range(1, ITEMS + 1))]).encode()


def succeed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# The tests of this module tell one story, in order.


def test_nothing_can_be_deployed_before_there_is_a_model(loop):
    done = loop.deploy()
    assert done.returncode != 0
    assert f"no model package group {GROUP}" in done.stderr


def test_wrong_data_fail_the_run_with_one_report_and_register_nothing(loop):
    done = loop.build("wrong/ratings.csv")
    report = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Step Prepare failed" in report
    assert "rating" in report
    assert "stars" in report
    assert "/aws/sagemaker/ProcessingJobs" in report
    assert loop.packages() == []


def test_a_model_below_the_gate_is_not_registered_and_the_numbers_are_said(loop):
    done = loop.build("ratings/ratings.csv", "--parameter", "RmseThreshold=0.01")
    report = done.stdout + done.stderr
    assert done.returncode != 0
    assert "0.01" in report
    assert loop.packages() == []


def test_a_good_model_waits_for_approval_and_unchanged_steps_are_reused(loop):
    said = succeed(loop.build("ratings/ratings.csv"))
    for step in ("Prepare", "Tune", "TrainDefault", "ValidateDefault", "Train", "Evaluate"):
        assert f"{step}: reused from execution" in said
    (package,) = loop.packages()
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_the_report_of_the_tuning_job_shows_what_tuning_gains(loop, tmp_path):
    # The newest execution has reused its steps; their jobs are those of the one before.
    said = succeed(loop.run("tuning-report", "--pipeline", "book_ratings", "--output", tmp_path))
    assert "6 Completed" in said
    assert "of ValidateDefault" in said
    assert (tmp_path / "report.html").is_file()
    assert len(list(tmp_path.glob("*.png"))) == 3


def test_nothing_can_be_deployed_before_a_model_is_approved(loop):
    done = loop.deploy()
    assert done.returncode != 0
    assert "approve" in done.stderr.lower()


def test_the_endpoint_recommends_what_a_reader_has_not_rated_and_likes(loop):
    succeed(loop.run("approve-model", GROUP, "--note", "good"))
    succeed(loop.deploy())
    answer = loop.invoke({"user_id": "1", "top_k": 5})
    rated = {line.split(",")[1] for line in ratings_csv().decode().split() if line.startswith("1,")}
    items = [item["item_id"] for item in answer["recommendations"]]
    assert len(items) == 5
    assert not rated & set(items)
    assert all(int(item) % 2 == 1 for item in items)
    assert answer["recommendations"][0]["title"] == f"Title {items[0]}"


def test_the_endpoint_leads_back_to_its_ratings_and_code_and_the_ratings_forward_to_it(loop):
    back = succeed(loop.run("lineage", f"{GROUP}-staging"))
    forth = succeed(loop.run("lineage", "--data", f"s3://{BUCKET}/ratings/ratings.csv"))
    etag = hashlib.md5(ratings_csv()).hexdigest()
    for told in (
        f"Model package {GROUP}/1",
        "note: good",
        "-Train-",
        "hyperparameters: ",
        f"Code s3://{BUCKET}/source/book_ratings/",
        "-Prepare-",
        f"Data s3://{BUCKET}/ratings/ratings.csv",
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
        loop.invoke({"user_id": "1", "top_k": "many"})
    error = caught.value.response
    assert error["Error"]["Code"] == "ModelError"
    assert error["OriginalStatusCode"] == 400
    assert "top_k" in error["OriginalMessage"]


def test_a_rejected_model_leaves_the_last_approved_one_deployed(loop):
    succeed(loop.build("ratings/ratings.csv"))
    succeed(loop.run("approve-model", GROUP, "--reject", "--note", "not now"))
    said = succeed(loop.deploy())
    assert "version 1" in said
    statuses = {p["ModelPackageVersion"]: p["ModelApprovalStatus"] for p in loop.packages()}
    assert statuses == {1: "Approved", 2: "Rejected"}


def test_the_registry_and_the_endpoint_survive_kill_9(loop):
    before = loop.packages()
    answer = loop.invoke({"user_id": "1", "top_k": 5})
    lineage = succeed(loop.run("lineage", f"{GROUP}-staging"))
    loop.emulator.kill()
    loop.emulator.start()
    assert loop.packages() == before
    assert loop.invoke({"user_id": "1", "top_k": 5}) == answer
    assert succeed(loop.run("lineage", f"{GROUP}-staging")) == lineage
