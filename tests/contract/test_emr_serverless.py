"""EMR Serverless's applications and job runs; Spark itself is in test_spark."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.clusters import ClusterLab, stand_in_for_spark, until
from tests.contract.jobs import error_of, processes_with

SLEEP = "import time; time.sleep(60)"
OK = "print('fine')"


@pytest.fixture(scope="module")
def spark_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    running = EmulatorProcess(tmp_path_factory.mktemp("serverless") / "data")
    running.start()
    stand_in_for_spark(running)
    yield running
    running.stop()


def lab_in(emulator: EmulatorProcess, unique: Callable[[str], str]) -> ClusterLab:
    bucket = unique("serverless").lower()
    emulator.client("s3").create_bucket(Bucket=bucket)
    return ClusterLab(emulator, bucket, unique)


@pytest.fixture
def lab(spark_emulator: EmulatorProcess, unique: Callable[[str], str]) -> ClusterLab:
    return lab_in(spark_emulator, unique)


def state(lab: ClusterLab, application_id: str) -> str:
    answer = lab.serverless.get_application(applicationId=application_id)
    return str(answer["application"]["state"])


def seen(mark: str) -> None:
    """Wait until the program with the mark runs, which was fetched from S3 before."""

    def programs() -> dict[str, Any]:
        return {"pids": {*processes_with(mark)} & {*processes_with("program.py")}}

    until(programs, lambda found: bool(found["pids"]))


def test_a_job_run_is_a_process_with_its_arguments_settings_and_logs(lab: ClusterLab) -> None:
    code = "import os, sys; print(sys.argv[1:], os.environ['SUBMITTED']); sys.stderr.write('hm')"
    application_id = lab.application(
        runtimeConfiguration=[{"classification": "spark-defaults", "properties": {"spark.r": "1"}}]
    )
    overrides = {
        "applicationConfiguration": [
            {"classification": "spark-defaults", "properties": {"spark.o": "2"}}
        ],
        "monitoringConfiguration": {
            "s3MonitoringConfiguration": {"logUri": f"s3://{lab.bucket}/logs/"}
        },
    }

    run_id = lab.job_run(application_id, code, "a b", configurationOverrides=overrides, name="Prep")
    run = lab.run_ended(application_id, run_id)

    assert run["state"] == "SUCCESS", run["stateDetails"]
    assert run["executionRole"] == ROLE_ARN
    assert run["releaseLabel"] == "emr-7.12.0"
    assert run["createdAt"] <= run["startedAt"] <= run["endedAt"]
    folder = f"logs/applications/{application_id}/jobs/{run_id}/SPARK_DRIVER"
    assert lab.packed_text(f"{folder}/stdout.gz") == (
        "['a b'] --conf spark.r=1 --conf spark.o=2 --conf spark.executor.cores=4"
        " --conf spark.a=b c\n"
    )
    assert lab.packed_text(f"{folder}/stderr.gz") == "hm"
    logs = lab.emulator.client("logs")
    streams = logs.describe_log_streams(logGroupName="/aws/emr-serverless")["logStreams"]
    names = [stream["logStreamName"] for stream in streams]
    assert f"Prep/{folder.removeprefix('logs/')}/stdout" in names


def test_a_job_run_that_ends_without_an_exception_says_its_last_line(lab: ClusterLab) -> None:
    application_id = lab.application()

    run_id = lab.job_run(application_id, "print('bad input: no ratings'); raise SystemExit(1)")
    run = lab.run_ended(application_id, run_id)

    assert run["stateDetails"].endswith("Last few exceptions: bad input: no ratings")


def test_a_failed_job_run_says_why_in_aws_words(lab: ClusterLab) -> None:
    application_id = lab.application()

    run_id = lab.job_run(application_id, "raise ValueError('no ratings')")
    run = lab.run_ended(application_id, run_id)

    assert (run["state"], run["stateDetails"]) == (
        "FAILED",
        "Job failed, please check complete logs in configured logging destination. ExitCode: 1. "
        "Last few exceptions: ValueError: no ratings",
    )


def test_a_job_run_is_cancelled_and_its_process_is_gone(lab: ClusterLab) -> None:
    mark = str(uuid4())
    application_id = lab.application()
    run_id = lab.job_run(application_id, SLEEP, mark)
    seen(mark)

    answer = lab.serverless.cancel_job_run(
        applicationId=application_id, jobRunId=run_id, shutdownGracePeriodInSeconds=15
    )

    assert answer["jobRunId"] == run_id
    assert lab.run_ended(application_id, run_id)["state"] == "CANCELLED"
    assert processes_with(mark) == []
    code, message = error_of(
        lab.serverless.cancel_job_run, applicationId=application_id, jobRunId=run_id
    )
    assert code == "ValidationException"
    assert "is in state CANCELLED" in message


def test_an_application_starts_for_a_job_and_stops_only_without_one(lab: ClusterLab) -> None:
    application_id = lab.application(name="words")
    assert state(lab, application_id) == "CREATED"

    run_id = lab.job_run(application_id, SLEEP)
    assert state(lab, application_id) == "STARTED"
    code, message = error_of(lab.serverless.stop_application, applicationId=application_id)
    assert (code, run_id in message) == ("ValidationException", True)
    code, _ = error_of(lab.serverless.delete_application, applicationId=application_id)
    assert code == "ValidationException"
    lab.run_in(application_id, run_id, "RUNNING")
    lab.serverless.cancel_job_run(
        applicationId=application_id, jobRunId=run_id, shutdownGracePeriodInSeconds=15
    )
    lab.run_ended(application_id, run_id)

    lab.serverless.stop_application(applicationId=application_id)
    assert state(lab, application_id) == "STOPPED"
    lab.serverless.start_application(applicationId=application_id)
    lab.serverless.stop_application(applicationId=application_id)
    lab.serverless.delete_application(applicationId=application_id)
    assert state(lab, application_id) == "TERMINATED"


def test_an_application_that_may_not_start_by_itself_takes_no_job(lab: ClusterLab) -> None:
    application_id = lab.application(autoStartConfiguration={"enabled": False})
    request = {
        "applicationId": application_id,
        "executionRoleArn": ROLE_ARN,
        "jobDriver": {"sparkSubmit": {"entryPoint": lab.program(OK)}},
    }

    code, message = error_of(lab.serverless.start_job_run, **request)

    assert code == "ValidationException"
    assert "in state CREATED" in message


def test_the_same_token_gives_the_same_application_and_job_run(lab: ClusterLab) -> None:
    token = str(uuid4())
    first, second = (lab.application(clientToken=token, name="same") for _ in range(2))
    runs = [lab.job_run(first, OK, clientToken=token) for _ in range(2)]

    assert first == second
    assert runs[0] == runs[1]
    lab.run_ended(first, runs[0])


def test_applications_and_job_runs_are_listed_by_state_in_pages(lab: ClusterLab) -> None:
    application_id = lab.application(name="listed")
    runs = [lab.job_run(application_id, OK) for _ in range(3)]
    for run_id in runs:
        lab.run_ended(application_id, run_id)

    pages = lab.serverless.get_paginator("list_job_runs").paginate(
        applicationId=application_id, states=["SUCCESS"], PaginationConfig={"PageSize": 2}
    )
    sizes = [len(page["jobRuns"]) for page in pages]
    applications = lab.serverless.list_applications(states=["STARTED"])["applications"]

    assert sizes == [2, 1]
    assert application_id in [each["id"] for each in applications]
    answer = lab.serverless.list_job_runs(applicationId=application_id, states=["FAILED"])
    assert answer["jobRuns"] == []


def test_a_stopped_application_is_updated(lab: ClusterLab) -> None:
    application_id = lab.application()

    lab.serverless.update_application(
        applicationId=application_id, maximumCapacity={"cpu": "16 vCPU", "memory": "64 GB"}
    )

    application = lab.serverless.get_application(applicationId=application_id)["application"]
    assert application["maximumCapacity"] == {"cpu": "16 vCPU", "memory": "64 GB"}
    assert application["architecture"] == "X86_64"


def test_applications_and_job_runs_have_tags(lab: ClusterLab) -> None:
    application_id = lab.application(tags={"a": "1"})
    run_id = lab.job_run(application_id, OK, tags={"r": "1"})
    run = lab.run_ended(application_id, run_id)
    arn = lab.serverless.get_application(applicationId=application_id)["application"]["arn"]

    lab.serverless.tag_resource(resourceArn=arn, tags={"b": "2"})
    lab.serverless.untag_resource(resourceArn=arn, tagKeys=["a"])

    assert lab.serverless.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    assert lab.serverless.list_tags_for_resource(resourceArn=run["arn"])["tags"] == {"r": "1"}


def test_what_is_not_there_is_not_found(lab: ClusterLab) -> None:
    application_id = lab.application()

    code, message = error_of(lab.serverless.get_application, applicationId="00none")
    assert (code, message) == (
        "ResourceNotFoundException",
        "Application 00none does not exist.",
    )
    code, _ = error_of(lab.serverless.get_job_run, applicationId=application_id, jobRunId="00none")
    assert code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("members", "code", "said"),
    [
        (
            {"executionRoleArn": "arn:aws:iam::123456789012:role/none"},
            "ValidationException",
            "role/none",
        ),
        ({"mode": "STREAMING"}, "UnsupportedByEmulator", "mode STREAMING"),
        ({"retryPolicy": {"maxAttempts": 3}}, "UnsupportedByEmulator", "retryPolicy"),
        ({"jobDriver": {"hive": {"query": "q"}}}, "UnsupportedByEmulator", "jobDriver hive"),
        (
            {"jobDriver": {"sparkSubmit": {"entryPoint": "a.py", "sparkSubmitParameters": "'"}}},
            "ValidationException",
            "sparkSubmitParameters cannot be read",
        ),
    ],
)
def test_job_runs_that_cannot_be_run_are_refused(
    lab: ClusterLab, members: dict[str, Any], code: str, said: str
) -> None:
    request = {
        "applicationId": lab.application(),
        "executionRoleArn": ROLE_ARN,
        "jobDriver": {"sparkSubmit": {"entryPoint": "s3://bucket/a.py"}},
    }

    found = error_of(lab.serverless.start_job_run, **{**request, **members})

    assert found[0] == code
    assert said in found[1]


def test_applications_of_another_type_are_refused(lab: ClusterLab) -> None:
    code, message = error_of(
        lab.serverless.create_application, releaseLabel="emr-8.0.0", type="Hive"
    )

    assert code == "UnsupportedByEmulator"
    assert "'Hive'" in message
    assert "'emr-8.0.0'" in message


def test_after_a_kill_the_running_job_run_has_failed(
    own_emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    stand_in_for_spark(own_emulator)
    lab, mark = lab_in(own_emulator, unique), str(uuid4())
    application_id = lab.application()
    run_id = lab.job_run(application_id, SLEEP, mark)
    seen(mark)

    own_emulator.kill()
    own_emulator.start()

    run = lab.run_ended(application_id, run_id)
    assert run["state"] == "FAILED"
    assert run["stateDetails"] == "The emulator stopped while the job ran; start the job again."
    assert processes_with(mark) == []
