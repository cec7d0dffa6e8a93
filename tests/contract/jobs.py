"""Jobs of this machine's Python: their requests, their ends, and what they leave behind."""

import io
import json
import tarfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN, EmulatorProcess

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
TERMINAL = ("Completed", "Failed", "Stopped")
WAIT_SECONDS = 60


def own_image(
    emulator: EmulatorProcess, repository: str, commands: str = "", path: Sequence[str] = ()
) -> str:
    """An image that is this machine's Python, with more on its path; ``commands`` is TOML."""
    recipe = emulator.data_dir / "recipes" / repository / "recipe.toml"
    if not recipe.exists():
        recipe.parent.mkdir(parents=True)
        names = f'repositories = ["{repository}"]\npath = {json.dumps(list(path))}'
        recipe.write_text(f"{names}\n[commands]\n{commands}\n")
    return f"{REGISTRY}/{repository}:1"


def trainer_image(emulator: EmulatorProcess) -> str:
    """An image that runs train.py of the channel "code"."""
    program = "/opt/ml/input/data/code/train.py"
    return own_image(emulator, "plain-trainer", f'train = ["python3", "{program}"]')


def error_of(call: Callable[..., Any], **members: Any) -> tuple[str, str]:
    """The code and the message of the error that a call answers."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def processes_with(mark: str) -> list[str]:
    """The running processes that have the mark as an argument, or in the variable MARK."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            words += (path / "environ").read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile, or is somebody else's
            continue
        if mark.encode() in words or f"MARK={mark}".encode() in words:
            found.append(path.name)
    return found


@dataclass(frozen=True)
class JobLab(ABC):
    """Jobs of one kind in one emulator, and a bucket for their code, data and results."""

    emulator: EmulatorProcess
    bucket: str
    noun: ClassVar[str]

    @property
    def s3(self) -> Any:
        return self.emulator.client("s3")

    @property
    def sagemaker(self) -> Any:
        return self.emulator.client("sagemaker")

    @abstractmethod
    def request(self, name: str, *arguments: Any, **members: Any) -> dict[str, Any]:
        """A Create request."""

    def create(self, request: dict[str, Any]) -> str:
        """Create the job of the request; gives its name."""
        getattr(self.sagemaker, f"create_{xform_name(self.noun)}")(**request)
        name: str = request[f"{self.noun}Name"]
        return name

    def start(self, name: str, *arguments: Any, **members: Any) -> str:
        return self.create(self.request(name, *arguments, **members))

    def run(self, name: str, *arguments: Any, **members: Any) -> dict[str, Any]:
        return self.finished(self.start(name, *arguments, **members))

    def describe(self, name: str) -> dict[str, Any]:
        describe = getattr(self.sagemaker, f"describe_{xform_name(self.noun)}")
        job: dict[str, Any] = describe(**{f"{self.noun}Name": name})
        return job

    def stop(self, name: str) -> None:
        getattr(self.sagemaker, f"stop_{xform_name(self.noun)}")(**{f"{self.noun}Name": name})

    def finished(self, name: str) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            job = self.describe(name)
            if job[f"{self.noun}Status"] in TERMINAL:
                return job
            time.sleep(0.01)
        raise AssertionError(f"{name} did not end in {WAIT_SECONDS} s: {job}")

    def wait_for_log(self, name: str, text: str) -> None:
        folder = self.emulator.data_dir / f"logs/aws/sagemaker/{self.noun}s" / name
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if any(text in path.read_text() for path in folder.glob("*.log")):
                return
            time.sleep(0.01)
        raise AssertionError(f"{name} did not log {text!r}")

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def keys(self, prefix: str) -> list[str]:
        listing = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for item in listing.get("Contents", [])]

    def read(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def archive(self, key: str) -> dict[str, bytes]:
        """The files of a tar.gz in the bucket."""
        with tarfile.open(fileobj=io.BytesIO(self.read(key))) as tar:
            files = [(member.name, tar.extractfile(member)) for member in tar if member.isfile()]
            return {name: file.read() for name, file in files if file is not None}


def source(name: str, uri: str, local_path: str, **members: str) -> dict[str, Any]:
    """A processing input."""
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": local_path,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            **members,
        },
    }


class ProcessingLab(JobLab):
    """Processing jobs."""

    noun = "ProcessingJob"

    def request(self, name: str, code: str, **members: Any) -> dict[str, Any]:
        """A job that runs the code as a script, the way the SDK's ScriptProcessor does."""
        self.put(f"code/{name}/script.py", code.encode())
        script = source("code", f"s3://{self.bucket}/code/{name}", "/opt/ml/processing/input/code")
        return {
            "ProcessingJobName": name,
            "RoleArn": ROLE_ARN,
            "AppSpecification": {
                "ImageUri": own_image(self.emulator, "plain-python"),
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"],
            },
            "ProcessingResources": {"ClusterConfig": dict(RESOURCES)},
            **members,
            "ProcessingInputs": [*members.get("ProcessingInputs", []), script],
        }

    def outputs(self, prefix: str, local_path: str) -> dict[str, Any]:
        output = {"S3Uri": f"s3://{self.bucket}/{prefix}", "LocalPath": local_path}
        output["S3UploadMode"] = "EndOfJob"
        return {"Outputs": [{"OutputName": "out", "S3Output": output}]}


class TrainingLab(JobLab):
    """Training jobs."""

    noun = "TrainingJob"

    def channel(self, name: str, prefix: str, **members: Any) -> dict[str, Any]:
        data = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/{prefix}"}
        return {"ChannelName": name, "DataSource": {"S3DataSource": data}, **members}

    def request(self, name: str, code: str, **members: Any) -> dict[str, Any]:
        """A job whose image runs train.py of the channel "code"."""
        self.put(f"code/{name}/train.py", code.encode())
        channels = [self.channel("code", f"code/{name}"), *members.pop("Channels", [])]
        algorithm = {"TrainingImage": trainer_image(self.emulator), "TrainingInputMode": "File"}
        return {
            "TrainingJobName": name,
            "RoleArn": ROLE_ARN,
            "AlgorithmSpecification": algorithm,
            "InputDataConfig": channels,
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/models"},
            "ResourceConfig": dict(RESOURCES),
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            **members,
        }


@dataclass(frozen=True)
class TransformLab(JobLab):
    """Transform jobs of one model."""

    model: str
    noun = "TransformJob"

    def request(
        self,
        name: str,
        prefix: str = "in/",
        *,
        source: dict[str, Any] | None = None,
        target: dict[str, Any] | None = None,
        **members: Any,
    ) -> dict[str, Any]:
        data = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/{prefix}"}
        return {
            "TransformJobName": name,
            "ModelName": self.model,
            "TransformInput": {
                "DataSource": {"S3DataSource": data},
                "ContentType": "text/csv",
                "SplitType": "Line",
                **(source or {}),
            },
            "TransformOutput": {"S3OutputPath": f"s3://{self.bucket}/out", **(target or {})},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **members,
        }
