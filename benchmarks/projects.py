"""A project on an emulator, launched from the template, pushed to and approved as by its users."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.running import ROLE_ARN, ROOT, Server, emulator
from project import names, pipelines
from project.status import report

NAME = "books"
_REPOSITORY = "local/books"
_WAIT_SECONDS = 900
_LOG_LINES = 60
_BIN = Path(sys.executable).parent


@contextmanager
def project_server() -> Iterator[Server]:
    """The emulator as scripts/launch-project starts it.

    Builds find the packages that this machine has fetched already, else the index is measured.
    """
    uv = subprocess.run([_BIN / "uv", "cache", "dir"], capture_output=True, text=True, check=True)
    arguments = ("--recipes", str(ROOT / "steps"), "--traffic-wait-seconds", "10")
    with emulator(arguments=arguments, variables={"UV_CACHE_DIR": uv.stdout.strip()}) as server:
        yield server


def run(server: Server, command: str, *words: str, **variables: str) -> None:
    """Run one of the repository's commands.

    Raises:
        RuntimeError: It failed; with all that it said.
    """
    environment = server.command_environment() | variables
    _succeed([str(_BIN / command), *words], environment)


@dataclass(frozen=True)
class Project:
    """A launched project."""

    server: Server
    described: names.Project

    def push_until_a_model_waits(self) -> None:
        """Push what HEAD of this checkout is, until a model package waits for an approval."""
        sagemaker, name = self.server.client("sagemaker"), self.described.build_pipeline
        known = self._state(name).execution_id
        url = f"{self.server.url}/git/{_REPOSITORY}.git"
        _succeed(["git", "-C", str(ROOT), "push", "--quiet", url, "HEAD:main"], os.environ)

        def waits() -> bool:
            self._state(name, known)
            listed = sagemaker.list_model_packages(ModelPackageGroupName=self.described.group)
            statuses = [each["ModelApprovalStatus"] for each in listed["ModelPackageSummaryList"]]
            return statuses == ["PendingManualApproval"]

        _until(waits, "a model package that waits")

    def phase_seconds(self) -> dict[str, float]:
        """How long each phase of the newest build took, once that has ended."""
        _until(lambda: bool(self._newest_build()["buildComplete"]), "the end of the build")
        return {
            phase["phaseType"]: (phase["endTime"] - phase["startTime"]).total_seconds()
            for phase in self._newest_build()["phases"]
            if "endTime" in phase
        }

    def _newest_build(self) -> dict[str, Any]:
        codebuild = self.server.client("codebuild")
        listed = codebuild.list_builds_for_project(projectName=self.described.build_pipeline)
        found: dict[str, Any] = codebuild.batch_get_builds(ids=listed["ids"][:1])["builds"][0]
        return found

    def approve_until_staging_waits(self) -> None:
        """Approve the model, until its deployment waits for the approval of production."""
        name = self.described.deploy_pipeline
        known = self._state(name).execution_id
        run(self.server, "approve-model", NAME, "--note", "a benchmark")
        _until(lambda: bool(self._state(name, known).approvals), "an approval that waits")

    def approve_until_production_answers(self) -> None:
        """Approve the deployment, until production answers a request."""
        run(self.server, "approve-deploy", NAME, "--note", "a benchmark")
        runtime = self.server.client("sagemaker-runtime")

        def answers() -> bool:
            self._state(self.described.deploy_pipeline, "")
            try:
                answer = runtime.invoke_endpoint(
                    EndpointName=f"{NAME}-prod",
                    ContentType="application/json",
                    Body=json.dumps({"user_id": "1", "top_k": 5}),
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ValidationError":  # not there yet
                    raise
                return False
            return len(json.loads(answer["Body"].read())["recommendations"]) == 5

        _until(answers, "an answer of production")

    def wait_for_the_end(self) -> None:
        """Until the deploy pipeline has nothing more to do."""
        name = self.described.deploy_pipeline
        _until(
            lambda: self._state(name, "").execution_status == "Succeeded",
            "the end of the deployment",
        )

    def _state(self, name: str, known: str | None = None) -> pipelines.PipelineState:
        """A pipeline's state.

        With the id of an execution that was there before, a failure of a later one is an error:
        the first one of every pipeline fails, as nothing is pushed yet.
        """
        state = pipelines.read(self.server.client("codepipeline"), name)
        if state is None:
            raise RuntimeError(f"the project has no pipeline {name}")
        if known is not None and state.execution_id != known and state.has_failed:
            is_build = name == self.described.build_pipeline
            raise RuntimeError(report(state) + (self._build_log() if is_build else ""))
        return state

    def _build_log(self) -> str:
        """The last lines of the newest build's log."""
        logs = self._newest_build()["logs"]
        found = self.server.client("logs").get_log_events(
            logGroupName=logs["groupName"], logStreamName=logs["streamName"], limit=_LOG_LINES
        )
        return "".join(f"\n{event['message'].rstrip()}" for event in found["events"])


def launch(server: Server, parameters: Mapping[str, str]) -> Project:
    """Publish the template, and launch a project of it behind a connection."""
    run(server, "publish-project-template", "--studio-role-arn", ROLE_ARN)
    connection = server.client("codeconnections").create_connection(
        ConnectionName="benchmark", ProviderType="GitHub"
    )
    given = {
        **parameters,
        "ConnectionArn": connection["ConnectionArn"],
        "FullRepositoryId": _REPOSITORY,
        # What is measured begins with the first push.
        "SeedRepository": "false",
    }
    words = [word for item in given.items() for word in ("--parameter", "=".join(item))]
    run(server, "launch-project", "--name", NAME, *words, "--wait")
    return Project(server, names.find(server.client("sagemaker"), NAME))


def _succeed(command: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{_WAIT_SECONDS} s have brought no {what}")
        time.sleep(0.2)
