from typing import Any

import pytest

from emulator.engine.executions import (
    KIND,
    add_step,
    end_execution,
    forget_unsuccessful,
    move_step,
    step_document,
    step_documents,
)

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/abc"


@pytest.fixture
def context(engine: Any) -> Any:
    engine.context.store.put(
        KIND,
        ARN,
        {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": "Executing", "_Revision": 0},
    )
    return engine.context


def revision(context: Any) -> int:
    found: int = context.store.get(KIND, ARN)["_Revision"]
    return found


def test_a_step_goes_from_start_to_end_and_each_move_wakes_the_executor(context: Any) -> None:
    add_step(context, ARN, {"StepName": "A", "StepStatus": "Starting"})
    for status in ("Executing", "Stopping", "Stopped"):
        before = revision(context)
        assert move_step(context, ARN, "A", status) is True
        assert revision(context) == before + 1

    assert step_document(context, ARN, "A") == {
        "StepName": "A",
        "StepStatus": "Stopped",
        "EndTime": context.clock(),
        "_ExecutionArn": ARN,
    }


@pytest.mark.parametrize("ended", ["Succeeded", "Failed", "Stopped"])
@pytest.mark.parametrize("status", ["Starting", "Executing", "Stopping", "Succeeded", "Failed"])
def test_a_step_that_has_ended_moves_no_more(context: Any, ended: str, status: str) -> None:
    add_step(context, ARN, {"StepName": "A", "StepStatus": "Executing"})
    move_step(context, ARN, "A", ended)
    before = revision(context), step_document(context, ARN, "A")

    assert move_step(context, ARN, "A", status, FailureReason="late") is False
    assert (revision(context), step_document(context, ARN, "A")) == before


def test_a_step_that_is_stopping_does_not_start_again(context: Any) -> None:
    add_step(context, ARN, {"StepName": "A", "StepStatus": "Stopping"})

    assert move_step(context, ARN, "A", "Starting") is False
    assert move_step(context, ARN, "A", "Executing") is False


def test_an_execution_that_is_to_be_stopped_ends_stopped_at_best(context: Any) -> None:
    context.store.update(KIND, ARN, lambda d: d | {"PipelineExecutionStatus": "Stopping"})

    end_execution(context, ARN, "Succeeded")

    assert context.store.get(KIND, ARN)["PipelineExecutionStatus"] == "Stopped"


def test_a_reason_is_no_longer_than_the_api_allows(context: Any) -> None:
    end_execution(context, ARN, "Failed", "x" * 5_000)

    # Source: the botocore shape PipelineExecutionFailureReason.
    assert len(context.store.get(KIND, ARN)["FailureReason"]) == 1_300


def test_only_what_succeeded_is_kept_for_a_retry(context: Any) -> None:
    for name, status, attempts in (("A", "Succeeded", 1), ("B", "Failed", 3), ("C", "Stopped", 1)):
        add_step(context, ARN, {"StepName": name, "StepStatus": status, "AttemptCount": attempts})

    assert forget_unsuccessful(context, ARN) == {"B": 3, "C": 1}
    assert list(step_documents(context, ARN)) == ["A"]
