"""A ranking as a table and as files."""

import csv
import io
import json
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from rich.console import Console

from model_build.ranking import Objective, Ranking, TrainedJob
from model_build.ranking_output import as_csv, as_html, as_json, show

RMSE = "validation:rmse"


def job(name: str, rmse: float, **hyperparameters: str) -> TrainedJob:
    return TrainedJob(
        name=name,
        status="Completed",
        step="Tune",
        execution="abc",
        tuning_job="tune-1",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=3,
        metrics={RMSE: rmse, "train:rmse": rmse / 2},
        hyperparameters=hyperparameters,
    )


@pytest.fixture
def ranking() -> Ranking:
    jobs = [job("a", 0.5, eta="0.123456789", seed="0"), job("<b>", 0.75, eta="[bold]", seed="0")]
    return Ranking("books", Objective(RMSE, True), jobs, unranked=3)


def printed(ranking: Ranking, top: int) -> str:
    output = io.StringIO()
    show(ranking, top, Console(file=output, width=150))
    return output.getvalue()


def test_the_table_has_the_metric_and_what_tells_the_jobs_apart(ranking: Ranking) -> None:
    text = printed(ranking, 20)
    for expected in ("the lowest first", RMSE, "0.5", "eta", "0.123457", "Tune", "<b>", "[bold]"):
        assert expected in text
    assert "The same in all: seed 0" in text
    assert f"3 more have no {RMSE}" in text


def test_the_table_ends_at_top_and_says_so(ranking: Ranking) -> None:
    text = printed(ranking, 1)
    assert "1 of 2 jobs; --top shows more." in text
    assert "<b>" not in text


def test_csv_has_a_column_for_each_metric_and_hyperparameter(ranking: Ranking) -> None:
    first, second = csv.DictReader(io.StringIO(as_csv(ranking)))
    assert (first["rank"], first["training_job"], first[f"metric {RMSE}"]) == ("1", "a", "0.5")
    assert first["metric train:rmse"] == "0.25"
    assert second["hyperparameter eta"] == "[bold]"
    assert first["created"] == "2026-01-01T00:00:00+00:00"


def test_json_has_the_jobs_in_order(ranking: Ranking) -> None:
    document = json.loads(as_json(ranking))
    assert (document["metric"], document["direction"]) == (RMSE, "Minimize")
    assert [each["training_job"] for each in document["jobs"]] == ["a", "<b>"]
    assert document["jobs"][0]["hyperparameters"] == {"eta": "0.123456789", "seed": "0"}


def test_html_is_a_table_in_which_names_are_text(ranking: Ranking) -> None:
    class Cells(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.texts: list[str] = []
            self.tags: set[str] = set()

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.tags.add(tag)

        def handle_data(self, data: str) -> None:
            self.texts.append(data)

    page = Cells()
    page.feed(as_html(ranking))
    assert {RMSE, "0.75", "eta", "<b>", "abc"} <= set(page.texts)
    assert "b" not in page.tags
