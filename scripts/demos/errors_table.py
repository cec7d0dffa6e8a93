"""The errors of a model that predicts ratings, beside those of its baselines."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def show_errors(evaluation: Mapping[str, Any], console: Console) -> None:
    """Print MSE, RMSE and MAE on the held-out ratings, the model's in bold."""
    rows = evaluation["rows"]
    console.print(f"\nErrors on {rows['test']:,} held-out ratings, {rows['train']:,} to train on:")
    table = Table()
    table.add_column("predicted by")
    for name in ("MSE", "RMSE", "MAE"):
        table.add_column(name, justify="right")
    for name, errors in evaluation["baselines"].items():
        table.add_row(name.replace("_", " "), *_three(errors))
    table.add_row("the model", *_three(evaluation["regression_metrics"]), style="bold")
    console.print(table)


def _three(errors: Mapping[str, Any]) -> list[str]:
    return [f"{errors[name]['value']:.4f}" for name in ("mse", "rmse", "mae")]
