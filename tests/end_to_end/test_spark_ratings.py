"""From ratings that EMR selects to an answering endpoint, by the repository's own commands."""

import shutil
from collections.abc import Iterator

import pytest

from tests.end_to_end.loop import Loop, running_loop, s3_uri, succeed
from tests.end_to_end.ratings import ratings_csv

GROUP = "spark-ratings"
ITEMS = 70
INPUTS = {"RatingsS3Uri": s3_uri("data/ratings.csv"), "ItemsS3Uri": s3_uri("data/books.csv")}

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None, reason="Java is missing: scripts/install-system-packages java"
)


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    objects = {
        "data/ratings.csv": ratings_csv(users=90, items=ITEMS),
        "data/books.csv": books_csv(),
    }
    with running_loop(tmp_path_factory.mktemp("spark-loop"), objects) as loop:
        yield loop


def books_csv() -> bytes:
    titles = [f'{item},"Title ""{item}"""' for item in range(1, ITEMS + 1)]
    return "\n".join(["book_id,title", *titles]).encode()


# The tests of this module tell one story, in order.


def test_a_threshold_that_leaves_nothing_fails_the_run_with_the_programs_own_words(loop):
    done = loop.build("spark_ratings.polars", **INPUTS, MinUserRatings="1000")
    assert done.returncode == 1
    assert "--min-user-ratings 1000 and --min-book-ratings 20 leave none of" in done.stderr


def test_emr_selects_the_ratings_of_a_model_that_is_registered(loop):
    said = succeed(loop.build("spark_ratings.emr", **INPUTS))
    assert "SelectRatings: ran" in said
    (cluster,) = loop.emulator.client("emr").list_clusters()["Clusters"]
    assert cluster["Status"]["StateChangeReason"]["Code"] == "ALL_STEPS_COMPLETED"
    (package,) = loop.packages(GROUP)
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_the_model_is_approved_deployed_and_recommends_titles(loop):
    succeed(loop.run("approve-model", GROUP, "--note", "end to end"))
    succeed(loop.deploy(GROUP))
    recommended = loop.invoke(GROUP, {"user_id": "2", "top_k": 3})["recommendations"]
    assert len(recommended) == 3
    # User 2 likes the even ones.
    assert all(int(item["item_id"]) % 2 == 0 for item in recommended)
    assert recommended[0]["title"] == f'Title "{recommended[0]["item_id"]}"'
