"""The events of training, tuning and transform jobs that really ran.

Expected members: the examples of "Events that Amazon SageMaker AI sends to Amazon EventBridge".
"""

from collections.abc import Callable

from tests.conftest import EmulatorProcess
from tests.contract.inboxes import EventLab, event_lab
from tests.contract.jobs import TransformLab
from tests.contract.test_events_sagemaker import assert_shaped, of_type
from tests.contract.test_hyper_parameter_tuning_jobs import TuningLab
from tests.contract.test_transform_jobs import create_model

__all__ = ["event_lab"]

Unique = Callable[[str], str]
TRAINING_JOB = {
    "TrainingJobName": str,
    "TrainingJobArn": str,
    "TuningJobArn": str,
    "TrainingJobStatus": str,
    "SecondaryStatus": str,
    "HyperParameters": dict,
    "AlgorithmSpecification": dict,
    "RoleArn": str,
    "InputDataConfig": list,
    "OutputDataConfig": dict,
    "ResourceConfig": dict,
    "StoppingCondition": dict,
    "CreationTime": int,
    "TrainingStartTime": int,
    "TrainingEndTime": int,
    "LastModifiedTime": int,
    "SecondaryStatusTransitions": list,
    "Tags": dict,
}
TUNING_JOB = {
    "HyperParameterTuningJobName": str,
    "HyperParameterTuningJobArn": str,
    "TrainingJobDefinition": dict,
    "HyperParameterTuningJobStatus": str,
    "CreationTime": int,
    "LastModifiedTime": int,
    "TrainingJobStatusCounters": dict,
    "ObjectiveStatusCounters": dict,
    "Tags": dict,
}
TRANSFORM_JOB = {
    "TransformJobName": str,
    "TransformJobArn": str,
    "TransformJobStatus": str,
    "ModelName": str,
    "TransformInput": dict,
    "TransformOutput": dict,
    "TransformResources": dict,
    "CreationTime": int,
    "TransformStartTime": int,
    "TransformEndTime": int,
    "Tags": dict,
}


def test_a_tuning_job_and_its_training_jobs_tell_their_statuses(
    event_lab: EventLab, emulator: EmulatorProcess, bucket: str, unique: Unique
) -> None:
    name = unique("t")[-20:].strip("-")
    tuning = event_lab.listen(
        {
            **of_type("HyperParameter Tuning Job State Change"),
            "detail": {"HyperParameterTuningJobName": [name]},
        }
    )
    training = event_lab.listen(
        {
            **of_type("Training Job State Change"),
            "detail": {"TrainingJobName": [{"prefix": name}], "TrainingJobStatus": ["Completed"]},
        }
    )
    arn = TuningLab(emulator, bucket).run(name, jobs=1)["HyperParameterTuningJobArn"]

    begun, ended = tuning.until(lambda bodies: len(bodies) == 2)
    for event, status in ((begun, "InProgress"), (ended, "Completed")):
        assert event["resources"] == [arn]
        assert_shaped(event["detail"], TUNING_JOB)
        assert event["detail"]["HyperParameterTuningJobStatus"] == status
    assert ended["detail"]["TrainingJobStatusCounters"]["Completed"] == 1
    completed = training.until(
        lambda bodies: any(each["detail"]["SecondaryStatus"] == "Completed" for each in bodies)
    )[-1]["detail"]
    assert_shaped(completed, TRAINING_JOB)
    assert completed["TuningJobArn"] == arn
    transition = {"Status": str, "StartTime": int, "EndTime": int, "StatusMessage": str}
    assert_shaped(completed["SecondaryStatusTransitions"][0], transition)


def test_a_transform_job_tells_its_start_and_its_end(
    event_lab: EventLab, emulator: EmulatorProcess, bucket: str, unique: Unique
) -> None:
    lab, name = TransformLab(emulator, bucket, unique("model")), unique("job")
    create_model(lab)
    lab.put("in/a.csv", b"1,2\n")
    inbox = event_lab.listen(
        {**of_type("Transform Job State Change"), "detail": {"TransformJobName": [name]}}
    )
    arn = lab.run(name)["TransformJobArn"]
    begun, ended = inbox.until(lambda bodies: len(bodies) == 2)
    assert begun["resources"] == ended["resources"] == [arn]
    assert begun["detail"]["TransformJobStatus"] == "InProgress"
    assert ended["detail"]["TransformJobStatus"] == "Completed"
    assert_shaped(ended["detail"], TRANSFORM_JOB)
