"""What was acknowledged outlives ``kill -9``, and what died with the emulator says so."""

import threading
import time

from botocore.exceptions import ConnectionError, HTTPClientError

from tests.conftest import ROLE_ARN

SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
KILLS = 3


def write_until_cut_off(write, acknowledged: list[str]) -> None:
    number = 0
    try:
        while True:
            name = f"n-{number}"
            write(name)
            acknowledged.append(name)
            number += 1
    except (ConnectionError, HTTPClientError):  # refused at once, or cut off halfway
        return


def test_no_acknowledged_write_is_lost_when_killed_at_any_moment(own_emulator):
    own_emulator.client("s3").create_bucket(Bucket="kept")
    groups: list[str] = []
    objects: list[str] = []
    for round_number in range(KILLS):
        sagemaker, s3 = own_emulator.client("sagemaker"), own_emulator.client("s3")

        def make_group(name, sagemaker=sagemaker, prefix=f"r{round_number}-"):
            sagemaker.create_model_package_group(ModelPackageGroupName=prefix + name)

        def put_object(name, s3=s3, prefix=f"r{round_number}-"):
            s3.put_object(Bucket="kept", Key=prefix + name, Body=name.encode() * 1000)

        made: tuple[list[str], list[str]] = ([], [])
        writers = [
            threading.Thread(target=write_until_cut_off, args=(make_group, made[0])),
            threading.Thread(target=write_until_cut_off, args=(put_object, made[1])),
        ]
        for writer in writers:
            writer.start()
        while not (len(made[0]) > 5 and len(made[1]) > 5):
            assert all(writer.is_alive() for writer in writers), "a writer was refused"
            time.sleep(0.005)
        own_emulator.kill()
        for writer in writers:
            writer.join()
        groups += [f"r{round_number}-{name}" for name in made[0]]
        objects += [f"r{round_number}-{name}" for name in made[1]]
        own_emulator.start()

    sagemaker, s3 = own_emulator.client("sagemaker"), own_emulator.client("s3")
    pages = sagemaker.get_paginator("list_model_package_groups").paginate()
    kept = {
        group["ModelPackageGroupName"]
        for page in pages
        for group in page["ModelPackageGroupSummaryList"]
    }
    assert set(groups) <= kept
    for key in objects:
        body = s3.get_object(Bucket="kept", Key=key)["Body"].read()
        assert body == key.partition("-")[2].encode() * 1000


def test_a_job_that_died_with_the_emulator_is_failed_with_a_reason(own_emulator):
    sagemaker = own_emulator.client("sagemaker")
    logs = own_emulator.data_dir / "logs/aws/sagemaker/ProcessingJobs/endless"
    script = "import time; print('it runs'); time.sleep(600)"
    sagemaker.create_processing_job(
        ProcessingJobName="endless",
        ProcessingResources={
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            }
        },
        AppSpecification={"ImageUri": SKLEARN, "ContainerEntrypoint": ["python3", "-c", script]},
        RoleArn=ROLE_ARN,
    )
    deadline = time.monotonic() + 120
    while not any("it runs" in path.read_text() for path in logs.glob("*.log")):
        assert time.monotonic() < deadline, sagemaker.describe_processing_job(
            ProcessingJobName="endless"
        )
        time.sleep(0.02)
    own_emulator.kill()
    own_emulator.start()
    job = own_emulator.client("sagemaker").describe_processing_job(ProcessingJobName="endless")
    assert job["ProcessingJobStatus"] == "Failed"
    assert "emulator" in job["FailureReason"]
