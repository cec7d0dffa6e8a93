"""tuning-report against a client in memory: what it asks, what it writes, what it says."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from model_build import tuning_report
from tests.unit.model_build.tuning.described import (
    ARN,
    NAME,
    OBJECTIVE,
    RANGES,
    START,
    client,
    training_job,
    tuning_job,
)
from tests.unit.pipelines.aws_in_memory import Client, client_error

PNG = b"\x89PNG\r\n\x1a\n"
PICTURES = {"objective-over-time.png", "objective-by-hyperparameter.png", "parallel.png"}
JOBS = [training_job(1, 0.92), training_job(2, 0.88), training_job(3, 0.9)]
EXECUTION = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/book-ratings/execution"


class Texts(HTMLParser):
    """The cells of a page's tables, and all its text outside of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.text = ""
        self._inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._inside.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "script" in self._inside or "style" in self._inside:
            return
        self.text += data
        if {"td", "th"} & set(self._inside):
            self.rows[-1][-1] += data


def report(
    sagemaker: Client, *words: str, output: Path, environment: dict[str, str] | None = None
) -> int:
    given = {"AWS_REGION": "us-east-1"} if environment is None else environment
    arguments = [*words, "--output", str(output)]
    return tuning_report.main(
        arguments, given, lambda service, region: sagemaker, lambda: START + timedelta(hours=2)
    )


def page(output: Path) -> Texts:
    return Texts((output / "report.html").read_text(encoding="utf-8"))


def names(output: Path) -> set[str]:
    return {path.name for path in output.iterdir()}


def test_the_page_and_the_pictures_are_written(tmp_path, capsys):
    assert report(client(tuning_job(), JOBS), NAME, output=tmp_path) == 0
    assert names(tmp_path) == {"report.html", *PICTURES}
    for name in PICTURES:
        assert (tmp_path / name).read_bytes().startswith(PNG)
    assert f"Wrote {tmp_path / 'report.html'}" in capsys.readouterr().out


def test_the_page_needs_no_network(tmp_path):
    report(client(tuning_job(), JOBS), NAME, output=tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"<(?:script|img|iframe)[^>]*\ssrc=", text)
    assert not re.search(r"<link\b[^>]*href=", text)
    assert "@import" not in text[: text.index("<script>")]


def test_the_table_has_the_best_training_job_first_with_its_hyperparameters(tmp_path):
    report(client(tuning_job(), JOBS), NAME, output=tmp_path)
    rows = page(tmp_path).rows
    head, first, *_ = rows
    assert head[1:3] == ["validation:rmse", "Duration"]
    found = dict(zip(head, first, strict=True))
    assert found["validation:rmse"] == "0.88000"
    assert (found["eta"], found["depth"], found["booster"]) == ("0.02", "3", "dart")
    assert found["Duration"] == "50.0 s"
    assert found["Training job"] == JOBS[1]["TrainingJobName"]


def test_an_arn_brings_its_region(tmp_path):
    regions = []

    def make_client(service: str, region: str) -> Client:
        regions.append(region)
        return client(tuning_job(), JOBS)

    assert tuning_report.main([ARN, "--output", str(tmp_path)], {}, make_client) == 0
    assert regions == ["eu-west-1"]


def test_what_failed_is_told_with_its_reason(tmp_path):
    failed = training_job(4, None, status="Failed", FailureReason="AlgorithmError: no rows")
    silent = training_job(5, None)
    stopped = training_job(6, None, status="Stopped")
    assert (
        report(client(tuning_job(), [*JOBS, failed, silent, stopped]), NAME, output=tmp_path) == 0
    )
    rows = {row[0]: row for row in page(tmp_path).rows}
    assert rows[failed["TrainingJobName"]][2] == "AlgorithmError: no rows"
    assert "regular expression" in rows[silent["TrainingJobName"]][2]
    assert "before it had an objective" in rows[stopped["TrainingJobName"]][2]
    assert names(tmp_path) > PICTURES


def test_a_job_without_any_objective_says_so_and_leaves_no_old_picture(tmp_path, capsys):
    report(client(tuning_job(), JOBS), NAME, output=tmp_path)
    running = [training_job(n, None, status="InProgress") for n in (1, 2)]
    described = tuning_job(HyperParameterTuningJobStatus="InProgress")
    del described["HyperParameterTuningEndTime"]
    assert report(client(described, running), NAME, output=tmp_path) == 0
    assert names(tmp_path) == {"report.html"}
    text = page(tmp_path).text
    assert "No training job has given the objective yet" in text
    assert "2 InProgress" in text
    assert "Time so far2 h 00 min" in text
    assert "has given the objective yet: no pictures" in capsys.readouterr().err


def test_a_job_that_has_not_started_any_can_be_reported(tmp_path):
    assert report(client(tuning_job(), []), NAME, output=tmp_path) == 0
    assert names(tmp_path) == {"report.html"}


def test_each_definition_has_its_section_and_its_pictures(tmp_path):
    described = tuning_job()
    del described["TrainingJobDefinition"]
    config = described["HyperParameterTuningJobConfig"]
    del config["HyperParameterTuningJobObjective"], config["ParameterRanges"]
    described["TrainingJobDefinitions"] = [
        {"DefinitionName": name, "TuningObjective": OBJECTIVE, "HyperParameterRanges": RANGES}
        for name in ("trees", "lines")
    ]
    jobs = [
        {**job, "TrainingJobDefinitionName": name}
        for job, name in zip(JOBS, ("trees", "lines", "trees"), strict=True)
    ]
    assert report(client(described, jobs), NAME, output=tmp_path) == 0
    expected = {f"{name}-{picture}" for name in ("trees", "lines") for picture in PICTURES}
    assert names(tmp_path) == {"report.html", *expected}
    text = page(tmp_path).text
    assert "Definition trees" in text
    assert "Definition lines" in text


HOSTILE = '<img src=x onerror="alert(1)">$\\frac{$</script><script>alert(2)</script>'


def test_names_and_reasons_cannot_put_code_into_the_page(tmp_path):
    tuned = {"eta": "0.1", HOSTILE: HOSTILE, "depth": "4", "booster": "dart"}
    jobs = [
        training_job(1, 0.9, tuned=tuned),
        training_job(2, None, status="Failed", FailureReason=HOSTILE),
    ]
    described = tuning_job(FailureReason=HOSTILE)
    assert report(client(described, jobs), NAME, output=tmp_path) == 0
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<img" not in text[text.index("</head>") :]
    assert "<script>alert" not in text
    assert HOSTILE in page(tmp_path).text


def pipeline(**answers: Any) -> Client:
    executions = [
        {"PipelineExecutionArn": f"{EXECUTION}/new"},
        {"PipelineExecutionArn": f"{EXECUTION}/old"},
    ]

    def steps(request: dict[str, Any]) -> dict[str, Any]:
        if request["PipelineExecutionArn"].endswith("new"):
            return {"PipelineExecutionSteps": [{"StepName": "Prepare", "StartTime": START}]}
        trained = {
            "StepName": "ValidateDefault",
            "Metadata": {"TrainingJob": {"Arn": f"{ARN.rpartition(':')[0]}:training-job/default"}},
        }
        tuned = {
            "StepName": "Tune",
            "StartTime": START,
            "Metadata": {"TuningJob": {"Arn": ARN}},
        }
        return {"PipelineExecutionSteps": [trained, tuned]}

    default = {"FinalMetricDataList": [{"MetricName": "validation:rmse", "Value": 0.95}]}
    return client(
        tuning_job(),
        JOBS,
        list_pipeline_executions={"PipelineExecutionSummaries": executions},
        list_pipeline_execution_steps=steps,
        describe_training_job=default,
        **answers,
    )


def test_a_pipeline_s_newest_tuning_job_is_compared_with_the_training_beside_it(tmp_path, capsys):
    sagemaker = pipeline()
    assert report(sagemaker, "--pipeline", "book_ratings", output=tmp_path) == 0
    (asked,) = sagemaker.requests_of("list_pipeline_executions")
    assert (asked["PipelineName"], asked["SortOrder"]) == ("book-ratings", "Descending")
    (described,) = sagemaker.requests_of("describe_hyper_parameter_tuning_job")
    assert described["HyperParameterTuningJobName"] == NAME
    assert sagemaker.requests_of("describe_training_job") == [{"TrainingJobName": "default"}]
    told = "0.88000 is better than the 0.95000 of ValidateDefault by 7.4%"
    assert told in capsys.readouterr().out
    assert told in page(tmp_path).text


def test_a_pipeline_that_never_tuned_is_told(tmp_path, capsys):
    sagemaker = client(
        tuning_job(), JOBS, list_pipeline_executions={"PipelineExecutionSummaries": []}
    )
    assert report(sagemaker, "--pipeline", "titles", output=tmp_path) == 1
    assert "Pipeline titles has no tuning job" in capsys.readouterr().err


def test_a_training_job_to_compare_with_must_have_the_metric(tmp_path, capsys):
    sagemaker = client(tuning_job(), JOBS, describe_training_job={})
    output = tmp_path / "out"
    assert report(sagemaker, NAME, "--compare", "other", output=output) == 2
    assert "--compare other: the training job has no value of validation:rmse" in (
        capsys.readouterr().err
    )
    assert not output.exists()


def test_an_unknown_job_is_answered_with_those_that_there_are(tmp_path, capsys):
    # AWS's words for it.
    message = "Amazon SageMaker can't find a tuning job called nope. Type another name."
    listed = {"HyperParameterTuningJobSummaries": [{"HyperParameterTuningJobName": NAME}]}
    sagemaker = client(
        client_error("ResourceNotFound", message, "DescribeHyperParameterTuningJob"),
        [],
        list_hyper_parameter_tuning_jobs=listed,
    )
    assert report(sagemaker, "nope", output=tmp_path) == 1
    said = capsys.readouterr().err
    assert message in said
    assert f"The newest tuning jobs: {NAME}." in said


def test_the_arn_of_something_else_is_refused(tmp_path, capsys):
    arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/x"
    assert report(client({}, []), arn, output=tmp_path) == 1
    assert f"{arn} is not the ARN of a hyper parameter tuning job" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], [NAME, "--pipeline", "book_ratings"]])
def test_one_of_a_job_and_a_pipeline_must_be_given(words, tmp_path, capsys):
    assert report(client({}, []), *words, output=tmp_path) == 2
    assert "give the tuning job, or --pipeline" in capsys.readouterr().err


def test_a_further_graph_of_a_model_is_found_by_the_name_that_run_pipeline_gives_it(tmp_path):
    sagemaker = pipeline()
    assert report(sagemaker, "--pipeline", "spark_ratings.polars", output=tmp_path) == 0
    (asked,) = sagemaker.requests_of("list_pipeline_executions")
    assert asked["PipelineName"] == "spark-ratings-polars"


def test_a_pipeline_that_does_not_exist_is_told_with_what_makes_it(tmp_path, capsys):
    refused = client_error("ResourceNotFound", "does not exist.", "ListPipelineExecutions")
    sagemaker = client(tuning_job(), JOBS, list_pipeline_executions=refused)
    assert report(sagemaker, "--pipeline", "titles", output=tmp_path) == 1
    assert capsys.readouterr().err == (
        "tuning-report: There is no pipeline 'titles'. run-pipeline makes and runs one.\n"
    )
