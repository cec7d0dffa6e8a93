"""The demo of r_recommender: five films for somebody whom the model has never seen."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from demos.data import movielens
from demos.demo import Demo, Endpoint

TOP_K = 5
# Films of MovieLens 100K that most people know, as somebody fond of space operas rates them.
RATINGS = {"50": 5, "172": 5, "181": 5, "222": 4, "1": 3, "313": 1}


def inputs() -> dict[str, Path]:
    """The ratings of MovieLens 100K."""
    return {"RatingsS3Uri": movielens().ratings}


def show_evaluation(evaluation: Mapping[str, Any], console: Console) -> None:
    """Print the measures of the five recommended items and of the predicted ratings."""
    counts = evaluation["counts"]
    console.print(
        f"\nOn {counts['held_out_users']:,} users whom the model has not seen, and "
        f"{counts['hidden_ratings']:,} of their ratings that were hidden from it:"
    )
    table = Table()
    table.add_column("recommended by")
    columns = {
        "precision_at_5": "liked, of five",
        "rated_precision_at_5": "rated, of five",
        "hit_rate_at_5": "users with one liked",
        "rmse": "RMSE",
    }
    for title in columns.values():
        table.add_column(title, justify="right")
    rows = {**evaluation["baselines"], "the model": evaluation["recommender_metrics"]}
    for name, metrics in rows.items():
        values = [f"{metrics[key]['value']:.3f}" if key in metrics else "" for key in columns]
        style = "bold" if name == "the model" else None
        table.add_row(name.replace("_", " "), *values, style=style)
    console.print(table)


def ask(endpoint: Endpoint, console: Console) -> None:
    """Send the ratings of somebody new, and print what the endpoint recommends."""
    titles = _titles()
    console.print("Somebody new has rated:")
    for item, rating in RATINGS.items():
        console.print(f"  {rating}  {titles[item]}", markup=False)
    instances = [
        {"user_id": "new", "item_id": item, "rating": rating} for item, rating in RATINGS.items()
    ]
    request = {"instances": instances, "top_k": TOP_K}
    start = time.perf_counter()
    answer = endpoint.invoke(request)
    milliseconds = 1000 * (time.perf_counter() - start)
    console.print(f"{endpoint.name} answered in {milliseconds:.0f} ms:")
    for place, found in enumerate(answer["recommendations"], 1):
        console.print(
            f"  {place}. {titles[found['item_id']]}  ({found['score']:.2f})", markup=False
        )


def _titles() -> dict[str, str]:
    rows = movielens().items.read_text("utf-8").splitlines()[1:]
    return {row.split("\t")[0]: row.split("\t")[1] for row in rows}


DEMO = Demo(
    description="ratings -> a container of one's own, in R -> titles for somebody new",
    inputs=inputs,
    show_evaluation=show_evaluation,
    ask=ask,
    needs=("r",),
)
