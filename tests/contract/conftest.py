"""A small laboratory for pipelines: steps that run this machine's Python, and their executions."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.jobs import REGISTRY, RESOURCES, own_image
from tests.contract.stacks import StackLab

IMAGE_URI = f"{REGISTRY}/plain-python:1"
RUNNING = ("Executing", "Stopping")
WAIT_SECONDS = 60


@dataclass(frozen=True)
class PipelineLab:
    """Makes definitions and runs them; everything goes through boto3."""

    sagemaker: Any
    s3: Any
    bucket: str
    unique: Callable[[str], str]

    def processing(self, name: str, code: str = "pass", **members: Any) -> dict[str, Any]:
        """A Processing step that runs the code; ``outputs`` are names of directories."""
        outputs = [
            {
                "OutputName": output,
                "S3Output": {
                    "S3Uri": f"s3://{self.bucket}/{name}/{output}",
                    "LocalPath": f"/opt/ml/processing/{output}",
                    "S3UploadMode": "EndOfJob",
                },
            }
            for output in members.pop("outputs", ())
        ]
        arguments: dict[str, Any] = {
            "ProcessingResources": {"ClusterConfig": dict(RESOURCES)},
            "AppSpecification": {
                "ImageUri": IMAGE_URI,
                "ContainerEntrypoint": ["python3", "-c", code],
            },
            "RoleArn": ROLE_ARN,
            **members.pop("arguments", {}),
        }
        if "\n" in code:
            self._keep_as_script(arguments, name, code)
        if outputs:
            arguments["ProcessingOutputConfig"] = {"Outputs": outputs}
        return {"Name": name, "Type": "Processing", "Arguments": arguments, **members}

    def _keep_as_script(self, arguments: dict[str, Any], name: str, code: str) -> None:
        key = f"code/{name}/script.py"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=code.encode())
        source = {
            "InputName": "code",
            "S3Input": {
                "S3Uri": f"s3://{self.bucket}/{key}",
                "LocalPath": "/opt/ml/processing/input/code",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
            },
        }
        arguments["ProcessingInputs"] = [*arguments.get("ProcessingInputs", []), source]
        script = "/opt/ml/processing/input/code/script.py"
        arguments["AppSpecification"]["ContainerEntrypoint"] = ["python3", script]

    def definition(self, *steps: dict[str, Any], **members: Any) -> str:
        return json.dumps(
            {"Version": "2020-12-01", "Metadata": {}, "Steps": list(steps), **members}
        )

    def create(self, *steps: dict[str, Any], **members: Any) -> str:
        """A new pipeline of these steps; gives its name."""
        name = self.unique("Pipeline")
        self.sagemaker.create_pipeline(
            PipelineName=name,
            PipelineDefinition=self.definition(*steps, **members),
            RoleArn=ROLE_ARN,
        )
        return name

    def start(self, name: str, **members: Any) -> str:
        answer = self.sagemaker.start_pipeline_execution(PipelineName=name, **members)
        return str(answer["PipelineExecutionArn"])

    def run(self, name: str, **members: Any) -> dict[str, Any]:
        return self.finished(self.start(name, **members))

    def finished(self, execution_arn: str) -> dict[str, Any]:
        return self.until(execution_arn, lambda found: found["status"] not in RUNNING)["execution"]

    def until(
        self, execution_arn: str, is_reached: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        """Look at the execution and its steps until something is so."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            execution = self.sagemaker.describe_pipeline_execution(
                PipelineExecutionArn=execution_arn
            )
            found = {
                "execution": execution,
                "status": execution["PipelineExecutionStatus"],
                "steps": self.steps(execution_arn),
            }
            if is_reached(found):
                return found
            time.sleep(0.02)
        raise AssertionError(f"{execution_arn} did not get there in {WAIT_SECONDS} s: {found}")

    def steps(self, execution_arn: str) -> dict[str, dict[str, Any]]:
        """The execution's steps by name, in the order in which they started."""
        answer = self.sagemaker.list_pipeline_execution_steps(
            PipelineExecutionArn=execution_arn, SortOrder="Ascending", MaxResults=100
        )
        return {step["StepName"]: step for step in answer["PipelineExecutionSteps"]}

    def text(self, key: str) -> str:
        body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body.decode()


def lab_of(emulator: EmulatorProcess, unique: Callable[[str], str]) -> PipelineLab:
    """A laboratory in an emulator."""
    own_image(emulator, "plain-python")
    bucket = unique("pipelines").lower()
    emulator.client("s3").create_bucket(Bucket=bucket)
    return PipelineLab(emulator.client("sagemaker"), emulator.client("s3"), bucket, unique)


@pytest.fixture
def lab(emulator: EmulatorProcess, unique: Callable[[str], str]) -> PipelineLab:
    """A laboratory in the emulator that all tests share."""
    return lab_of(emulator, unique)


@pytest.fixture
def own_lab(own_emulator: EmulatorProcess, unique: Callable[[str], str]) -> PipelineLab:
    """A laboratory in an emulator that the test may kill."""
    return lab_of(own_emulator, unique)


@pytest.fixture
def stacks(emulator: EmulatorProcess, unique: Callable[[str], str]) -> StackLab:
    """A laboratory for stacks in the emulator that all tests share."""
    return StackLab(emulator, unique)


@pytest.fixture
def own_stacks(own_emulator: EmulatorProcess, unique: Callable[[str], str]) -> StackLab:
    """A laboratory for stacks in an emulator that the test may kill."""
    return StackLab(own_emulator, unique)
