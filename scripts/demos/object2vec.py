"""The demo of object2vec: the films that a user would rate highest, by scores of all pairs."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from demos.data import movielens
from demos.demo import Demo, Endpoint
from demos.errors_table import show_errors

TOP_K = 5


def inputs() -> dict[str, Path]:
    """MovieLens 100K."""
    return {"RatingsS3Uri": movielens().ratings}


def show_evaluation(evaluation: Mapping[str, Any], console: Console) -> None:
    """Print the errors on both held-out parts."""
    validation = evaluation["validation"]
    mse = {name: errors["mse"]["value"] for name, errors in validation["baselines"].items()}
    model = validation["regression_metrics"]["mse"]["value"]
    beside = ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in mse.items())
    console.print(f"\nMSE on {validation['rows']['validation']:,} ratings to choose by: ", end="")
    console.print(f"the model {model:.4f}; {beside}", soft_wrap=True)
    show_errors(evaluation, console)


def ask(endpoint: Endpoint, console: Console) -> None:
    """Ask for a user's scores of all films, and print the best."""
    films = _films()
    user = _numbers("user_id").index(endpoint.user_id)
    pairs = [{"in0": [user], "in1": [number]} for number in range(len(films))]
    console.print(f"invoke_endpoint({endpoint.name!r}, {len(pairs)} pairs of user "
                  f"{endpoint.user_id} and a film):", soft_wrap=True)  # fmt: skip
    scores = [
        answer["scores"][0] for answer in endpoint.invoke({"instances": pairs})["predictions"]
    ]
    for place, number in enumerate(sorted(range(len(films)), key=lambda n: -scores[n])[:TOP_K], 1):
        console.print(f"  {place}. {films[number]}  ({scores[number]:.2f})", markup=False)


def _numbers(column: str) -> list[str]:
    """Ids in the order of the pipeline's vocabulary: by value."""
    with movielens().ratings.open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        name = next(field for field in rows.fieldnames or () if field.startswith(column))
        return sorted({row[name] for row in rows}, key=int)


def _films() -> list[str]:
    """The films' titles in the order of the pipeline's vocabulary."""
    with movielens().items.open(encoding="utf-8") as file:
        rows = [list(row.values()) for row in csv.DictReader(file, delimiter="\t")]
    titles = {row[0]: row[1] for row in rows}
    return [titles[number] for number in _numbers("item_id")]


DEMO = Demo(
    description="ratings -> tuned Object2Vec beside the untuned network -> scores of pairs",
    inputs=inputs,
    show_evaluation=show_evaluation,
    ask=ask,
)
