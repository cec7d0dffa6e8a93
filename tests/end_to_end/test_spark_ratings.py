"""From ratings that EMR selects to an answering endpoint, by the repository's own commands."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REGION, ROLE_ARN, EmulatorProcess

BUCKET = "spark-end-to-end"
USERS, ITEMS, RATED_SHARE = 90, 70, 0.5

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None, reason="Java is missing: scripts/install-system-packages java"
)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    running = EmulatorProcess(tmp_path_factory.mktemp("spark-loop") / "data")
    running.start()
    s3 = running.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="data/ratings.csv", Body=ratings_csv())
    titles = [f'{item},"Title ""{item}"""' for item in range(1, ITEMS + 1)]
    books = "\n".join(["book_id,title", *titles])
    s3.put_object(Bucket=BUCKET, Key="data/books.csv", Body=books.encode())
    yield running
    running.stop()


def ratings_csv() -> bytes:
    """Readers who like one of two genres, so that a bias model alone cannot tell."""
    chance = random.Random(0)
    lines = ["user_id,book_id,rating"]
    for user in range(1, USERS + 1):
        for item in range(1, ITEMS + 1):
            if chance.random() < RATED_SHARE:
                rating = (4.3 if user % 2 == item % 2 else 2.2) + chance.gauss(0, 0.5)
                lines.append(f"{user},{item},{min(5, max(1, round(rating)))}")
    return "\n".join(lines).encode()


def run(
    emulator: EmulatorProcess, command: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    environment |= {
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "COLUMNS": "200",
    }
    program = Path(sys.executable).parent / command
    words = [str(program), *arguments]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def build(
    emulator: EmulatorProcess, graph: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return run(
        emulator,
        "run-pipeline",
        *("--pipeline", graph, "--role-arn", ROLE_ARN, "--default-bucket", BUCKET),
        *("--parameter", f"RatingsS3Uri=s3://{BUCKET}/data/ratings.csv"),
        *("--parameter", f"ItemsS3Uri=s3://{BUCKET}/data/books.csv"),
        *("--wait", *arguments),
    )


# The tests of this module tell one story, in order.


def test_a_threshold_that_leaves_nothing_fails_the_run_with_the_programs_own_words(emulator):
    done = build(emulator, "spark_ratings.polars", "--parameter", "MinUserRatings=1000")
    assert done.returncode == 1
    assert "--min-user-ratings 1000 and --min-book-ratings 20 leave none of" in done.stderr


def test_emr_selects_the_ratings_of_a_model_that_is_registered(emulator):
    done = build(emulator, "spark_ratings.emr")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SelectRatings: ran" in done.stdout
    (cluster,) = emulator.client("emr").list_clusters()["Clusters"]
    assert cluster["Status"]["StateChangeReason"]["Code"] == "ALL_STEPS_COMPLETED"
    listed = emulator.client("sagemaker").list_model_packages(ModelPackageGroupName="spark-ratings")
    (package,) = listed["ModelPackageSummaryList"]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_the_model_is_approved_deployed_and_recommends_titles(emulator):
    approved = run(emulator, "approve-model", "spark-ratings", "--note", "end to end")
    assert approved.returncode == 0, approved.stderr
    where = ("--role-arn", ROLE_ARN, "--default-bucket", BUCKET)
    deployed = run(
        emulator, "deploy-model", "spark-ratings", "--stage", "staging", *where, "--wait"
    )
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    answer = emulator.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="spark-ratings-staging",
        ContentType="application/json",
        Body=json.dumps({"user_id": "2", "top_k": 3}),
    )
    recommended = json.loads(answer["Body"].read())["recommendations"]
    assert len(recommended) == 3
    # User 2 likes the even ones.
    assert all(int(item["item_id"]) % 2 == 0 for item in recommended)
    assert recommended[0]["title"] == f'Title "{recommended[0]["item_id"]}"'
