"""How quickly and how well the image object2vec learns ratings.

    python -m benchmarks.object2vec [--rounds 3]

Speed is that of the recipe's own training loop with the usual network for ratings (enc_dim 1024,
mlp_dim 256, rows of the embeddings updated sparsely), beside a floor measured just before: the
three products of matrices that a step of its dense layer cannot do without. Quality is the error
on held-out ratings of chapter 7's file, where SHARED_DATA says that it is, with the middle of the
pipeline's ranges; nothing is chosen by it.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean, median

from benchmarks.figures import Figure, print_figures
from emulator.commands.directories import default_cache_dir
from emulator.containers import Containers

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/object2vec:1"
PREPARE = Path(__file__).resolve().parent.parent / "steps/object2vec/prepare.py"
SPEED_BOUNDS = {64: 5_000, 512: 12_000}  # samples a second, on two cores
MSE_BOUND = 0.72
SEEDS = range(5)

# Runs in the image's environment; vocabularies as chapter 7's data have them.
SPEED = """
import json, sys, time
import mxnet as mx, numpy as np
from object2vec_image.batches import network_inputs
from object2vec_image.examples import Examples, Sequences
from object2vec_image.fitting import make_trainer, run_epoch
from object2vec_image.hyperparameters import read_settings
from object2vec_image.network import initialize, make_network

size, count = int(sys.argv[1]), int(sys.argv[2])

def floor():
    wide, hidden = mx.nd.random.normal(shape=(size, 4096)), mx.nd.random.normal(shape=(size, 256))
    weight = mx.nd.random.normal(shape=(256, 4096))
    products = [mx.nd.zeros((size, 256)), mx.nd.zeros((size, 4096)), mx.nd.zeros((256, 4096))]
    def step():
        mx.nd.dot(wide, weight, transpose_b=True, out=products[0])
        mx.nd.dot(hidden, weight, out=products[1])
        mx.nd.dot(hidden, wide, transpose_a=True, out=products[2])
    for _ in range(3):
        step()
    mx.nd.waitall()
    steps, began = max(1, count // size), time.perf_counter()
    for _ in range(steps):
        step()
    mx.nd.waitall()
    return steps * size / (time.perf_counter() - began)

def column(vocabulary):
    tokens = np.random.default_rng(0).integers(vocabulary, size=count).astype(np.int32)
    return Sequences(tokens, np.arange(count), np.ones(count, np.int64))

examples = Examples((column(12347), column(985)), np.random.default_rng(1).normal(size=count)
                    .astype(np.float32))
settings = read_settings({
    "enc0_network": "pooled_embedding", "enc1_network": "pooled_embedding", "enc_dim": "1024",
    "enc0_max_seq_len": "1", "enc1_max_seq_len": "1", "enc0_vocab_size": "12347",
    "enc1_vocab_size": "985", "mlp_layers": "1", "mlp_dim": "256", "mlp_activation": "relu",
    "output_layer": "mean_squared_error", "mini_batch_size": str(size),
    "token_embedding_storage_type": "row_sparse",
})
network = make_network(settings)
one = network_inputs(examples.inputs, np.array([0]), (1, 1), is_masked=False)
initialize(network, one, 0.0, 0)
trainer, generator = make_trainer(network, settings), np.random.default_rng(2)
found = []
for epoch in range(2):  # the first allocates
    base = floor()
    began = time.perf_counter()
    run_epoch(network, trainer, settings, examples, generator, "algo-1", epoch)
    found = [base, count / (time.perf_counter() - began)]
print(json.dumps(found))
"""
HYPERPARAMETERS = {
    "enc0_network": "pooled_embedding",
    "enc1_network": "pooled_embedding",
    "enc0_max_seq_len": "1",
    "enc1_max_seq_len": "1",
    "output_layer": "mean_squared_error",
    "token_embedding_storage_type": "row_sparse",
    "comparator_list": "hadamard",
    "mlp_layers": "0",
    "optimizer": "adagrad",
    "learning_rate": "0.015",
    "enc_dim": "512",
    "mini_batch_size": "256",
    "epochs": "40",
    "early_stopping_patience": "2",
    "early_stopping_tolerance": "0.0005",
}


def measure(rounds: int = 3) -> list[Figure]:
    """Speed at two sizes of batches, and quality where there are data."""
    containers = Containers(default_cache_dir(), {})
    image = containers.resolve(IMAGE)
    bin_directory = containers.environment(image, None, print).bin
    variables = {**os.environ, **image.recipe.variables}
    figures = [
        _speed(bin_directory, variables, size, bound, rounds)
        for size, bound in SPEED_BOUNDS.items()
    ]
    ratings = Path(os.environ.get("SHARED_DATA", ""), "goodbooks/ratings_chapter7.csv")
    if not ratings.is_file():
        print("no chapter 7 ratings: set SHARED_DATA", file=sys.stderr)
        return figures
    found = [_held_out_mse(bin_directory, variables, ratings, seed) for seed in SEEDS]
    told = ", ".join(f"{mse:.4f}" for mse in found)
    name = f"object2vec: held-out MSE, {ratings.name}"
    compared = "bias and ALS 0.710 +- .013 on 90 %"
    return [
        *figures,
        Figure(f"{name}, seed 0", f"{found[0]:.4f}", "", found[0], MSE_BOUND),
        Figure(f"{name}, mean of 5", told, compared, mean(found), MSE_BOUND),
    ]


def _speed(
    bin_directory: Path, variables: dict[str, str], size: int, bound: int, rounds: int
) -> Figure:
    command = [str(bin_directory / "python"), "-c", SPEED, str(size), str(size * 150)]
    found = []
    for _ in range(rounds):
        said = subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True).stdout
        found.append(json.loads(said.splitlines()[-1]))
    floor, rate = (median(column) for column in zip(*found, strict=True))
    return Figure(
        f"object2vec: samples/s at batch {size}",
        f"{rate:,.0f}",
        f"the dense layer's products alone {floor:,.0f}, {rate / floor:.0%} of it",
        rate,
        bound,
        at_least=True,
    )


def _held_out_mse(
    bin_directory: Path, variables: dict[str, str], ratings: Path, seed: int
) -> float:
    """The test metric that the algorithm logs after training on one split."""
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory)
        (base / "processing/input/ratings").mkdir(parents=True)
        (base / "processing/input/ratings" / ratings.name).write_bytes(ratings.read_bytes())
        options = ["--base-directory", str(base), "--validation-fraction", "0.05"]
        prepare = [sys.executable, str(PREPARE), *options, "--seed", str(seed)]
        subprocess.run(prepare, stdout=subprocess.DEVNULL, check=True)
        output = base / "processing/output"
        sizes = json.loads((output / "vocabulary/sizes.json").read_text())
        (base / "input/config").mkdir(parents=True)
        given = {"enc0_vocab_size": sizes["users"], "enc1_vocab_size": sizes["items"]}
        channels = ("train", "validation", "test")
        configs = {
            "hyperparameters": HYPERPARAMETERS | given,
            "inputdataconfig": {name: {} for name in channels},
        }
        for name, config in configs.items():
            (base / f"input/config/{name}.json").write_text(json.dumps(config))
        (base / "input/data").mkdir()
        for name in channels:
            (output / name).rename(base / "input/data" / name)
        said = subprocess.run(
            [str(bin_directory / "train")],
            env=variables | {"SAGEMAKER_BASE_DIR": str(base)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    found = re.search(r"test mean_squared_error <loss>=(\S+)", said)
    if found is None:
        raise RuntimeError(f"the algorithm logged no test metric:\n{said}")
    return float(found.group(1))


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="of speed; default 3")
    print_figures(measure(parser.parse_args(argv).rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
