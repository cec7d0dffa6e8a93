"""The demo of title_embeddings: titles near to one that is known and to one that is made up."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from demos.data import ROOT, movielens
from demos.demo import Demo, Endpoint

KNOWN_TITLE = "Star Wars"
NEW_TITLE = "The Wizard of the Frozen Castle"
TOP_K = 5
MAPS = ROOT / ".demo" / "title_embeddings"


def inputs() -> dict[str, Path]:
    """The titles of MovieLens 100K, with their genres."""
    return {"TitlesS3Uri": movielens().items}


def show_evaluation(evaluation: Mapping[str, Any], console: Console) -> None:
    """Print how often near titles share a genre, and where the map of the titles is."""
    coverage, vectors = evaluation["coverage"], evaluation["vectors"]
    console.print(
        f"\nWord vectors: {vectors['name']} ({vectors['reason']})", markup=False, soft_wrap=True
    )
    console.print(
        f"They have {coverage['words']['value']:.1%} of the titles' words and give "
        f"{coverage['titles']['value']:.1%} of {evaluation['rows']['titles']:,} titles a vector."
    )
    console.print(
        f"Of a title's ten nearest, how many share a value of '{evaluation['group_column']}' "
        "(which no method has seen):",
        soft_wrap=True,
    )
    table = Table()
    table.add_column("nearest by")
    for name in ("all titles", "no word in common"):
        table.add_column(name, justify="right")
    for name, metrics in evaluation["baselines"].items():
        table.add_row(name.replace("_", " "), *_shares(metrics))
    table.add_row("the embeddings", *_shares(evaluation["retrieval_metrics"]), style="bold")
    console.print(table)
    for kind, what in (("png", "a picture"), ("html", "to zoom, titles where you point")):
        uri = evaluation["maps"][kind]
        console.print(f"Map of the titles, {what}: {uri}", soft_wrap=True)
        console.print(f"  here: {_fetch(uri)}", soft_wrap=True)


def ask(endpoint: Endpoint, console: Console) -> None:
    """Ask for the titles nearest to a known and to a new one, and print them."""
    for title in (KNOWN_TITLE, NEW_TITLE):
        request = {"title": title, "top_k": TOP_K}
        console.print(f"invoke_endpoint({endpoint.name!r}, {request})", soft_wrap=True)
        start = time.perf_counter()
        answer = endpoint.invoke(request)
        took_ms = 1000 * (time.perf_counter() - start)
        kind = "a title of the catalogue" if answer["is_known"] else "a new title"
        console.print(f"{kind}, answered in {took_ms:.0f} ms:")
        for place, item in enumerate(answer["neighbours"], 1):
            console.print(f"  {place}. {item['title']}  ({item['similarity']:.2f})", markup=False)


def _shares(metrics: Mapping[str, Any]) -> list[str]:
    names = ("related_at_10", "related_without_common_word_at_10")
    return [f"{metrics[name]['value']:.1%}" if name in metrics else "-" for name in names]


def _fetch(s3_uri: str) -> Path:
    bucket, _, key = s3_uri.removeprefix("s3://").partition("/")
    path = MAPS / Path(key).name
    path.parent.mkdir(parents=True, exist_ok=True)
    boto3.client("s3").download_file(bucket, key, str(path))
    return path


DEMO = Demo(
    description="titles -> Gluon encoder on word vectors -> map of the titles, nearest titles",
    inputs=inputs,
    show_evaluation=show_evaluation,
    ask=ask,
)
