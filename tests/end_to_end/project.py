"""A project on an emulator: launched from the real template, pushed to, approved, torn down.

The code that is pushed is that of this checkout, with two changes to its buildspec: no linting, and
one file of tests, because they run here anyway.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.conftest import REGION, ROLE_ARN, ROOT, EmulatorProcess
from tests.contract.projects import parameter_words
from tests.end_to_end.loop import Loop, succeed

NAME = "books"
REPOSITORY = "local/books"
WAIT_SECONDS = 240
_GIT = ("git", "-c", "user.name=Engineer", "-c", "user.email=engineer@example.com")
_ENDED = ("Succeeded", "Failed", "Stopped", "Superseded")


@dataclass(frozen=True)
class Project:
    """The project, with a checkout to push from and a queue that gets its notices."""

    loop: Loop
    checkout: Path
    id: str
    queue_url: str

    @property
    def emulator(self) -> EmulatorProcess:
        return self.loop.emulator

    @property
    def prefix(self) -> str:
        return f"sagemaker-{NAME}-{self.id}"

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    def git(self, *words: str) -> str:
        done = subprocess.run(
            [*_GIT, "-C", str(self.checkout), *words],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def push(self, message: str, branch: str = "main") -> str:
        """Commit what was changed, push it, and give the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        self.git("push", "--quiet", f"{self.emulator.url}/git/{REPOSITORY}.git", f"HEAD:{branch}")
        return self.git("rev-parse", "HEAD")

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a file of the checkout, which must have the text."""
        file = self.checkout / path
        text = file.read_text()
        assert old in text, f"{path} has no {old!r}"
        file.write_text(text.replace(old, new))

    def edit_for_speed(self) -> None:
        """No linting, and one folder of tests, because they run here anyway."""
        self.edit("buildspec.yml", "      - scripts/check\n", "")
        self.edit("buildspec.yml", "scripts/test $TESTS", "scripts/test tests/unit/project")

    def executions(self, half: str) -> list[dict[str, Any]]:
        """Summaries of the executions of "modelbuild" or "modeldeploy", newest first."""
        answer = self.client("codepipeline").list_pipeline_executions(
            pipelineName=f"{self.prefix}-{half}"
        )
        found: list[dict[str, Any]] = answer["pipelineExecutionSummaries"]
        return found

    def until_built(self, commit: str) -> str:
        """How the execution that this commit started has ended."""

        def ended() -> str:
            for execution in self.executions("modelbuild"):
                revisions = {each["revisionId"] for each in execution["sourceRevisions"]}
                if commit in revisions and execution["status"] in _ENDED:
                    return str(execution["status"])
            return ""

        return until(ended, f"a build of {commit}")

    def until_deploy(self, known: int, *states: str) -> str:
        """The state of the deploy pipeline's newest execution, once it is a further one and so.

        "Waiting" stands for a manual approval that waits.
        """

        def reached() -> str:
            executions = self.executions("modeldeploy")
            if len(executions) <= known:
                return ""
            status = str(executions[0]["status"])
            state = "Waiting" if status == "InProgress" and self._is_waiting() else status
            return state if state in states else ""

        return until(reached, f"an execution of the deploy pipeline to be {' or '.join(states)}")

    def _is_waiting(self) -> bool:
        state = self.client("codepipeline").get_pipeline_state(name=f"{self.prefix}-modeldeploy")
        return any(
            action.get("latestExecution", {}).get("token")
            and action["latestExecution"]["status"] == "InProgress"
            for stage in state["stageStates"]
            for action in stage["actionStates"]
        )

    def skipped(self) -> list[str]:
        """The stages of the deploy pipeline that the latest execution in them skipped."""
        state = self.client("codepipeline").get_pipeline_state(name=f"{self.prefix}-modeldeploy")
        return [
            stage["stageName"]
            for stage in state["stageStates"]
            if stage.get("latestExecution", {}).get("status") == "Skipped"
        ]

    def packages(self) -> list[str]:
        """Approval statuses of the group's packages, newest first."""
        listed = self.client("sagemaker").list_model_packages(
            ModelPackageGroupName=NAME, SortBy="CreationTime", SortOrder="Descending"
        )["ModelPackageSummaryList"]
        return [package["ModelApprovalStatus"] for package in listed]

    def notices(self) -> list[str]:
        """What the project's topic has told since the last look."""
        sqs = self.client("sqs")
        told = []
        while found := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in found:
                told.append(str(json.loads(message["Body"])["Message"]))
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return told

    def served(self, stage: str) -> str:
        """The ARN of the model package that a stage's endpoint serves."""
        sagemaker = self.client("sagemaker")
        endpoint = sagemaker.describe_endpoint(EndpointName=f"{NAME}-{stage}")
        config = sagemaker.describe_endpoint_config(
            EndpointConfigName=endpoint["EndpointConfigName"]
        )
        model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
        return str(model["PrimaryContainer"]["ModelPackageName"])

    def stack_status(self, stage: str) -> str:
        found = self.client("cloudformation").describe_stacks(StackName=f"{self.prefix}-{stage}")
        return str(found["Stacks"][0]["StackStatus"])

    def recommend(self, stage: str, top_k: int) -> list[Any]:
        """Ask a stage's endpoint, by a client of one's own: threads do not share them."""
        runtime = boto3.client(
            "sagemaker-runtime",
            endpoint_url=self.emulator.url,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        answer = runtime.invoke_endpoint(
            EndpointName=f"{NAME}-{stage}",
            ContentType="application/json",
            Body=json.dumps({"user_id": "1", "top_k": top_k}),
        )
        found: list[Any] = json.loads(answer["Body"].read())["recommendations"]
        return found


def until(reached: Callable[[], str], what: str) -> str:
    """What the function gives once that is not empty."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = reached()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{WAIT_SECONDS} s have brought no {what}")


def uv_cache() -> str:
    """Builds have a home of their own; the packages that this machine has they need not fetch."""
    uv = Path(sys.executable).with_name("uv")
    found = subprocess.run([uv, "cache", "dir"], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def launch(loop: Loop, directory: Path, **parameters: str) -> Project:
    """Publish the template, launch a project of it, and listen to its notices."""
    succeed(loop.run("publish-project-template", "--studio-role-arn", ROLE_ARN))
    connection = loop.emulator.client("codeconnections").create_connection(
        ConnectionName="test", ProviderType="GitHub"
    )
    # The first commit is what a test pushes of its own copy of the checkout.
    parameters |= {
        "ConnectionArn": connection["ConnectionArn"],
        "FullRepositoryId": REPOSITORY,
        "SeedRepository": "false",
    }
    words = parameter_words(**parameters)
    succeed(loop.run("launch-project", "--name", NAME, *words, "--wait"))
    project = loop.emulator.client("sagemaker").describe_project(ProjectName=NAME)
    return Project(
        loop,
        copy_of_the_checkout(directory / "checkout"),
        project["ProjectId"],
        _listen(loop.emulator, f"sagemaker-{NAME}-{project['ProjectId']}-notices"),
    )


def _listen(emulator: EmulatorProcess, topic: str) -> str:
    sqs, sns = emulator.client("sqs"), emulator.client("sns")
    queue_url = str(sqs.create_queue(QueueName="notices")["QueueUrl"])
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    sns.subscribe(
        TopicArn=f"arn:aws:sns:{REGION}:123456789012:{topic}",
        Protocol="sqs",
        Endpoint=attributes["Attributes"]["QueueArn"],
    )
    return queue_url


def copy_of_the_checkout(target: Path) -> Path:
    """The files of this checkout as they are now, in a repository of their own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((ROOT / name).read_bytes())
            (target / name).chmod((ROOT / name).stat().st_mode & 0o755)
    subprocess.run([*_GIT, "init", "--quiet", "-b", "main", str(target)], check=True)
    return target
