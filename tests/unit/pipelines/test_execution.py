"""Following an execution, and showing it."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from pipelines import execution, progress
from pipelines.execution import Execution
from tests.unit.pipelines.aws_in_memory import Client

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/abcdefghijkl"
EARLIER = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/mnopqrstuvwx"
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/book-ratings/3"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def entry(name: str, status: str, second: int | None = 0, **members: Any) -> dict[str, Any]:
    start = {} if second is None else {"StartTime": NOON + timedelta(seconds=second)}
    return {"StepName": name, "StepStatus": status, **start, **members}


def client(*moments: tuple[str, list[dict[str, Any]]]) -> Client:
    return Client(
        "sagemaker",
        {
            "describe_pipeline_execution": [
                {"PipelineExecutionStatus": status} for status, _ in moments
            ],
            "list_pipeline_execution_steps": [
                {"PipelineExecutionSteps": steps} for _, steps in moments
            ],
        },
    )


def test_an_execution_is_shown_until_it_has_ended() -> None:
    sagemaker = client(
        ("Executing", []),
        ("Executing", [entry("Prepare", "Executing")]),
        ("Succeeded", [entry("Prepare", "Succeeded")]),
    )
    shown: list[Execution] = []
    pauses: list[float] = []
    ended = execution.follow(sagemaker, ARN, shown.append, pauses.append)
    assert ended.has_succeeded
    assert [moment.status for moment in shown] == ["Executing", "Executing", "Succeeded"]
    assert len(pauses) == 2


def test_a_long_execution_is_read_every_ten_seconds_at_most() -> None:
    sagemaker = client(*[("Executing", [])] * 400, ("Failed", []))
    pauses: list[float] = []
    ended = execution.follow(sagemaker, ARN, lambda _: None, pauses.append)
    assert not ended.has_succeeded
    assert max(pauses) == 10
    assert pauses == sorted(pauses)


def test_steps_are_in_the_order_that_they_started() -> None:
    steps = [entry("C", "Starting", None), entry("B", "Executing", 5), entry("A", "Succeeded", 1)]
    moment = execution.read(client(("Executing", steps)), ARN)
    assert [step.name for step in moment.steps] == ["A", "B", "C"]


def test_a_step_tells_its_seconds_and_where_it_was_reused_from() -> None:
    step = entry(
        "Prepare",
        "Succeeded",
        EndTime=NOON + timedelta(seconds=2.5),
        CacheHitResult={"SourcePipelineExecutionArn": EARLIER},
        Metadata={"ProcessingJob": {"Arn": "arn:aws:sagemaker:::processing-job/j"}},
    )
    (read,) = execution.read(client(("Executing", [step])), ARN).steps
    assert read.seconds(NOON) == 2.5
    assert progress.note(read) == "reused from execution mnopqrstuvwx"
    assert (read.type, read.arn) == ("ProcessingJob", "arn:aws:sagemaker:::processing-job/j")


def test_without_a_terminal_each_change_of_a_step_is_one_line() -> None:
    moments = (
        ("Executing", [entry("Prepare", "Executing")]),
        ("Executing", [entry("Prepare", "Executing")]),
        (
            "Failed",
            [entry("Prepare", "Failed", EndTime=NOON, FailureReason="ClientError: no such key\n2")],
        ),
    )
    output = io.StringIO()
    with progress.showing(output) as show:
        execution.follow(client(*moments), ARN, show, lambda _: None)
    first, second = output.getvalue().splitlines()
    assert first.split()[1:] == ["Prepare", "Executing"]
    assert second.split()[1:5] == ["Prepare", "Failed", "0.0", "s"]
    assert second.endswith("ClientError: no such key")


def test_what_a_running_job_says_is_in_the_note_and_each_change_is_one_line() -> None:
    output = io.StringIO()
    (step,) = execution.read(client(("Executing", [entry("Tune", "Executing")])), ARN).steps
    with progress.showing(output) as show:
        for detail in ("1 of 6 jobs", "1 of 6 jobs", "2 of 6 jobs"):
            show(Execution(ARN, "Executing", "", (replace(step, detail=detail),)))

    told = [line.split(maxsplit=3)[1:] for line in output.getvalue().splitlines()]
    assert told == [["Tune", "Executing", "1 of 6 jobs"], ["Tune", "Executing", "2 of 6 jobs"]]
    assert progress.note(replace(step, attempts=2, detail="Training")) == "attempt 2, Training"


@pytest.mark.parametrize(
    ("message", "cause"),
    [("SyntaxError: invalid syntax", "SyntaxError: invalid syntax"), ("", "ExitCode 2")],
)
def test_the_note_of_a_failed_step_is_its_cause(message: str, cause: str) -> None:
    # As sagemaker-training words it.
    toolkit = f'AlgorithmError: ExecuteUserScriptError:\nExitCode 2\nErrorMessage "{message}"\n'
    reason = toolkit + 'Command "python train.py", exit code: 2'
    failed = entry("Train", "Failed", FailureReason=reason)
    (step,) = execution.read(client(("Failed", [failed])), ARN).steps
    assert progress.note(step) == f"AlgorithmError: ExecuteUserScriptError: {cause}"
    assert progress.note(replace(step, failure_reason="One.\nTwo.")) == "One."


def test_a_terminal_gets_a_table_of_all_steps() -> None:
    steps = [
        entry("CheckQuality", "Succeeded", 1, Metadata={"Condition": {"Outcome": "True"}}),
        entry("Register", "Succeeded", 2, Metadata={"RegisterModel": {"Arn": PACKAGE}}),
        entry("Train[0]", "Executing", 3),
    ]
    moment = execution.read(client(("Executing", steps)), ARN)
    output = io.StringIO()
    console = Console(file=output, width=140)
    console.print(progress.table(moment, NOON + timedelta(seconds=10)))
    text = output.getvalue()
    assert "outcome True" in text
    assert PACKAGE in text
    assert "Train[0]" in text
    assert "7.0" in text
