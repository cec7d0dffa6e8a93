"""Both Object2Vec pipelines from ratings to an answering endpoint, on small data.

One story a pipeline; the definitions are the shipped ones, and parameters alone differ.
"""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.loop import Loop, running_loop, s3_uri, succeed
from tests.end_to_end.ratings import ratings_csv

USERS = 60
RATINGS_S3_URI = s3_uri("ratings/ratings.csv")


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    objects = {
        "ratings/ratings.csv": ratings_csv(USERS, items=40),
        "wrong/ratings.csv": b"user_id,book_id,stars\n1,1,5\n",
    }
    with running_loop(tmp_path_factory.mktemp("object2vec"), objects) as loop:
        yield loop


def test_wrong_data_fail_the_run_with_one_report(loop: Loop) -> None:
    done = loop.build("object2vec", RatingsS3Uri=s3_uri("wrong/ratings.csv"))
    assert done.returncode != 0
    assert "Step Prepare failed" in done.stdout + done.stderr
    assert "expected user_id (or user_ind)" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("pipeline", "group"), [("object2vec", "object2vec"), ("object2vec_gluon", "object2vec-gluon")]
)
def test_a_pipeline_makes_a_model_that_is_registered_deployed_and_asked(
    loop: Loop, pipeline: str, group: str
) -> None:
    succeed(loop.build(pipeline, RatingsS3Uri=RATINGS_S3_URI))
    assert len(loop.packages(group)) == 1
    evaluation = loop.evaluation(group)
    model = evaluation["regression_metrics"]["mse"]["value"]
    baselines = {name: m["mse"]["value"] for name, m in evaluation["baselines"].items()}
    assert model < 0.8 * baselines["bias"]
    assert ("untuned" in baselines) == (pipeline == "object2vec")
    assert evaluation["validation"]["rows"]["validation"] > 0

    succeed(loop.run("approve-model", group, "--note", "better than the bias"))
    succeed(loop.deploy(group))
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
    (before,) = loop.packages("object2vec-gluon")
    done = loop.build("object2vec_gluon", RatingsS3Uri=RATINGS_S3_URI, MseThreshold="0.001")
    assert done.returncode != 0
    assert "The model is not registered: its MSE" in done.stdout + done.stderr
    assert loop.packages("object2vec-gluon") == [before]
