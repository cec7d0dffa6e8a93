"""A small laboratory for CodePipeline: pipelines with a source in S3, and what becomes of them."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess

WAIT_SECONDS = 60
RUNNING = ("InProgress", "Stopping")
SUCCEED = "pipelines.put_job_success_result(jobId=job['id'])"
FAIL = (
    "pipelines.put_job_failure_result(jobId=job['id'],"
    " failureDetails={'type': 'JobFailed', 'message': 'the smoke test got 500'})"
)


def action(name: str, category: str, provider: str, **members: Any) -> dict[str, Any]:
    """An action of AWS's; artifacts are given by their names."""
    for member in ("inputArtifacts", "outputArtifacts"):
        if member in members:
            members[member] = [{"name": artifact} for artifact in members[member]]
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, **members}


def approval(name: str = "Approve", **members: Any) -> dict[str, Any]:
    return action(name, "Approval", "Manual", **members)


def stage(name: str, *actions: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"name": name, "actions": list(actions), **members}


def zipped(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


@dataclass(frozen=True)
class CodePipelineLab:
    """Pipelines in one emulator, and a bucket for their source and their artifacts."""

    emulator: EmulatorProcess
    bucket: str
    unique: Callable[[str], str]

    @property
    def pipelines(self) -> Any:
        return self.emulator.client("codepipeline")

    def source(self, name: str = "Source", **members: Any) -> dict[str, Any]:
        """A source action; its object is there, and is not polled."""
        key = f"{name}.zip"
        self.emulator.client("s3").put_object(
            Bucket=self.bucket, Key=key, Body=zipped({"README.md": "read me"})
        )
        configuration = {
            "S3Bucket": self.bucket,
            "S3ObjectKey": key,
            "PollForSourceChanges": "false",
        } | members.pop("configuration", {})
        members = {"outputArtifacts": [f"{name}Output"], **members}
        return action(name, "Source", "S3", configuration=configuration, **members)

    def function(self, body: str, before: str = "") -> str:
        """A function that has the job and a client of CodePipeline; gives its name."""
        name = self.unique("function")
        code = [
            "import boto3, json",
            before,
            "pipelines = boto3.client('codepipeline')",
            "def handler(event, context):",
            "    job = event['CodePipeline.job']",
            *(f"    {line}" for line in body.splitlines()),
        ]
        self.emulator.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=ROLE_ARN,
            Handler="app.handler",
            Timeout=60,
            Code={"ZipFile": zipped({"app.py": "\n".join(code)})},
        )
        return name

    def invoke(self, name: str, body: str, **members: Any) -> dict[str, Any]:
        """A Lambda action whose function has this body."""
        configuration = {"FunctionName": self.function(body)} | members.pop("configuration", {})
        return action(name, "Invoke", "Lambda", configuration=configuration, **members)

    def declaration(self, *stages: dict[str, Any], **members: Any) -> dict[str, Any]:
        """A V2 pipeline of a source stage and these; one with the sources given, if any is."""
        is_complete = any(
            each["actionTypeId"]["category"] == "Source"
            for each in (stages[0]["actions"] if stages else ())
        )
        first = () if is_complete else (stage("Source", self.source()),)
        return {
            "name": self.unique("delivery"),
            "roleArn": ROLE_ARN,
            "artifactStore": {"type": "S3", "location": self.bucket},
            "pipelineType": "V2",
            "stages": [*first, *stages],
            **members,
        }

    def create(self, *stages: dict[str, Any], **members: Any) -> str:
        """A new pipeline, whose first execution runs; gives its name."""
        declaration = self.declaration(*stages, **members)
        self.pipelines.create_pipeline(pipeline=declaration)
        return str(declaration["name"])

    def start(self, name: str, **members: Any) -> str:
        answer = self.pipelines.start_pipeline_execution(name=name, **members)
        return str(answer["pipelineExecutionId"])

    def executions(self, name: str) -> list[dict[str, Any]]:
        """Newest first."""
        answer = self.pipelines.list_pipeline_executions(pipelineName=name)
        found: list[dict[str, Any]] = answer["pipelineExecutionSummaries"]
        return found

    def first(self, name: str) -> str:
        """The id of the execution that the pipeline's creation started."""
        return str(self.executions(name)[-1]["pipelineExecutionId"])

    def execution(self, name: str, execution_id: str) -> dict[str, Any]:
        answer = self.pipelines.get_pipeline_execution(
            pipelineName=name, pipelineExecutionId=execution_id
        )
        found: dict[str, Any] = answer["pipelineExecution"]
        return found

    def ended(self, name: str, execution_id: str | None = None) -> dict[str, Any]:
        execution_id = execution_id or self.first(name)
        return self.until(
            lambda: self.execution(name, execution_id), lambda each: each["status"] not in RUNNING
        )

    def stages(self, name: str) -> dict[str, dict[str, Any]]:
        states = self.pipelines.get_pipeline_state(name=name)["stageStates"]
        return {state["stageName"]: state for state in states}

    def action(self, name: str, of_stage: str, of_action: str) -> dict[str, Any]:
        """The action's latest execution in the pipeline's state, empty if there is none."""
        for state in self.stages(name)[of_stage]["actionStates"]:
            if state["actionName"] == of_action:
                found: dict[str, Any] = state.get("latestExecution", {})
                return found
        raise AssertionError(f"{of_stage} has no action {of_action}")

    def token(self, name: str, of_stage: str = "Deploy", of_action: str = "Approve") -> str:
        """The token of the approval that is asked for, once it is."""
        asked = self.until(
            lambda: self.action(name, of_stage, of_action), lambda each: "token" in each
        )
        return str(asked["token"])

    def answer(self, name: str, status: str = "Approved", **members: Any) -> dict[str, Any]:
        """Answer the approval that is asked for."""
        request = {
            "pipelineName": name,
            "stageName": "Deploy",
            "actionName": "Approve",
            "result": {"status": status, "summary": members.pop("summary", "")},
        } | members
        if "token" not in request:
            request["token"] = self.token(name, request["stageName"], request["actionName"])
        answer: dict[str, Any] = self.pipelines.put_approval_result(**request)
        return answer

    def action_executions(self, name: str, execution_id: str) -> list[dict[str, Any]]:
        """Newest first."""
        answer = self.pipelines.list_action_executions(
            pipelineName=name, filter={"pipelineExecutionId": execution_id}
        )
        found: list[dict[str, Any]] = answer["actionExecutionDetails"]
        return found

    def until(self, look: Callable[[], Any], is_reached: Callable[[Any], bool]) -> Any:
        """Look until something is so."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if is_reached(found):
                return found
            time.sleep(0.02)
        raise AssertionError(f"not reached in {WAIT_SECONDS} s: {json.dumps(found, default=str)}")


def lab_of(emulator: EmulatorProcess, unique: Callable[[str], str]) -> CodePipelineLab:
    """A laboratory in an emulator."""
    bucket = unique("artifacts").lower()
    emulator.client("s3").create_bucket(Bucket=bucket)
    emulator.client("s3").put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    return CodePipelineLab(emulator, bucket, unique)


@pytest.fixture
def lab(emulator: EmulatorProcess, unique: Callable[[str], str]) -> CodePipelineLab:
    """A laboratory in the emulator that all tests share."""
    return lab_of(emulator, unique)


@pytest.fixture
def own_lab(own_emulator: EmulatorProcess, unique: Callable[[str], str]) -> CodePipelineLab:
    """A laboratory in an emulator that the test may kill."""
    return lab_of(own_emulator, unique)
