"""Processing step: what models predicted for held-out pairs, beside three baselines.

Reads labelled JSON lines in `processing/{train,validation,test}` below the machine-learning
directory (/opt/ml), and the output of batch transforms in `processing/predictions` (the model) and
`processing/<name>_predictions` (for each --beside <name>, another model): for validation.jsonl
and test.jsonl a file `<its name>.out` each, with a line {"scores": [rating]} for each pair.
Writes `processing/evaluation/evaluation.json` in the form of SageMaker's model quality metrics.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from baselines import predict_baselines
from faults import BadInput, report

METRICS = ("mse", "rmse", "mae")


def measure(predicted: np.ndarray, ratings: np.ndarray) -> dict[str, float]:
    """Mean squared error, its root, and mean absolute error."""
    error = predicted - ratings
    mse = float((error**2).mean())
    return {"mse": mse, "rmse": mse**0.5, "mae": float(np.abs(error).mean())}


def evaluate(
    train: pd.DataFrame,
    asked: pd.DataFrame,
    predicted: np.ndarray,
    others: Mapping[str, np.ndarray],
) -> dict[str, Any]:
    """The model's errors on the pairs asked, and those of what it is compared with."""
    ratings = asked.rating.to_numpy()
    compared = {**predict_baselines(train, asked), **others}
    return {
        "regression_metrics": {
            name: {"value": value, "standard_deviation": "NaN"}
            for name, value in measure(predicted, ratings).items()
        },
        "baselines": {
            name: {metric: {"value": value} for metric, value in measure(said, ratings).items()}
            for name, said in compared.items()
        },
    }


def read_pairs(directory: Path) -> pd.DataFrame:
    """Labelled JSON lines as user, item and rating.

    Raises:
        BadInput: no file, or lines that prepare.py does not write.
    """
    rows = [
        (line["in0"][0], line["in1"][0], line["label"])
        for path in sorted(directory.glob("*.jsonl"))
        for line in _read_lines(path)
    ]
    if not rows:
        raise BadInput([f"{directory}: no rows, expected .jsonl files of prepare.py"])
    return pd.DataFrame(rows, columns=["user", "item", "rating"])


def read_predictions(path: Path, count: int) -> np.ndarray:
    """The score of each pair, in their order.

    Raises:
        BadInput: no file, another number of lines, or something else than one finite score.
    """
    if not path.is_file():
        raise BadInput([f"{path}: no such file, expected the output of a batch transform"])
    scores = [line.get("scores") for line in _read_lines(path)]
    if len(scores) != count:
        raise BadInput([f"{path}: {len(scores)} predictions, expected {count}, one for each pair"])
    values = np.array(
        [score[0] if isinstance(score, list) and len(score) == 1 else np.nan for score in scores],
        dtype=float,
    )
    if not np.isfinite(values).all():
        line = int(np.flatnonzero(~np.isfinite(values))[0]) + 1
        raise BadInput([f"{path} line {line}: got {scores[line - 1]}, expected one finite score"])
    return values


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the step; gives 1 after bad input, whose text goes to `output/message` too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base-directory", default=os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    parser.add_argument("--beside", action="append", default=[], metavar="NAME")
    arguments = parser.parse_args(argv)
    base = Path(arguments.base_directory)
    try:
        evaluation = _evaluate_all(base / "processing", arguments.beside)
    except BadInput as error:
        report(error, base)
        return 1
    target = base / "processing/evaluation/evaluation.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(".evaluation.json")
    partial.write_text(json.dumps(evaluation, indent=2) + "\n", encoding="utf-8")
    partial.replace(target)
    for part, found in (("validation", evaluation["validation"]), ("test", evaluation)):
        _print_table(part, found)
    return 0


def _evaluate_all(processing: Path, beside: Sequence[str]) -> dict[str, Any]:
    train = read_pairs(processing / "train")
    parts = {}
    for part in ("validation", "test"):
        asked = read_pairs(processing / part)
        file = f"{part}.jsonl.out"
        predicted = read_predictions(processing / "predictions" / file, len(asked))
        others = {
            name: read_predictions(processing / f"{name}_predictions" / file, len(asked))
            for name in beside
        }
        parts[part] = evaluate(train, asked, predicted, others) | {
            "rows": {part: len(asked), "train": len(train)}
        }
    # Nothing was chosen by the test pairs, so theirs is the quality that counts.
    return {**parts["test"], "validation": parts["validation"]}


def _read_lines(path: Path) -> list[Any]:
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            raise BadInput([f"{path} line {number}: not JSON: {error}"]) from error
        if not isinstance(found[-1], dict):
            raise BadInput([f"{path} line {number}: got {line[:60]}, expected an object"])
    return found


def _print_table(part: str, evaluation: Mapping[str, Any]) -> None:
    rows = {"model": evaluation["regression_metrics"], **evaluation["baselines"]}
    print(f"{part:12} {'MSE':>8} {'RMSE':>8} {'MAE':>8}")
    for name, metrics in rows.items():
        print(f"{name:12} " + " ".join(f"{metrics[metric]['value']:8.4f}" for metric in METRICS))
    print(flush=True)


if __name__ == "__main__":
    sys.exit(main())
