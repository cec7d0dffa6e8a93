"""Metrics of training jobs in CloudWatch, through boto3 against a running emulator."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import EmulatorProcess
from tests.contract.jobs import TrainingLab, trainer_image

Unique = Callable[[str], str]

# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/define-train-metrics.html
NAMESPACE = "/aws/sagemaker/TrainingJobs"
PRINTS = """
for epoch, loss in enumerate((4.0, 2.0, 0.5)):
    print(f"loss={loss} accuracy={epoch}", flush=True)
"""


@pytest.fixture
def lab(emulator: EmulatorProcess, bucket: str) -> TrainingLab:
    return TrainingLab(emulator, bucket)


def measured(lab: TrainingLab, name: str, code: str) -> dict[str, Any]:
    algorithm = {
        "TrainingImage": trainer_image(lab.emulator),
        "TrainingInputMode": "File",
        "MetricDefinitions": [
            {"Name": "train:loss", "Regex": "loss=([0-9.]+)"},
            {"Name": "train:accuracy", "Regex": "accuracy=([0-9.]+)"},
        ],
    }
    return lab.run(name, code, AlgorithmSpecification=algorithm)


def statistics(emulator: EmulatorProcess, job: dict[str, Any], metric: str) -> list[dict[str, Any]]:
    """Asked as TrainingJobAnalytics of the SageMaker SDK asks."""
    found: list[dict[str, Any]] = emulator.client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=metric,
        Dimensions=[{"Name": "TrainingJobName", "Value": job["TrainingJobName"]}],
        StartTime=job["TrainingStartTime"],
        EndTime=job["TrainingEndTime"] + timedelta(minutes=1),
        Period=60,
        Statistics=["Average", "Minimum", "Maximum", "SampleCount"],
    )["Datapoints"]
    return found


def test_each_value_of_each_metric_is_in_cloudwatch(lab: TrainingLab, unique: Unique) -> None:
    job = measured(lab, unique("job"), PRINTS)
    (loss,) = statistics(lab.emulator, job, "train:loss")
    assert (loss["Minimum"], loss["Maximum"], loss["SampleCount"]) == (0.5, 4.0, 3)
    assert loss["Average"] == pytest.approx(6.5 / 3)
    (accuracy,) = statistics(lab.emulator, job, "train:accuracy")
    assert (accuracy["Minimum"], accuracy["Maximum"]) == (0.0, 2.0)
    # Asked again, they are there once.
    assert statistics(lab.emulator, job, "train:loss")[0]["SampleCount"] == 3


def test_metrics_are_listed_and_got_as_data_by_the_job_s_name(
    lab: TrainingLab, unique: Unique
) -> None:
    name = unique("job")
    measured(lab, name, PRINTS)
    dimensions = [{"Name": "TrainingJobName", "Value": name}]
    cloudwatch = lab.emulator.client("cloudwatch")
    listed = cloudwatch.list_metrics(Namespace=NAMESPACE, Dimensions=dimensions)["Metrics"]
    assert {metric["MetricName"] for metric in listed} == {"train:loss", "train:accuracy"}
    metric = {"Namespace": NAMESPACE, "MetricName": "train:loss", "Dimensions": dimensions}
    now = datetime.now(UTC)
    (result,) = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {"Id": "loss", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Minimum"}}
        ],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
    )["MetricDataResults"]
    assert result["Values"] == [0.5]


def test_a_failed_job_has_the_metrics_that_it_printed(lab: TrainingLab, unique: Unique) -> None:
    job = measured(lab, unique("job"), f"{PRINTS}\nraise SystemExit(1)")
    assert job["TrainingJobStatus"] == "Failed"
    (loss,) = statistics(lab.emulator, job, "train:loss")
    assert loss["SampleCount"] == 3


def test_jobs_without_metrics_and_without_a_reader_do_not_load_moto(
    own_emulator: EmulatorProcess,
) -> None:
    bucket = "metrics"
    own_emulator.client("s3").create_bucket(Bucket=bucket)
    lab = TrainingLab(own_emulator, bucket)
    first = measured(lab, "first", PRINTS)
    assert lab.run("plain", "pass")["TrainingJobStatus"] == "Completed"
    # Moto's journal begins with the first request to it.
    assert not (own_emulator.data_dir / "moto.sqlite").exists()
    own_emulator.kill()
    own_emulator.start()
    second = measured(lab, "second", PRINTS)
    for job in (first, second):
        assert statistics(own_emulator, job, "train:loss")[0]["SampleCount"] == 3
    own_emulator.kill()
    own_emulator.start()
    assert statistics(own_emulator, first, "train:loss")[0]["SampleCount"] == 3
