"""Containers that do not end or do not answer, in an emulator that does not wait as long as AWS."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import EmulatorProcess
from tests.contract.conftest import PipelineLab, lab_of
from tests.contract.jobs import (
    WAIT_SECONDS,
    JobLab,
    ProcessingLab,
    TrainingLab,
    TransformLab,
    processes_with,
)
from tests.contract.model_images import (
    add_recipe,
    create_model,
    deploy,
    flag_for,
    invoke,
    variant,
    wait,
    wait_for_status,
)

Client = Callable[[str], Any]
Unique = Callable[[str], str]

# Two processes that ignore SIGTERM, one of them in a session of its own.
STUBBORN = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
os.execvp("sleep", ["sleep", "{mark}"])
"""
UNHEALTHY = {
    "never listens": {"WAIT_FOR": "/no/such/file"},
    "answers 500": {"PING": "500"},
    "exits": {"EXIT_AT_START": "3"},
}


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    """An emulator that gives a process 0.3 s to end, and a server 0.5 s to start."""
    limits = ("--stop-grace-seconds", "0.3", "--startup-health-check-seconds", "0.5")
    running = EmulatorProcess(tmp_path_factory.mktemp("hasty") / "data", limits)
    running.start()
    add_recipe(running)
    yield running
    running.stop()


@pytest.fixture
def pipelines(hasty: EmulatorProcess, unique: Unique) -> PipelineLab:
    return lab_of(hasty, unique)


@pytest.fixture(params=[TrainingLab, ProcessingLab])
def jobs(request: pytest.FixtureRequest, hasty: EmulatorProcess, pipelines: PipelineLab) -> JobLab:
    lab: JobLab = request.param(hasty, pipelines.bucket)
    return lab


@pytest.fixture
def mark() -> str:
    """Seconds to sleep that no other test sleeps."""
    return str(3_000_000 + time.monotonic_ns() % 1_000_000)


def patient(model: str) -> dict[str, Any]:
    """A production variant that gives its container a minute to start."""
    return variant(model, ContainerStartupHealthCheckTimeoutInSeconds=60)


def create_config(client: Client, name: str, *variants: dict[str, Any]) -> None:
    client("sagemaker").create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=list(variants)
    )


def create_endpoint(client: Client, name: str, *variants: dict[str, Any]) -> None:
    create_config(client, name, *variants)
    client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=name)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_stopped_job_that_ignores_sigterm_is_killed_with_what_it_leaked(
    jobs: JobLab, unique: Unique, mark: str
) -> None:
    name = jobs.start(unique("job"), STUBBORN.format(mark=mark))
    wait_until(lambda: len(processes_with(mark)) == 2)

    jobs.stop(name)
    job = jobs.finished(name)

    assert job[f"{jobs.noun}Status"] == "Stopped"
    assert job.get("SecondaryStatus", "Stopped") == "Stopped"
    assert processes_with(mark) == []


def test_a_job_over_its_time_that_ignores_sigterm_is_killed_with_what_it_leaked(
    jobs: JobLab, unique: Unique, mark: str
) -> None:
    limit = {"MaxRuntimeInSeconds": 1}
    job = jobs.run(unique("job"), STUBBORN.format(mark=mark), StoppingCondition=limit)

    # Source: API_DescribeTrainingJob, "MaxRuntimeExceeded: the job stopped because it exceeded the
    # maximum allowed runtime"; its status is Stopped.
    assert job[f"{jobs.noun}Status"] == "Stopped"
    assert job.get("SecondaryStatus", "MaxRuntimeExceeded") == "MaxRuntimeExceeded"
    assert processes_with(mark) == []


def test_a_stopped_execution_ends_the_job_that_ignores_sigterm(
    pipelines: PipelineLab, mark: str
) -> None:
    step = pipelines.processing("Stubborn", STUBBORN.format(mark=mark))
    arn = pipelines.start(pipelines.create(step))
    wait_until(lambda: len(processes_with(mark)) == 2)

    pipelines.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    execution = pipelines.finished(arn)

    assert execution["PipelineExecutionStatus"] == "Stopped"
    stopped = pipelines.steps(arn)["Stubborn"]
    assert stopped["StepStatus"] == "Stopped"
    job = pipelines.sagemaker.describe_processing_job(
        ProcessingJobName=stopped["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    )
    assert job["ProcessingJobStatus"] == "Stopped"
    assert processes_with(mark) == []


@pytest.mark.parametrize("fault", UNHEALTHY)
def test_an_endpoint_whose_container_does_not_pass_ping_is_failed_and_nothing_runs(
    hasty: EmulatorProcess, unique: Unique, mark: str, fault: str
) -> None:
    client, name = hasty.client, unique("endpoint")
    model = create_model(client, unique("model"), Environment={**UNHEALTHY[fault], "MARK": mark})
    create_endpoint(client, name, variant(model))

    found = wait_for_status(client, name, "Failed", "InService")

    assert found["EndpointStatus"] == "Failed"
    assert found["FailureReason"].startswith(
        "The primary container for production variant AllTraffic did not pass the ping health"
        " check. Please check CloudWatch logs for this endpoint."
    )
    assert processes_with(mark) == []


def test_an_endpoint_config_can_give_a_container_longer_than_the_emulator_does(
    hasty: EmulatorProcess, unique: Unique
) -> None:
    client, may_start = hasty.client, flag_for(hasty, unique("may-start"))
    model = create_model(client, unique("model"), Environment={"WAIT_FOR": str(may_start)})
    given, not_given = unique("given"), unique("not-given")
    create_endpoint(client, given, patient(model))
    create_endpoint(client, not_given, variant(model))

    wait_for_status(client, not_given, "Failed")
    may_start.touch()
    wait(client, given)

    assert "server" in invoke(client, given)


@pytest.mark.parametrize("fault", UNHEALTHY)
def test_an_update_to_a_container_that_does_not_pass_ping_leaves_the_old_one_serving(
    hasty: EmulatorProcess, unique: Unique, mark: str, fault: str
) -> None:
    client, name, broken = hasty.client, unique("endpoint"), unique("broken")
    deploy(client, name, patient(create_model(client, unique("model"))))
    server = invoke(client, name)["server"]
    model = create_model(client, broken, Environment={**UNHEALTHY[fault], "MARK": mark})
    create_config(client, broken, variant(model))

    client("sagemaker").update_endpoint(EndpointName=name, EndpointConfigName=broken)
    during = invoke(client, name)["server"]
    found = wait_for_status(client, name, "Failed", "InService")

    assert found["EndpointStatus"] == "InService"
    assert found["EndpointConfigName"] == name
    assert "did not pass the ping health check" in found["FailureReason"]
    assert during == invoke(client, name)["server"] == server
    assert processes_with(mark) == []


def test_a_deleted_endpoint_whose_server_ignores_sigterm_is_killed(
    hasty: EmulatorProcess, unique: Unique, mark: str
) -> None:
    client, name = hasty.client, unique("endpoint")
    variables = {"IGNORE_SIGTERM": "1", "MARK": mark}
    deploy(client, name, patient(create_model(client, unique("model"), Environment=variables)))
    assert processes_with(mark)

    client("sagemaker").delete_endpoint(EndpointName=name)
    wait(client, name, "deleted")

    assert processes_with(mark) == []


def test_a_transform_job_whose_model_never_listens_is_failed(
    hasty: EmulatorProcess, pipelines: PipelineLab, unique: Unique, mark: str
) -> None:
    variables = {**UNHEALTHY["never listens"], "MARK": mark}
    model = create_model(hasty.client, unique("model"), Environment=variables)
    jobs = TransformLab(hasty, pipelines.bucket, model)
    jobs.put("in/a.csv", b"1\n")

    job = jobs.run(unique("job"))

    assert job["TransformJobStatus"] == "Failed"
    assert "failed to respond to ping" in job["FailureReason"]
    assert processes_with(mark) == []
