"""The repository's own commands against an emulator, as a user runs them."""

import json
import os
import subprocess
import sys
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

    def run(self, command: str, *arguments: str) -> Done:
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
            [str(program), *arguments], env=environment, capture_output=True, text=True, check=False
        )

    def build(self, pipeline: str, **parameters: str) -> Done:
        words = [word for name, value in parameters.items()
                 for word in ("--parameter", f"{name}={value}")]  # fmt: skip
        return self.run("run-pipeline", "--pipeline", pipeline, *WHERE, *words, "--wait")

    def deploy(self, group: str) -> Done:
        return self.run("deploy-model", group, "--stage", "staging", *WHERE, "--wait")

    def succeed(self, done: Done) -> str:
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def packages(self, group: str) -> list[dict[str, Any]]:
        sagemaker = self.emulator.client("sagemaker")
        listed = sagemaker.list_model_packages(ModelPackageGroupName=group, MaxResults=100)
        found: list[dict[str, Any]] = listed["ModelPackageSummaryList"]
        return found

    def evaluation(self, group: str) -> dict[str, Any]:
        """What the newest package of a group says of its quality."""
        (package,) = self.packages(group)
        arn = package["ModelPackageArn"]
        described = self.emulator.client("sagemaker").describe_model_package(ModelPackageName=arn)
        uri = described["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body = self.emulator.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        evaluation: dict[str, Any] = json.loads(body)
        return evaluation

    def invoke(self, group: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.emulator.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=f"{group}-staging",
            ContentType="application/json",
            Body=json.dumps(body),
        )
        answered: dict[str, Any] = json.loads(answer["Body"].read())
        return answered
