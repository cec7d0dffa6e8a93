"""The R container from ratings to an answering endpoint, by the repository's own commands."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.end_to_end.loop import Loop, running_loop, s3_uri, succeed
from tests.end_to_end.ratings import ratings_csv

GROUP = "r-recommender"
RATINGS_S3_URI = s3_uri("ratings.csv")


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    check = ["Rscript", "-e", "loadNamespace('plumber'); loadNamespace('Matrix')"]
    if (
        shutil.which("Rscript") is None
        or subprocess.run(check, capture_output=True, check=False).returncode
    ):
        pytest.skip("R or a package of it is missing: scripts/install-system-packages r")
    objects = {"ratings.csv": ratings_csv(users=80, items=40, popular_items=5)}
    with running_loop(tmp_path_factory.mktemp("r"), objects, "--recipes", "steps") as loop:
        yield loop


# The tests of this module tell one story, in order.


def test_a_model_below_the_gate_is_not_registered_and_the_numbers_are_said(loop: Loop) -> None:
    done = loop.build("r_recommender", RatingsS3Uri=RATINGS_S3_URI, PrecisionThreshold="1.0")
    report = done.stdout + done.stderr
    assert done.returncode != 0
    assert "at least the PrecisionThreshold 1.0" in report
    assert "that of the most popular items" in report
    assert loop.packages(GROUP) == []


def test_a_good_model_is_registered_with_its_measures_and_deployed(loop: Loop) -> None:
    said = succeed(loop.build("r_recommender", RatingsS3Uri=RATINGS_S3_URI))
    for step in ("Prepare", "Train", "Evaluate"):
        assert f"{step}: reused from execution" in said
    (package,) = loop.packages(GROUP)
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    succeed(loop.run("approve-model", GROUP, "--note", "beats popularity"))
    said = succeed(loop.deploy(GROUP))
    assert "CheckTwoReaders" in said


def test_the_endpoint_recommends_what_a_reader_whom_it_has_not_seen_will_like(loop: Loop) -> None:
    for likes in (0, 1):
        instances = [
            {"user_id": "new", "item_id": str(item), "rating": 5 if item % 2 == likes else 2}
            for item in range(1, 9)
        ]
        answer = loop.invoke(GROUP, {"instances": instances})
        items = [int(row["item_id"]) for row in answer["recommendations"]]
        assert len(items) == 5
        assert all(item > 8 and item % 2 == likes for item in items)
