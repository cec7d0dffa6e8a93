"""The R container from ratings to an answering endpoint, by the repository's own commands."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REGION, ROLE_ARN, EmulatorProcess

BUCKET = "end-to-end-r"
GROUP = "r-recommender"
ENDPOINT = f"{GROUP}-staging"
USERS, ITEMS, RATED_SHARE = 80, 40, 0.5


@dataclass(frozen=True)
class Loop:
    """An emulator with ratings in its S3, and the commands that talk to it."""

    emulator: EmulatorProcess

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        environment |= {
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
            "COLUMNS": "200",
        }
        program = Path(sys.executable).parent / command
        where = ("--role-arn", ROLE_ARN, "--default-bucket", BUCKET, "--wait")
        needed = where if command != "approve-model" else ()
        return subprocess.run(
            [str(program), *arguments, *needed],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self, *parameters: str) -> subprocess.CompletedProcess[str]:
        given = (f"RatingsS3Uri=s3://{BUCKET}/ratings.csv", *parameters)
        words = [word for parameter in given for word in ("--parameter", parameter)]
        return self.run("run-pipeline", "--pipeline", "r_recommender", *words)

    def packages(self) -> list[dict[str, Any]]:
        sagemaker = self.emulator.client("sagemaker")
        groups = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
        if not groups:
            return []
        listed = sagemaker.list_model_packages(ModelPackageGroupName=GROUP)
        found: list[dict[str, Any]] = listed["ModelPackageSummaryList"]
        return found


def ratings_csv() -> bytes:
    """Readers who like odd or even items; item 1 to 5 are read by nearly all, liked or not."""
    chance = random.Random(0)
    lines = ["user_id,book_id,rating"]
    for user in range(1, USERS + 1):
        for item in range(1, ITEMS + 1):
            if chance.random() < (0.9 if item <= 5 else RATED_SHARE):
                likes = user % 2 == item % 2
                rating = (4.3 if likes else 2.2) + chance.gauss(0, 0.5)
                lines.append(f"{user},{item},{min(5, max(1, round(rating)))}")
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    check = ["Rscript", "-e", "loadNamespace('plumber'); loadNamespace('Matrix')"]
    if (
        shutil.which("Rscript") is None
        or subprocess.run(check, capture_output=True, check=False).returncode
    ):
        pytest.skip("R or a package of it is missing: scripts/install-system-packages r")
    emulator = EmulatorProcess(tmp_path_factory.mktemp("r") / "data", ("--recipes", "steps"))
    emulator.start()
    emulator.client("s3").create_bucket(Bucket=BUCKET)
    emulator.client("s3").put_object(Bucket=BUCKET, Key="ratings.csv", Body=ratings_csv())
    yield Loop(emulator)
    emulator.stop()


def succeed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# The tests of this module tell one story, in order.


def test_a_model_below_the_gate_is_not_registered_and_the_numbers_are_said(loop: Loop) -> None:
    done = loop.build("PrecisionThreshold=1.0")
    report = done.stdout + done.stderr
    assert done.returncode != 0
    assert "at least the PrecisionThreshold 1.0" in report
    assert "that of the most popular items" in report
    assert loop.packages() == []


def test_a_good_model_is_registered_with_its_measures_and_deployed(loop: Loop) -> None:
    said = succeed(loop.build())
    for step in ("Prepare", "Train", "Evaluate"):
        assert f"{step}: reused from execution" in said
    (package,) = loop.packages()
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    succeed(loop.run("approve-model", GROUP, "--note", "beats popularity"))
    said = succeed(loop.run("deploy-model", GROUP, "--stage", "staging"))
    assert "CheckTwoReaders" in said


def test_the_endpoint_recommends_what_a_reader_whom_it_has_not_seen_will_like(loop: Loop) -> None:
    for likes in (0, 1):
        instances = [
            {"user_id": "new", "item_id": str(item), "rating": 5 if item % 2 == likes else 2}
            for item in range(1, 9)
        ]
        answer = loop.emulator.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=ENDPOINT,
            ContentType="application/json",
            Body=json.dumps({"instances": instances}),
        )
        items = [
            int(row["item_id"]) for row in json.loads(answer["Body"].read())["recommendations"]
        ]
        assert len(items) == 5
        assert all(item > 8 and item % 2 == likes for item in items)
