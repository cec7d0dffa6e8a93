import botocore.session
import pytest

from emulator.services.sagemaker.jobs import lifecycle, secondary_statuses
from emulator.services.sagemaker.jobs.kinds import PROCESSING, TRAINING, TRANSFORM, TUNING, JobKind
from emulator.services.sagemaker.jobs.lifecycle import Document, IllegalTransition

KINDS = (PROCESSING, TRAINING, TRANSFORM, TUNING)
MODEL = botocore.session.get_session().get_service_model("sagemaker")


def job(kind: JobKind, status: str) -> Document:
    return {kind.name_key: "job", kind.status_key: status}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_every_status_and_member_is_one_of_the_api(kind: JobKind) -> None:
    members = MODEL.operation_model(f"Describe{kind.noun}").output_shape.members
    statuses = set(members[kind.status_key].enum)
    assert statuses >= {"InProgress", "Stopping", *lifecycle.TERMINAL}
    assert {kind.name_key, kind.arn_key, kind.start_time_key, kind.end_time_key} <= set(members)


@pytest.mark.parametrize("last", sorted(lifecycle.TERMINAL))
@pytest.mark.parametrize("next_", ["InProgress", "Stopping", *sorted(lifecycle.TERMINAL)])
def test_a_job_that_has_ended_never_changes(last: str, next_: str) -> None:
    document = job(PROCESSING, last)
    with pytest.raises(IllegalTransition, match=f"no way from {last} to {next_}"):
        lifecycle.enter(PROCESSING, document, next_, 1.0)
    assert document[PROCESSING.status_key] == last


def test_a_stopping_job_does_not_run_again() -> None:
    with pytest.raises(IllegalTransition):
        lifecycle.enter(TRAINING, job(TRAINING, "Stopping"), "InProgress", 1.0)


def test_the_end_is_noted_with_the_terminal_status() -> None:
    document = job(TRANSFORM, "InProgress")
    lifecycle.enter(TRANSFORM, document, "Stopping", 5.0)
    assert "TransformEndTime" not in document
    lifecycle.enter(TRANSFORM, document, "Stopped", 6.0)
    assert document["TransformEndTime"] == document["LastModifiedTime"] == 6.0


def test_secondary_statuses_are_those_of_the_api_and_close_each_other() -> None:
    enum = set(MODEL.shape_for("SecondaryStatus").enum)
    document = {"TrainingJobName": "job", **secondary_statuses.first(1.0)}
    for at, status in enumerate(["Downloading", "Training", "Uploading", "Completed"], 2):
        assert status in enum
        secondary_statuses.enter(document, status, float(at))
    ends = [item["EndTime"] for item in document["SecondaryStatusTransitions"]]
    assert ends == [2.0, 3.0, 4.0, 5.0, 5.0]
    with pytest.raises(IllegalTransition):
        secondary_statuses.enter(document, "Training", 6.0)
