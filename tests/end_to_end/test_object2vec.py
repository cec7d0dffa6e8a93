"""Both Object2Vec pipelines from ratings to an answering endpoint, on small data.

One story a pipeline; the definitions are the shipped ones, and parameters alone differ.
"""

import json
import random
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess
from tests.end_to_end.loop import BUCKET, Loop

USERS, ITEMS, RATED_SHARE = 60, 40, 0.5


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    emulator = EmulatorProcess(tmp_path_factory.mktemp("object2vec") / "data")
    emulator.start()
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="ratings/ratings.csv", Body=ratings_csv())
    s3.put_object(Bucket=BUCKET, Key="wrong/ratings.csv", Body=b"user_id,book_id,stars\n1,1,5\n")
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


def test_wrong_data_fail_the_run_with_one_report(loop: Loop) -> None:
    done = loop.build("object2vec", RatingsS3Uri=f"s3://{BUCKET}/wrong/ratings.csv")
    assert done.returncode != 0
    assert "Step Prepare failed" in done.stdout + done.stderr
    assert "expected user_id (or user_ind)" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("pipeline", "group"), [("object2vec", "object2vec"), ("object2vec_gluon", "object2vec-gluon")]
)
def test_a_pipeline_makes_a_model_that_is_registered_deployed_and_asked(
    loop: Loop, pipeline: str, group: str
) -> None:
    loop.succeed(loop.build(pipeline, RatingsS3Uri=f"s3://{BUCKET}/ratings/ratings.csv"))
    evaluation = loop.evaluation(group)
    model = evaluation["regression_metrics"]["mse"]["value"]
    baselines = {name: m["mse"]["value"] for name, m in evaluation["baselines"].items()}
    assert model < 0.8 * baselines["bias"]
    assert ("untuned" in baselines) == (pipeline == "object2vec")
    assert evaluation["validation"]["rows"]["validation"] > 0

    loop.succeed(loop.run("approve-model", group, "--note", "better than the bias"))
    loop.succeed(loop.deploy(group))
    # Users 1 and 2 have numbers 0 and 1, and so have items: equal parity is liked.
    pairs = [{"in0": [0], "in1": [0]}, {"in0": [0], "in1": [1]}]
    answer = loop.invoke(group, {"instances": pairs})
    [liked], [disliked] = (prediction["scores"] for prediction in answer["predictions"])
    assert liked > disliked + 0.5
    with pytest.raises(ClientError) as caught:
        loop.invoke(group, {"instances": [{"in0": [USERS], "in1": [0]}]})
    assert caught.value.response["OriginalStatusCode"] == 400
    assert str(USERS) in json.dumps(caught.value.response["OriginalMessage"])


def test_a_model_below_the_gate_is_not_registered_and_the_numbers_are_said(loop: Loop) -> None:
    before = loop.packages("object2vec-gluon")
    done = loop.build(
        "object2vec_gluon",
        RatingsS3Uri=f"s3://{BUCKET}/ratings/ratings.csv",
        MseThreshold="0.001",
    )
    assert done.returncode != 0
    assert "The model is not registered: its MSE" in done.stdout + done.stderr
    assert loop.packages("object2vec-gluon") == before
