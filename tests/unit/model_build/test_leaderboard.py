"""leaderboard against a client in memory."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model_build import leaderboard
from tests.unit.pipelines.aws_in_memory import Client, client_error

ENVIRONMENT = {"AWS_REGION": "us-east-1"}
PIPELINE = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/book-ratings"


def trained(name: str, rmse: float) -> dict[str, Any]:
    return {
        "TrainingJob": {
            "TrainingJobName": name,
            "TrainingJobStatus": "Completed",
            "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
            "FinalMetricDataList": [{"MetricName": "validation:rmse", "Value": rmse}],
            "HyperParameters": {"eta": str(rmse)},
        }
    }


class Aws:
    """The client that the command makes, and what it finds."""

    def __init__(self, jobs: list[dict[str, Any]], refusal: Exception | None = None) -> None:
        found = {"Pipeline": [{"Pipeline": {"PipelineArn": PIPELINE}}], "TrainingJob": jobs}

        def search(request: dict[str, Any]) -> dict[str, Any]:
            return {"Results": found.get(request["Resource"], [])}

        self.sagemaker = Client("sagemaker", {"search": refusal or search})

    def client(self, service: str, region: str) -> Client:
        assert (service, region) == ("sagemaker", "us-east-1")
        return self.sagemaker


JOBS = [trained("worse", 0.9), trained("better", 0.8)]


def test_the_ranking_is_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ranking.json"
    words = ["--metric", "validation:rmse", "--output", str(file)]
    aws = Aws(JOBS)
    assert leaderboard.main(words, ENVIRONMENT, aws.client) == 0
    printed = capsys.readouterr().out
    assert printed.index("better") < printed.index("worse")
    jobs = json.loads(file.read_text("utf-8"))["jobs"]
    assert [job["training_job"] for job in jobs] == ["better", "worse"]
    asked = aws.sagemaker.requests_of("search")[0]["SearchExpression"]["Filters"][0]
    assert (asked["Name"], asked["Value"]) == ("PipelineName", "book-ratings")


def test_an_unknown_metric_is_answered_with_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert leaderboard.main(["--metric", "auc"], ENVIRONMENT, Aws(JOBS).client) == 2
    assert "The jobs' metrics are validation:rmse" in capsys.readouterr().err


def test_a_pipeline_without_jobs_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert leaderboard.main([], ENVIRONMENT, Aws([]).client) == 1
    assert "book-ratings has no training jobs" in capsys.readouterr().err


def test_a_file_of_no_known_format_is_refused_before_anything_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    aws = Aws(JOBS)
    assert leaderboard.main(["--output", "ranking.xls"], ENVIRONMENT, aws.client) == 2
    assert "ranking.xls, expected a file that ends in .csv, .json, .html" in (
        capsys.readouterr().err
    )
    assert aws.sagemaker.requests == []


def test_a_file_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--metric", "validation:rmse", "--output", str(tmp_path / "none" / "ranking.csv")]
    assert leaderboard.main(words, ENVIRONMENT, Aws(JOBS).client) == 2
    assert "--output" in capsys.readouterr().err


def test_a_refusal_of_aws_is_told_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    refused = client_error("AccessDeniedException", "not allowed to Search", "Search")
    assert leaderboard.main([], ENVIRONMENT, Aws([], refused).client) == 1
    error = capsys.readouterr().err
    assert "not allowed to Search" in error
    assert "Traceback" not in error


def test_without_a_region_it_says_how_to_give_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert leaderboard.main([], {}, Aws(JOBS).client) == 2
    assert "Missing: --region" in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_top_is_a_whole_number(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        leaderboard.main([f"--top={count}"], ENVIRONMENT, Aws(JOBS).client)
    assert "expected a whole number from 1" in capsys.readouterr().err


def test_a_further_graph_of_a_model_is_found_by_the_name_that_run_pipeline_gives_it() -> None:
    aws = Aws(JOBS)
    leaderboard.main(
        ["--pipeline", "spark_ratings.polars", "--metric", "validation:rmse"],
        ENVIRONMENT,
        aws.client,
    )
    asked = aws.sagemaker.requests_of("search")[0]["SearchExpression"]["Filters"][0]
    assert (asked["Name"], asked["Value"]) == ("PipelineName", "spark-ratings-polars")
