import re

import pytest

from emulator.engine.naming import job_name, new_execution_id
from emulator.protocol.models import load_service

EXECUTION_ID = "abcdefghijkl"


def test_an_execution_id_is_twelve_lower_case_letters_and_digits() -> None:
    assert re.fullmatch(r"[a-z0-9]{12}", new_execution_id())
    assert new_execution_id() != new_execution_id()


@pytest.mark.parametrize("step", ["A", "Train_the_model", "-x-", "___", "y" * 64, "z" * 27 + "-a"])
@pytest.mark.parametrize(
    ("step_type", "operation", "member"),
    [
        ("Processing", "CreateProcessingJob", "ProcessingJobName"),
        ("Training", "CreateTrainingJob", "TrainingJobName"),
        ("Transform", "CreateTransformJob", "TransformJobName"),
        ("Tuning", "CreateHyperParameterTuningJob", "HyperParameterTuningJobName"),
        ("Model", "CreateModel", "ModelName"),
        ("EndpointConfig", "CreateEndpointConfig", "EndpointConfigName"),
    ],
)
@pytest.mark.parametrize("prefix", [None, "mine", "p" * 60])
def test_every_name_is_one_that_the_api_takes(
    step: str, step_type: str, operation: str, member: str, prefix: str | None
) -> None:
    shape = load_service("sagemaker").operation_model(operation).input_shape.members[member]

    name = job_name(step_type, step, EXECUTION_ID, prefix)

    assert re.fullmatch(shape.metadata["pattern"], name)
    assert len(name) <= shape.metadata["max"]


def test_names_look_as_pipelines_makes_them() -> None:
    assert re.fullmatch(
        r"pipelines-abcdefghijkl-AbaloneTrain-\w{10}",
        job_name("Training", "AbaloneTrain", EXECUTION_ID),
    )
    assert re.fullmatch(
        r"abcdefghijkl-HPTunin-\w{10}", job_name("Tuning", "HPTuning", EXECUTION_ID)
    )
    assert re.fullmatch(
        r"mine-abcdefghijkl-\w{10}", job_name("Training", "A", EXECUTION_ID, "mine")
    )
