"""One pipeline's whole loop: data -> pipeline -> evaluation -> approval -> endpoint -> an answer.

Plain boto3 and the repository's own commands, so it says nothing of where AWS is: run it with
``python -m emulator exec --`` in front, or with credentials of an account, a role and a bucket.
"""

import hashlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from rich.console import Console

from demos.demo import Demo, Endpoint

REGION = os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
STAGE = "staging"


@dataclass(frozen=True)
class Place:
    """The role and the bucket that a demo works with."""

    role_arn: str
    bucket: str

    @property
    def flags(self) -> list[str]:
        """The flags by which the repository's commands are told."""
        return ["--role-arn", self.role_arn, "--default-bucket", self.bucket]


class DemoFailed(Exception):
    """A command of the loop failed, and has said why.

    Attributes:
        exit_code: The command's.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code


def run(
    name: str,
    demo: Demo,
    files: Mapping[str, Path],
    place: Place,
    user_id: str,
    console: Console,
) -> None:
    """Run the loop of one pipeline.

    Raises:
        DemoFailed: A command failed.
    """
    folder = name.partition(".")[0]
    group = importlib.import_module(f"pipelines.{folder}.settings").MODEL_PACKAGE_GROUP
    stages = importlib.import_module(f"pipelines.{folder}.endpoint").DEPLOYMENT.stages
    s3 = boto3.client("s3")
    uris = upload(s3, place.bucket, files)
    parameters = [word for key, uri in uris.items() for word in ("--parameter", f"{key}={uri}")]

    title(console, f"Build: {_told(files)} through the pipeline {name}")
    command(console, "run-pipeline", "--pipeline", name, *place.flags, *parameters, "--wait")
    demo.show_evaluation(
        evaluation_of(s3, newest_package(boto3.client("sagemaker"), group)), console
    )

    title(console, "Approve and deploy")
    command(console, "approve-model", group, "--note", "passed the quality gate")
    command(console, "deploy-model", group, "--stage", STAGE, *place.flags, "--wait")

    title(console, "Ask the endpoint")
    demo.ask(Endpoint(stages[STAGE].endpoint_name, user_id), console)


def upload(s3: Any, bucket: str, files: Mapping[str, Path]) -> dict[str, str]:
    """Put the files under the hash of their content, so that other data are another input."""
    _make_bucket(s3, bucket)
    uris = {}
    for name, path in files.items():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        key = f"data/{digest}/{path.name}"
        s3.upload_file(str(path), bucket, key)
        uris[name] = f"s3://{bucket}/{key}"
    return uris


def command(console: Console, *words: str) -> None:
    """Run one of the repository's commands as a user would, showing it.

    Raises:
        DemoFailed: It failed.
    """
    console.print(f"[bold]$ {' '.join(words)}[/bold]", soft_wrap=True)
    program = Path(sys.executable).parent / words[0]
    done = subprocess.run([str(program), *words[1:]], check=False)
    if done.returncode != 0:
        raise DemoFailed(done.returncode)


def newest_package(sagemaker: Any, group: str) -> dict[str, Any]:
    """The model package that the run has registered."""
    listed = sagemaker.list_model_packages(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )
    arn = listed["ModelPackageSummaryList"][0]["ModelPackageArn"]
    package: dict[str, Any] = sagemaker.describe_model_package(ModelPackageName=arn)
    return package


def evaluation_of(s3: Any, package: Mapping[str, Any]) -> dict[str, Any]:
    """The evaluation that a model package names."""
    uri = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    evaluation: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return evaluation


def title(console: Console, text: str) -> None:
    """Print a heading."""
    console.print()
    console.rule(f"[bold]{text}", align="left")


def _told(files: Mapping[str, Path]) -> str:
    return " and ".join(path.name for path in files.values())


def _make_bucket(s3: Any, bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
        s3.create_bucket(Bucket=bucket, **({} if REGION == "us-east-1" else place))
