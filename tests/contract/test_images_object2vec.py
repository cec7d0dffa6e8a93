"""The built-in algorithm object2vec through boto3: training, metrics, serving."""

import io
import json
import random
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.images import ImageLab, Training

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/object2vec:1"
JSON_LINES = "application/jsonlines"
Pair = dict[str, Any]

# AWS's sample of rating prediction, its network made small.
REGRESSION = {
    "_kvstore": "device",
    "_num_gpus": "auto",
    "_num_kv_servers": "auto",
    "enc_dim": "8",
    "enc0_network": "pooled_embedding",
    "enc1_network": "pooled_embedding",
    "enc0_max_seq_len": "1",
    "enc1_max_seq_len": "1",
    "enc0_vocab_size": "20",
    "enc1_vocab_size": "15",
    "mlp_layers": "1",
    "mlp_dim": "16",
    "mlp_activation": "relu",
    "mini_batch_size": "32",
    "learning_rate": "0.02",
    "epochs": "30",
    "early_stopping_patience": "5",
    "early_stopping_tolerance": "0.0001",
    "output_layer": "mean_squared_error",
}
CLASSIFICATION = REGRESSION | {
    "output_layer": "softmax",
    "num_classes": "2",
    "enc0_max_seq_len": "9",
    "enc1_max_seq_len": "6",
    "bucket_width": "3",
    "epochs": "12",
}


def ratings(count: int, seed: int) -> list[Pair]:
    """A user likes things of the own parity: 4 stars, else 2, and 1 more from the upper users."""
    drawn = random.Random(seed)
    pairs = [(drawn.randrange(20), drawn.randrange(15)) for _ in range(count)]
    return [
        {"in0": [user], "in1": [item], "label": 2.0 + 2 * (user % 2 == item % 2) + (user > 9)}
        for user, item in pairs
    ]


def texts(count: int, seed: int) -> list[Pair]:
    """Sequences of which one holds token 3, or not: two classes."""
    drawn = random.Random(seed)
    found = []
    for _ in range(count):
        first = [drawn.randrange(20) for _ in range(drawn.randint(1, 9))]
        second = [drawn.randrange(15) for _ in range(drawn.randint(1, 6))]
        found.append({"in0": first, "in1": second, "label": int(3 in first or 3 in second)})
    return found


def as_lines(pairs: list[Pair]) -> str:
    return "".join(json.dumps(pair) + "\n" for pair in pairs)


@pytest.fixture(scope="module")
def lab(emulator: Any) -> ImageLab:
    lab = ImageLab(emulator, "object2vec-image")
    lab.client("s3").create_bucket(Bucket=lab.bucket)
    return lab


def train(lab: ImageLab, hyperparameters: dict[str, str], **channels: str) -> Training:
    files = {name: (JSON_LINES, {"data.jsonl": text}) for name, text in channels.items()}
    return lab.train(IMAGE, hyperparameters, files)


@pytest.fixture(scope="module")
def regressor(lab: ImageLab) -> Training:
    training = train(
        lab,
        REGRESSION,
        train=as_lines(ratings(800, 1)),
        validation=as_lines(ratings(100, 2)),
        test=as_lines(ratings(100, 3)),
    )
    assert training.job["TrainingJobStatus"] == "Completed", training.log
    return training


@pytest.fixture(scope="module")
def regressor_endpoint(lab: ImageLab, regressor: Training) -> Iterator[Callable[..., Any]]:
    mode = {"INFERENCE_PREFERRED_MODE": "embedding"}
    with lab.endpoint(IMAGE, regressor.model_s3_uri, mode) as invoke:
        yield invoke


def scores_of(text: str) -> list[list[float]]:
    return [prediction["scores"] for prediction in json.loads(text)["predictions"]]


def test_training_learns_and_its_metrics_have_awss_names(regressor: Training) -> None:
    """Source: "Tune an Object2Vec Model", the metrics computed by the algorithm."""
    final = {entry["MetricName"]: entry["Value"] for entry in regressor.job["FinalMetricDataList"]}
    assert {"validation:mean_squared_error", "test:mean_squared_error"} <= final.keys()
    # The labels' variance is about 1.25: a model that learned nothing scores that.
    assert final["validation:mean_squared_error"] < 0.1
    assert final["test:mean_squared_error"] < 0.1


def test_the_log_has_the_lines_of_awss_container(regressor: Training) -> None:
    said = "\n".join(regressor.log)
    assert "#quality_metric: host=algo-1, epoch=0, train mean_squared_error <loss>=" in said
    assert "#throughput_metric: host=algo-1, train throughput=" in said


def test_pairs_get_a_score_each_in_both_formats(regressor_endpoint: Callable[..., Any]) -> None:
    """Source: "Data Formats for Object2Vec Inference"."""
    pairs = [{"in0": [1], "in1": [1]}, {"in0": [1], "in1": [2]}, {"in0": [11], "in1": [1]}]
    body = json.dumps({"instances": pairs})
    content_type, text = regressor_endpoint(body, ContentType="application/json")
    assert content_type == "application/json"
    scores = scores_of(text)
    assert [score for [score] in scores] == pytest.approx([4, 2, 5], abs=0.7)
    content_type, text = regressor_endpoint(
        as_lines(pairs), ContentType=JSON_LINES, Accept=JSON_LINES
    )
    assert content_type == JSON_LINES
    lines = [json.loads(line)["scores"] for line in text.splitlines()]
    assert [score for [score] in lines] == pytest.approx([score for [score] in scores], abs=1e-5)


def test_one_input_alone_gets_its_encoders_embedding(
    regressor_endpoint: Callable[..., Any],
) -> None:
    """Source: "Encoder Embeddings for Object2Vec"; the vector's length is enc_dim."""
    body = json.dumps({"instances": [{"in1": [0]}, {"in1": [2]}, {"in1": [1]}]})
    _, text = regressor_endpoint(body, ContentType="application/json")
    vectors = [prediction["embeddings"] for prediction in json.loads(text)["predictions"]]
    assert [len(vector) for vector in vectors] == [8, 8, 8]
    even, also_even, odd = vectors
    assert _distance(even, also_even) < _distance(even, odd)


def _distance(first: list[float], second: list[float]) -> float:
    return sum((a - b) ** 2 for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ('{"instances": [{"in0": [20], "in1": [0]}]}', 400, 'Vocab id "20" is not less than'),
        ('{"instances": [{"in0": [1, 2], "in1": [0]}]}', 400, "max_seq_len 1"),
        ('{"instances": [{"in0": [], "in1": [0]}]}', 400, "at least one token"),
        ('{"instances": [{"in0": [1.5], "in1": [0]}]}', 400, "whole numbers"),
        ('{"instances": [{"in0": [1]}, {"in0": [1], "in1": [0]}]}', 400, "instance 1"),
        ('{"instances": []}', 400, "no instances"),
        ('{"pairs": []}', 400, '"instances"'),
        ("x", 400, "not JSON"),
    ],
)
def test_bad_requests_are_refused_with_what_is_wrong(
    regressor_endpoint: Callable[..., Any], body: str, status: int, message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        regressor_endpoint(body, ContentType="application/json")
    assert caught.value.response["OriginalStatusCode"] == status
    assert message in caught.value.response["OriginalMessage"]


def test_other_content_types_are_refused(regressor_endpoint: Callable[..., Any]) -> None:
    with pytest.raises(ClientError) as caught:
        regressor_endpoint("1,2", ContentType="text/csv")
    assert caught.value.response["OriginalStatusCode"] == 415
    with pytest.raises(ClientError) as caught:
        regressor_endpoint(
            '{"instances": [{"in0": [1]}]}', ContentType="application/json", Accept="text/csv"
        )
    assert caught.value.response["OriginalStatusCode"] == 406


@pytest.mark.parametrize("network", ["pooled_embedding", "hcnn", "bilstm"])
def test_sequences_are_classified_by_each_network_whatever_their_padding(
    lab: ImageLab, network: str
) -> None:
    training = train(
        lab,
        CLASSIFICATION | {"enc0_network": network, "enc1_network": network},
        train=as_lines(texts(1200, 1)),
        validation=as_lines(texts(200, 2)),
    )
    assert training.job["TrainingJobStatus"] == "Completed", training.log
    final = {entry["MetricName"]: entry["Value"] for entry in training.job["FinalMetricDataList"]}
    assert final["validation:accuracy"] > 0.85  # 4 in 10 have the token
    assert final["validation:cross_entropy"] < 0.5
    short = {"in0": [3, 1], "in1": [2]}
    with lab.endpoint(IMAGE, training.model_s3_uri) as invoke:
        _, alone = invoke(json.dumps({"instances": [short]}), ContentType="application/json")
        long = {"in0": list(range(9)), "in1": [1] * 6}
        body = json.dumps({"instances": [short, long]})
        _, beside = invoke(body, ContentType="application/json")
    [scores] = scores_of(alone)
    assert len(scores) == 2
    assert sum(scores) == pytest.approx(1, abs=1e-5)
    assert scores_of(beside)[0] == pytest.approx(scores, abs=1e-5)


def test_faults_of_hyperparameters_come_in_one_message(lab: ImageLab) -> None:
    wrong = {
        "enc_dim": "3",
        "mlp_activation": "softplus",
        "learning_rate": "fast",
        "enc2_network": "hcnn",
        "enc1_network": "pooled_embedding",
        "enc0_vocab_size": "10",
    }
    training = train(lab, wrong, train=as_lines(ratings(4, 1)), holdout=as_lines(ratings(4, 1)))
    reason = training.job["FailureReason"]
    assert reason.startswith("AlgorithmError: ClientError: ")
    for name in (
        "unknown channel holdout", "unknown hyperparameter enc2_network",
        "enc_dim: value '3' is invalid: expected 4 to 10000",
        "mlp_activation: value 'softplus' is invalid: expected one of tanh, relu, linear",
        "learning_rate: value 'fast'", "missing required hyperparameter enc0_max_seq_len",
        "missing required hyperparameter enc1_max_seq_len",
    ):  # fmt: skip
        assert name in reason


def test_row_sparse_storage_takes_no_other_optimizer(lab: ImageLab) -> None:
    """Source: "Object2Vec Hyperparameters", token_embedding_storage_type."""
    wrong = {"token_embedding_storage_type": "row_sparse", "optimizer": "rmsprop"}
    training = train(lab, REGRESSION | wrong, train=as_lines(ratings(4, 1)))
    assert "row_sparse needs optimizer" in training.job["FailureReason"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        # Word for word the failure reason of AWS's container. Source: sagemaker-python-sdk#834.
        (
            '{"in0": [1], "in1": [2], "label": 1}\n{"in0": [1], "in1": [15], "label": 1}\n',
            'data.jsonl, line 2: Inconsistent vocab for in1 found. Vocab id "15" is not less than '
            "vocab_size=15",
        ),
        ('{"in0": [1], "in1": [2], "label": NaN}\n', "line 1: label is NaN, expected a number"),
        ('{"in0": [1], "in1": [2], "label": "good"}\n', 'line 1: label is "good"'),
        ('{"in0": [1, 2], "in1": [2], "label": 1}\n', "line 1: in0 has 2 tokens, more than"),
        ('{"in0": [1], "label": 1}\n', "line 1: in1 missing"),
        ("1,2,3\n", "line 1: not JSON"),
        ("\n", "channel train has no data"),
    ],
)
def test_bad_data_fails_the_job_with_file_and_line(lab: ImageLab, lines: str, told: str) -> None:
    training = train(lab, REGRESSION, train=lines)
    assert training.job["TrainingJobStatus"] == "Failed"
    assert "ClientError: " in training.job["FailureReason"]
    assert told in training.job["FailureReason"]


def test_pretrained_token_embeddings_stay_as_they_are_when_frozen(lab: ImageLab) -> None:
    """Source: the hyperparameters enc0_pretrained_embedding_file and enc0_vocab_file."""
    files = {
        "vocab.json": json.dumps({"red": 1, "green": 2}),
        "vectors.txt": "red 1 2 3 4 5 6 7 8\ngreen 0 0 0 0 0 0 0 1\nblue 9 9 9 9 9 9 9 9\n",
    }
    channels = {
        "train": (JSON_LINES, {"data.jsonl": as_lines(ratings(64, 1))}),
        "auxiliary": ("application/json", files),
    }
    pretrained = {"enc0_pretrained_embedding_file": "vectors.txt", "enc0_vocab_file": "vocab.json"}
    training = lab.train(IMAGE, REGRESSION | pretrained | {"epochs": "2"}, channels)
    assert training.job["TrainingJobStatus"] == "Completed", training.log
    with lab.endpoint(IMAGE, training.model_s3_uri) as invoke:
        body = json.dumps({"instances": [{"in0": [1]}, {"in0": [2]}]})
        _, text = invoke(body, ContentType="application/json")
    vectors = [prediction["embeddings"] for prediction in json.loads(text)["predictions"]]
    assert vectors == [[1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 0, 0, 0, 0, 0, 1]]


def test_the_model_is_that_of_the_best_epoch(regressor: Training, lab: ImageLab) -> None:
    with tarfile.open(fileobj=io.BytesIO(lab.get(regressor.model_s3_uri))) as tar:
        assert sorted(tar.getnames()) == ["settings.json", "weights.params"]
    losses = [
        float(line.rpartition("=")[2])
        for line in regressor.log
        if ", validation mean_squared_error <loss>=" in line
    ]
    *epochs, kept = losses
    assert kept == min(epochs)


def test_one_vocabulary_can_be_shared_and_pairs_nobody_saw_be_drawn(lab: ImageLab) -> None:
    """Source: tied_token_embedding_weight and negative_sampling_rate: negatives are labelled 0."""
    settings = REGRESSION | {
        "enc1_vocab_size": "20",
        "tied_token_embedding_weight": "True",
        "negative_sampling_rate": "3",
        "comparator_list": "abs_diff, hadamard",
        "token_embedding_storage_type": "row_sparse",
        "output_layer": "softmax",
        "num_classes": "2",
        "epochs": "15",
    }
    # Only pairs of equal parity were seen, and all of them are positive.
    seen = [{"in0": [a], "in1": [b], "label": 1} for a in range(20) for b in range(20)
            if a % 2 == b % 2]  # fmt: skip
    training = train(lab, settings, train=as_lines(seen * 3))
    assert training.job["TrainingJobStatus"] == "Completed", training.log
    with lab.endpoint(IMAGE, training.model_s3_uri) as invoke:
        body = {"instances": [{"in0": [4], "in1": [8]}, {"in0": [4], "in1": [9]},
                              {"in0": [3]}, {"in1": [3]}]}  # fmt: skip
        _, text = invoke(json.dumps({"instances": body["instances"][:2]}),
                         ContentType="application/json")  # fmt: skip
        [[_, equal], [_, unequal]] = scores_of(text)
        assert equal > unequal + 0.2
        vectors = []
        for instance in body["instances"][2:]:
            _, text = invoke(json.dumps({"instances": [instance]}), ContentType="application/json")
            vectors.append(json.loads(text)["predictions"][0]["embeddings"])
        assert vectors[0] == vectors[1]


@pytest.mark.parametrize("optimizer", ["adadelta", "adagrad", "rmsprop", "sgd"])
def test_each_optimizer_learns(lab: ImageLab, optimizer: str) -> None:
    rates = {"adadelta": "1", "adagrad": "0.1", "rmsprop": "0.01", "sgd": "0.5"}
    settings = {"optimizer": optimizer, "learning_rate": rates[optimizer], "epochs": "12"}
    data = {"train": as_lines(ratings(800, 1)), "validation": as_lines(ratings(100, 2))}
    training = train(lab, REGRESSION | settings | {"weight_decay": "0.00001"}, **data)
    assert training.job["TrainingJobStatus"] == "Completed", training.log
    final = {entry["MetricName"]: entry["Value"] for entry in training.job["FinalMetricDataList"]}
    assert final["validation:mean_squared_error"] < 1.1  # the labels' variance is about 1.25
