"""The demo of book_ratings: five titles that a user would like best."""

import time
from pathlib import Path

from rich.console import Console

from demos.data import movielens
from demos.demo import Demo, Endpoint
from demos.errors_table import show_errors

TOP_K = 5


def inputs() -> dict[str, Path]:
    """MovieLens 100K."""
    data = movielens()
    return {"RatingsS3Uri": data.ratings, "ItemsS3Uri": data.items}


def ask(endpoint: Endpoint, console: Console) -> None:
    """Ask for the titles that a user would like best, and print them."""
    request = {"user_id": endpoint.user_id, "top_k": TOP_K}
    console.print(f"invoke_endpoint({endpoint.name!r}, {request})", soft_wrap=True)
    start = time.perf_counter()
    answer = endpoint.invoke(request)
    console.print(f"answered in {1000 * (time.perf_counter() - start):.0f} ms:")
    for place, item in enumerate(answer["recommendations"], 1):
        console.print(f"  {place}. {item['title']}  ({item['score']:.2f})", markup=False)


DEMO = Demo(
    description="ratings -> tuned XGBoost on factors and neighbourhoods -> recommended titles",
    inputs=inputs,
    show_evaluation=show_errors,
    ask=ask,
)
