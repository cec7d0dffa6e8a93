"""The repository's own commands against an emulator, as a user runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import REGION, ROLE_ARN, EmulatorProcess

BUCKET = "end-to-end"
WHERE = ("--role-arn", ROLE_ARN, "--default-bucket", BUCKET)
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Loop:
    """An emulator with data in its S3, and the commands that talk to it."""

    emulator: EmulatorProcess

    def run(self, command: str, *arguments: str | Path) -> Done:
        program = Path(sys.executable).parent / command
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        environment |= {
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
            "COLUMNS": "200",
        }
        return subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    def build(self, pipeline: str, **parameters: str) -> Done:
        words = [word for name, value in parameters.items()
                 for word in ("--parameter", f"{name}={value}")]  # fmt: skip
        return self.run("run-pipeline", "--pipeline", pipeline, *WHERE, *words, "--wait")

    def deploy(self, group: str) -> Done:
        return self.run("deploy-model", group, "--stage", "staging", *WHERE, "--wait")

    def packages(self, group: str) -> list[dict[str, Any]]:
        """Summaries of a group's packages; none while nothing at all is registered.

        Raises:
            ClientError: there are groups, and not this one.
        """
        sagemaker = self.emulator.client("sagemaker")
        if not sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]:
            return []
        listed = sagemaker.list_model_packages(ModelPackageGroupName=group, MaxResults=100)
        found: list[dict[str, Any]] = listed["ModelPackageSummaryList"]
        return found

    def newest_package(self, group: str) -> dict[str, Any]:
        """What DescribeModelPackage tells of the newest package of a group."""
        sagemaker = self.emulator.client("sagemaker")
        listed = sagemaker.list_model_packages(
            ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
        )
        arn = listed["ModelPackageSummaryList"][0]["ModelPackageArn"]
        described: dict[str, Any] = sagemaker.describe_model_package(ModelPackageName=arn)
        return described

    def evaluation(self, group: str) -> dict[str, Any]:
        """What the newest package of a group says of its quality."""
        uri = self.newest_package(group)["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
        evaluation: dict[str, Any] = json.loads(self.read(uri))
        return evaluation

    def read(self, s3_uri: str) -> bytes:
        bucket, _, key = s3_uri.removeprefix("s3://").partition("/")
        found = self.emulator.client("s3").get_object(Bucket=bucket, Key=key)
        content: bytes = found["Body"].read()
        return content

    def invoke(self, group: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.emulator.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=f"{group}-staging",
            ContentType="application/json",
            Body=json.dumps(body),
        )
        answered: dict[str, Any] = json.loads(answer["Body"].read())
        return answered


@contextmanager
def running_loop(directory: Path, objects: Mapping[str, bytes], *arguments: str) -> Iterator[Loop]:
    """A loop whose bucket has these objects by their keys; `arguments` are the emulator's."""
    emulator = EmulatorProcess(directory / "data", arguments)
    emulator.start()
    try:
        s3 = emulator.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        for key, content in objects.items():
            s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        yield Loop(emulator)
    finally:
        emulator.stop()


def s3_uri(key: str) -> str:
    """Where an object of the loop's bucket is."""
    return f"s3://{BUCKET}/{key}"


def succeed(done: Done) -> str:
    """What a command says that must not fail."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
