"""How the repository's own commands run a pipeline, on real processes: submit, follow, report."""

import io
from typing import Any

import pytest

from pipelines.execution import Execution
from pipelines.run import Clients, submit, wait
from pipelines.upsert import PipelineRequest
from tests.conftest import ROLE_ARN
from tests.contract.conftest import PipelineLab

FAILS = """
import sys

def read(row):
    return row["rating"]

print("reading", flush=True)
read({"stars": 5})
"""


class Runner:
    """Runs definitions of a laboratory as run-pipeline does."""

    def __init__(self, lab: PipelineLab, logs: Any) -> None:
        self.lab = lab
        self.name = lab.unique("Pipeline")
        self.clients = Clients(lab.sagemaker, lab.s3, logs)
        self.output = io.StringIO()
        self.errors = io.StringIO()

    def run(self, *steps: dict[str, Any], **members: Any) -> Execution:
        request = PipelineRequest(
            name=self.name,
            definition=self.lab.definition(*steps, **members),
            role_arn=ROLE_ARN,
            description="A test.",
            tags={"team": "books"},
        )
        self.output.truncate(0)
        self.output.seek(0)
        arn = submit(self.clients, request, (), {}, self.output)
        return wait(self.clients, self.name, arn, self.output, self.errors)


@pytest.fixture
def runner(lab: PipelineLab, client: Any) -> Runner:
    return Runner(lab, client("logs"))


def test_a_failed_script_is_reported_with_its_traceback_inputs_and_log(runner: Runner) -> None:
    step = runner.lab.processing("Prepare", FAILS, arguments={"Environment": {"SEED": "7"}})
    ended = runner.run(step)
    assert ended.status == "Failed"
    report = runner.errors.getvalue()
    assert report.count("Step Prepare failed.") == 1
    assert "KeyError: 'rating'" in report
    assert "in read" in report
    assert "environment SEED: 7" in report
    assert f"s3://{runner.lab.bucket}/code/Prepare/script.py" in report
    job = f"pipelines-{ended.arn.rsplit('/', 1)[-1]}-Prepare-"
    assert f"--log-group-name /aws/sagemaker/ProcessingJobs --log-stream-name {job}" in report


def test_each_step_is_shown_as_it_starts_and_ends(runner: Runner) -> None:
    ended = runner.run(runner.lab.processing("Prepare"))
    assert ended.has_succeeded
    lines = runner.output.getvalue().splitlines()
    assert any(
        line.split()[1:3] == ["Prepare", "Succeeded"] for line in lines if line[:1].isdigit()
    )
    assert lines[-1] == f"Succeeded {ended.arn}"
    assert runner.errors.getvalue() == ""


def test_a_second_run_says_why_a_step_was_reused_and_a_third_why_not(runner: Runner) -> None:
    cache = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}

    def step(seed: str) -> dict[str, Any]:
        return runner.lab.processing("Prepare", arguments={"Environment": {"SEED": seed}}, **cache)

    first = runner.run(step("1"))
    assert "Prepare: ran: no earlier execution has finished this step" in runner.output.getvalue()
    runner.run(step("1"))
    source = first.arn.rsplit("/", 1)[-1]
    assert f"Prepare: reused from execution {source}: nothing has changed" in (
        runner.output.getvalue()
    )
    runner.run(step("2"))
    assert "Prepare: ran: changed Environment.SEED" in runner.output.getvalue()


def test_the_message_of_a_fail_step_is_said_once(runner: Runner) -> None:
    message = "RMSE 1.1 is above 0.95"
    ended = runner.run({"Name": "TooLow", "Type": "Fail", "Arguments": {"ErrorMessage": message}})
    assert ended.status == "Failed"
    assert runner.errors.getvalue().count(message) == 1


def test_a_pipeline_that_exists_is_updated_and_keeps_its_tags(runner: Runner) -> None:
    runner.run(runner.lab.processing("One"))
    assert "Created arn:" in runner.output.getvalue()
    runner.run(runner.lab.processing("Two"))
    assert "Updated arn:" in runner.output.getvalue()
    arn = runner.lab.sagemaker.describe_pipeline(PipelineName=runner.name)["PipelineArn"]
    tags = runner.lab.sagemaker.list_tags(ResourceArn=arn)["Tags"]
    assert tags == [{"Key": "team", "Value": "books"}]
