"""Training jobs, through boto3 against a running emulator."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.jobs import REGISTRY, TrainingLab, error_of

Unique = Callable[[str], str]


@pytest.fixture
def lab(emulator: EmulatorProcess, bucket: str) -> TrainingLab:
    return TrainingLab(emulator, bucket)


def secondary(job: dict[str, Any]) -> list[str]:
    return [item["Status"] for item in job["SecondaryStatusTransitions"]]


def test_a_job_trains_on_its_channels_and_leaves_a_model_archive(
    lab: TrainingLab, unique: Unique
) -> None:
    lab.put("data/train/a.csv", b"1,2\n")
    name = unique("job")
    code = (
        "open('/opt/ml/model/model.txt', 'w').write(\n"
        "    open('/opt/ml/input/data/train/a.csv').read())\n"
        "open('/opt/ml/output/data/notes.txt', 'w').write('notes')"
    )
    job = lab.run(name, code, Channels=[lab.channel("train", "data/train/")])
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert (
        job["ModelArtifacts"]["S3ModelArtifacts"]
        == f"s3://{lab.bucket}/models/{name}/output/model.tar.gz"
    )
    assert lab.archive(f"models/{name}/output/model.tar.gz") == {"model.txt": b"1,2\n"}
    assert lab.archive(f"models/{name}/output/output.tar.gz") == {"notes.txt": b"notes"}


def test_a_job_goes_through_the_secondary_statuses_of_sagemaker(
    lab: TrainingLab, unique: Unique
) -> None:
    job = lab.run(unique("job"), "pass")
    assert secondary(job) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert job["SecondaryStatus"] == "Completed"
    transitions = job["SecondaryStatusTransitions"]
    for before, after in itertools.pairwise(transitions):
        assert before["EndTime"] == after["StartTime"]
    assert job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["TrainingTimeInSeconds"] >= 1
    assert job["BillableTimeInSeconds"] >= 1


def test_the_container_finds_what_sagemaker_tells_it(lab: TrainingLab, unique: Unique) -> None:
    lab.put("data/train.csv", b"1")
    name = unique("job")
    code = f"""
import json, os
read = lambda name: json.load(open(f"/opt/ml/input/config/{{name}}.json"))
assert read("hyperparameters") == {{"eta": "0.3", "objective": "reg:squarederror"}}
channels = read("inputdataconfig")
assert channels["train"] == {{
    "TrainingInputMode": "File", "S3DistributionType": "FullyReplicated",
    "RecordWrapperType": "None", "ContentType": "text/csv"}}, channels
resources = read("resourceconfig")
assert resources["current_host"] == "algo-1" and resources["hosts"] == ["algo-1"], resources
assert os.environ["TRAINING_JOB_NAME"] == "{name}"
assert os.environ["TRAINING_JOB_ARN"].endswith("training-job/{name}")
assert os.environ["STAGE"] == "blue"
assert os.listdir("/opt/ml/input/data/train") == ["train.csv"]
"""
    job = lab.run(
        name,
        code,
        HyperParameters={"eta": "0.3", "objective": "reg:squarederror"},
        Environment={"STAGE": "blue"},
        Channels=[lab.channel("train", "data/train.csv", ContentType="text/csv")],
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def test_metrics_are_read_from_the_output_and_the_last_value_is_kept(
    lab: TrainingLab, unique: Unique
) -> None:
    code = (
        "import sys\n"
        "print('epoch 1: rmse=2.5', flush=True); print('epoch 2: rmse=1.25e0;')\n"
        "print('loss: nan-ish', file=sys.stderr); print('loss: 0.5', file=sys.stderr)"
    )
    members = lab.request(unique("job"), code)
    members["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "validation:rmse", "Regex": "rmse=([0-9.e]+)"},
        {"Name": "loss", "Regex": "loss: (.*)"},
        {"Name": "never", "Regex": "never ([0-9]+)"},
    ]
    job = lab.finished(lab.create(members))
    final = {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}
    assert final == {"validation:rmse": 1.25, "loss": 0.5}


def test_the_failure_file_becomes_the_failure_reason(lab: TrainingLab, unique: Unique) -> None:
    name = unique("job")
    code = (
        "open('/opt/ml/output/failure', 'w').write('no rating column\\n')\n"
        "open('/opt/ml/model/half', 'w').write('half a model')\n"
        "open('/opt/ml/output/data/notes', 'w').write('what was seen')\n"
        "raise SystemExit(2)"
    )
    job = lab.run(name, code)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: no rating column, exit code: 2"
    assert lab.keys(f"models/{name}/") == [f"models/{name}/output/output.tar.gz"]


def test_a_long_failure_file_is_cut_to_what_the_api_can_say(
    lab: TrainingLab, unique: Unique
) -> None:
    code = "open('/opt/ml/output/failure', 'w').write('f' * 9000); raise SystemExit(1)"
    reason = lab.run(unique("job"), code)["FailureReason"]
    assert len(reason) == 1024
    assert reason.startswith("AlgorithmError: fff")
    assert reason.endswith(", exit code: 1")


def test_a_script_without_a_failure_file_fails_with_its_last_exception(
    lab: TrainingLab, unique: Unique
) -> None:
    job = lab.run(unique("job"), "raise KeyError('rating')")
    assert job["FailureReason"] == "AlgorithmError: KeyError: 'rating', exit code: 1"


def test_stop_lets_the_script_save_its_model(lab: TrainingLab, unique: Unique) -> None:
    name = unique("job")
    code = (
        "import signal, sys, time\n"
        "def save(*_):\n"
        "    open('/opt/ml/model/saved', 'w').write('in time'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, save)\n"
        "print('ready'); time.sleep(60)"
    )
    lab.start(name, code)
    lab.wait_for_log(name, "ready")
    lab.sagemaker.stop_training_job(TrainingJobName=name)
    job = lab.finished(name)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert secondary(job)[-2:] == ["Stopping", "Stopped"]
    assert lab.archive(f"models/{name}/output/model.tar.gz") == {"saved": b"in time"}


def test_a_job_that_is_stopped_at_once_ends_at_once(lab: TrainingLab, unique: Unique) -> None:
    names = [unique("job") for _ in range(5)]
    for name in names:
        lab.start(name, "import time; time.sleep(60)")
        lab.sagemaker.stop_training_job(TrainingJobName=name)
    assert {lab.finished(name)["TrainingJobStatus"] for name in names} == {"Stopped"}


def test_a_job_over_its_time_is_stopped_and_says_so(lab: TrainingLab, unique: Unique) -> None:
    name = unique("job")
    code = "open('/opt/ml/model/early', 'w').write('1'); import time; time.sleep(60)"
    job = lab.run(name, code, StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert lab.keys(f"models/{name}/") == [f"models/{name}/output/model.tar.gz"]


def test_checkpoints_are_restored_and_saved(lab: TrainingLab, unique: Unique) -> None:
    code = (
        "import pathlib; folder = pathlib.Path('/opt/ml/checkpoints')\n"
        "epoch = max((int(p.name) for p in folder.iterdir()), default=0)\n"
        "(folder / str(epoch + 1)).write_text('state'); raise SystemExit(epoch == 0)"
    )
    config = {"S3Uri": f"s3://{lab.bucket}/checkpoints"}
    first = lab.run(unique("job"), code, CheckpointConfig=config)
    assert first["TrainingJobStatus"] == "Failed"
    assert lab.keys("checkpoints") == ["checkpoints/1"]
    second = lab.run(unique("job"), code, CheckpointConfig=config)
    assert second["TrainingJobStatus"] == "Completed", second.get("FailureReason")
    assert lab.keys("checkpoints") == ["checkpoints/1", "checkpoints/2"]


def test_an_uncompressed_model_is_a_prefix(lab: TrainingLab, unique: Unique) -> None:
    name = unique("job")
    code = "import os; os.mkdir('/opt/ml/model/a'); open('/opt/ml/model/a/b', 'w').write('1')"
    output = {"S3OutputPath": f"s3://{lab.bucket}/models", "CompressionType": "NONE"}
    job = lab.run(name, code, OutputDataConfig=output)
    uri = f"s3://{lab.bucket}/models/{name}/output/model/"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == uri
    assert lab.keys(f"models/{name}/") == [f"models/{name}/output/model/a/b"]


def test_a_job_without_a_model_completes_without_an_archive(
    lab: TrainingLab, unique: Unique
) -> None:
    name = unique("job")
    assert lab.run(name, "pass")["TrainingJobStatus"] == "Completed"
    assert lab.keys(f"models/{name}/") == []


@pytest.mark.parametrize("compression", ["GZIP", "NONE"])
def test_a_model_folder_that_was_replaced_by_a_link_is_not_uploaded(
    lab: TrainingLab, unique: Unique, tmp_path: Path, compression: str
) -> None:
    name = unique("job")
    (tmp_path / "precious").write_text("of the host")
    code = f"import os; os.rmdir('/opt/ml/model'); os.symlink({str(tmp_path)!r}, '/opt/ml/model')"
    output = {"S3OutputPath": f"s3://{lab.bucket}/models", "CompressionType": compression}
    job = lab.run(name, code, OutputDataConfig=output)
    assert job["TrainingJobStatus"] == "Failed"
    assert "/opt/ml/model was replaced by a link" in job["FailureReason"]
    assert lab.keys(f"models/{name}/") == []
    assert (tmp_path / "precious").read_text() == "of the host"


def test_a_name_is_taken_once(lab: TrainingLab, unique: Unique) -> None:
    name = unique("job")
    lab.run(name, "pass")
    code, message = error_of(lab.sagemaker.create_training_job, **lab.request(name, "pass"))
    assert code == "ResourceInUse"
    assert f"training-job/{name}" in message


def test_missing_jobs_and_ended_jobs_are_answered_as_aws_does(
    lab: TrainingLab, unique: Unique
) -> None:
    name = unique("job")
    missing = ("ValidationException", "Requested resource not found.")
    assert error_of(lab.sagemaker.describe_training_job, TrainingJobName=name) == missing
    assert error_of(lab.sagemaker.stop_training_job, TrainingJobName=name) == missing
    lab.run(name, "pass")
    assert error_of(lab.sagemaker.stop_training_job, TrainingJobName=name) == (
        "ValidationException",
        "The request was rejected because the training job is in status Completed.",
    )


@pytest.mark.parametrize("uri", ["s3://no-such-bucket-here/in", "s3://BUCKET/no/such/prefix"])
def test_a_channel_without_objects_is_refused_in_awss_words(
    lab: TrainingLab, unique: Unique, uri: str
) -> None:
    uri = uri.replace("BUCKET", lab.bucket)
    bucket = uri.split("/")[2]
    members = lab.request(unique("job"), "pass", Channels=[lab.channel("train", "x")])
    members["InputDataConfig"][1]["DataSource"]["S3DataSource"]["S3Uri"] = uri
    # Source: the message as aws/amazon-sagemaker-examples#2267 recorded it.
    assert error_of(lab.sagemaker.create_training_job, **members) == (
        "ValidationException",
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that '
        "the bucket exists in the selected region (us-east-1), that objects exist under that S3 "
        f'prefix, and that the role "{ROLE_ARN}" has "s3:ListBucket" permissions on bucket '
        f'"{bucket}".',
    )


def test_all_faults_of_a_request_are_answered_at_once(lab: TrainingLab, unique: Unique) -> None:
    members = lab.request(unique("job"), "pass")
    members["RoleArn"] = "arn:aws:iam::123456789012:role/no-such-role"
    members["OutputDataConfig"]["S3OutputPath"] = "s3://no-such-bucket-here/models"
    members["AlgorithmSpecification"] = {
        "TrainingImage": f"{REGISTRY}/no-such-image:1",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "a", "Regex": "(["}, {"Name": "b", "Regex": "rmse=.*"}],
    }
    members["CheckpointConfig"] = {"S3Uri": f"s3://{lab.bucket}/c", "LocalPath": "/etc"}
    code, message = error_of(lab.sagemaker.create_training_job, **members)
    assert code == "ValidationException"
    for part in (
        "no-such-role",
        "no-such-bucket-here",
        "no-such-image",
        "MetricDefinition 'a'",
        "MetricDefinition 'b'",
        'LocalPath "/etc" is not valid',
    ):
        assert part in message
    name = members["TrainingJobName"]
    code, _ = error_of(lab.sagemaker.describe_training_job, TrainingJobName=name)
    assert code == "ValidationException"


@pytest.mark.parametrize(
    ("is_spot", "wait_seconds", "fault"),
    [
        # Source: AWS's answer in issue 4140 of aws/sagemaker-python-sdk.
        (False, 120, "It is only supported when EnableManagedSpotTraining is set to true"),
        # Source: MaxWaitTimeInSeconds of StoppingCondition in the API reference.
        (True, 59, "It must be present and be greater than or equal to MaxRuntimeInSeconds"),
        (True, None, "It must be present and be greater than or equal to MaxRuntimeInSeconds"),
    ],
)
def test_only_a_spot_job_can_wait_and_at_least_as_long_as_it_may_run(
    lab: TrainingLab, unique: Unique, is_spot: bool, wait_seconds: int | None, fault: str
) -> None:
    members = lab.request(unique("spot"), "pass") | {"EnableManagedSpotTraining": is_spot}
    wait = {} if wait_seconds is None else {"MaxWaitTimeInSeconds": wait_seconds}
    members["StoppingCondition"] = {"MaxRuntimeInSeconds": 60} | wait
    assert error_of(lab.sagemaker.create_training_job, **members) == (
        "ValidationException",
        f"Invalid MaxWaitTimeInSeconds. {fault}",
    )


@pytest.mark.parametrize("member", ["AlgorithmSpecification", "ResourceConfig"])
def test_what_serverless_jobs_alone_can_leave_out_is_required(
    lab: TrainingLab, unique: Unique, member: str
) -> None:
    members = lab.request(unique("job"), "pass")
    del members[member]
    code, message = error_of(lab.sagemaker.create_training_job, **members)
    assert code == "ValidationException"
    assert f"{member} is required" in message


def test_what_is_not_emulated_is_refused_by_name(lab: TrainingLab, unique: Unique) -> None:
    lab.put("data/a", b"1")
    members = lab.request(
        unique("job"), "pass", Channels=[lab.channel("train", "data/", InputMode="Pipe")]
    )
    members["ResourceConfig"]["InstanceCount"] = 2
    code, message = error_of(lab.sagemaker.create_training_job, **members)
    assert code == "UnsupportedByEmulator"
    assert "Channel 'train': InputMode Pipe" in message
    assert "InstanceCount 2" in message


def test_jobs_are_listed_with_their_secondary_status(lab: TrainingLab, unique: Unique) -> None:
    name = unique("listed")
    lab.run(name, "pass")
    (summary,) = lab.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert summary["TrainingJobName"] == name
    assert summary["TrainingJobStatus"] == summary["SecondaryStatus"] == "Completed"


# Source: Estimator.attach of the SageMaker Python SDK 2 reads the key of every job.
def test_a_job_without_a_key_has_an_empty_one(lab: TrainingLab, unique: Unique) -> None:
    job = lab.run(unique("keyless"), "pass")
    assert job["OutputDataConfig"]["KmsKeyId"] == ""
    assert job["OutputDataConfig"]["S3OutputPath"].startswith("s3://")


def test_no_job_is_in_a_warm_pool_or_of_a_training_plan(lab: TrainingLab, unique: Unique) -> None:
    name = unique("cold")
    lab.run(name, "pass")
    plan = "arn:aws:sagemaker:us-east-1:123456789012:training-plan/reserved"
    for filters in ({"WarmPoolStatusEquals": "Available"}, {"TrainingPlanArnEquals": plan}):
        found = lab.sagemaker.list_training_jobs(NameContains=name, **filters)
        assert found["TrainingJobSummaries"] == []


def test_a_deleted_job_is_gone(lab: TrainingLab, unique: Unique) -> None:
    name = unique("job")
    lab.run(name, "pass")
    lab.sagemaker.delete_training_job(TrainingJobName=name)
    code, _ = error_of(lab.sagemaker.describe_training_job, TrainingJobName=name)
    assert code == "ValidationException"


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_job_that_died_with_the_emulator_is_failed_on_start(
    own_emulator: EmulatorProcess, unique: Unique, end: str
) -> None:
    own_emulator.client("s3").create_bucket(Bucket="scripts")
    lab, name = TrainingLab(own_emulator, "scripts"), unique("job")
    code = (
        "open('/opt/ml/checkpoints/1', 'w').write('state')\n"
        "print('ready', flush=True); import time; time.sleep(60)"
    )
    lab.start(name, code, CheckpointConfig={"S3Uri": "s3://scripts/checkpoints"})
    lab.wait_for_log(name, "ready")
    getattr(own_emulator, end)()
    own_emulator.start()
    job = lab.describe(name)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"].startswith("InternalServerError: ")
    assert secondary(job) == ["Starting", "Downloading", "Training", "Failed"]
    assert lab.keys("checkpoints") == ["checkpoints/1"]
