from typing import Any

from emulator.engine.definition import Branch, Definition, Dependency, Step
from emulator.engine.selection import lent, needed, selection_faults


def step(name: str, *depends_on: str, branch: Branch | None = None) -> Step:
    return Step(name, "Fail", depends_on=tuple(map(Dependency, depends_on)), branch=branch)


# The example of https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-selective-ex.html
ABALONE = Definition(
    (),
    (
        step("AbaloneProcess"),
        step("AbaloneTrain", "AbaloneProcess"),
        step("AbaloneEval", "AbaloneTrain", "AbaloneProcess"),
        step("AbaloneMSECond", "AbaloneEval"),
        step("AbaloneRegister", branch=Branch("AbaloneMSECond", True)),
    ),
)


def test_neighbours_can_be_selected() -> None:
    assert selection_faults(ABALONE, ["AbaloneTrain", "AbaloneEval"]) == []


def test_what_lies_between_selected_steps_must_be_selected() -> None:
    (fault,) = selection_faults(ABALONE, ["AbaloneTrain", "AbaloneMSECond"])

    assert "'AbaloneEval' lies on a path between selected steps" in fault


def test_a_branch_hangs_on_its_condition_step() -> None:
    faults = selection_faults(ABALONE, ["AbaloneEval", "AbaloneRegister"])

    assert ["'AbaloneMSECond' lies on a path" in fault for fault in faults] == [True]
    assert needed(ABALONE, ["AbaloneRegister"]) == ("AbaloneMSECond",)


def test_only_what_the_selected_steps_wait_for_is_needed() -> None:
    assert needed(ABALONE, ["AbaloneTrain", "AbaloneEval"]) == ("AbaloneProcess",)
    assert needed(ABALONE, ["AbaloneProcess"]) == ()


def test_a_result_is_lent_without_the_marks_of_its_own_run() -> None:
    document: dict[str, Any] = {
        "StepName": "A",
        "StepStatus": "Succeeded",
        "StartTime": 1.0,
        "EndTime": 2.0,
        "AttemptCount": 2,
        "CacheHitResult": {"SourcePipelineExecutionArn": "arn:older"},
        "Metadata": {"ProcessingJob": {"Arn": "arn:job"}},
        "_ResourceName": "job",
        "_StepType": "Processing",
    }

    found, fault = lent(document, "A", "arn:source", 9.0)

    assert fault is None
    assert found == {
        "StepName": "A",
        "StepStatus": "Succeeded",
        "Metadata": {"ProcessingJob": {"Arn": "arn:job"}},
        "_ResourceName": "job",
        "_StepType": "Processing",
        "SelectiveExecutionResult": {"SourcePipelineExecutionArn": "arn:source"},
        "StartTime": 9.0,
        "EndTime": 9.0,
    }


def test_a_step_that_did_not_succeed_cannot_be_lent() -> None:
    missing = lent(None, "A", "arn:source", 9.0)[1]
    failed = lent({"StepStatus": "Failed"}, "A", "arn:source", 9.0)[1]

    assert missing is not None
    assert "step 'A' is needed, but it did not run in arn:source" in missing
    assert failed is not None
    assert "is Failed in arn:source" in failed
