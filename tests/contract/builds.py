"""A small laboratory for builds: projects of small buildspecs, and what comes of them."""

import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.conftest import ROLE_ARN, ROOT, EmulatorProcess

ENVIRONMENT = {
    "type": "LINUX_CONTAINER",
    "image": "aws/codebuild/standard:7.0",
    "computeType": "BUILD_GENERAL1_SMALL",
}
WAIT_SECONDS = 60


def buildspec(**members: Any) -> str:
    """An inline buildspec; ``build``, ``install`` and so on are the commands of phases."""
    phases = dict(members.pop("phases", {}))
    for name in ("install", "pre_build", "build", "post_build"):
        if name in members:
            phases[name] = {"commands": members.pop(name)}
    return yaml.safe_dump({"version": 0.2, "phases": phases, **members})


@dataclass(frozen=True)
class BuildLab:
    """Projects and builds in an emulator; everything goes through boto3."""

    emulator: EmulatorProcess
    bucket: str
    unique: Callable[[str], str]

    @property
    def codebuild(self) -> Any:
        return self.emulator.client("codebuild")

    @property
    def s3(self) -> Any:
        return self.emulator.client("s3")

    def project(self, spec: str | None = None, **members: Any) -> str:
        """A new project without source and artifacts, unless told; gives its name."""
        name = self.unique("project")
        source: dict[str, Any] = {"type": "NO_SOURCE", **members.pop("source", {})}
        if spec is not None:
            source["buildspec"] = spec
        self.codebuild.create_project(
            name=name,
            source=source,
            artifacts={"type": "NO_ARTIFACTS", **members.pop("artifacts", {})},
            environment={**ENVIRONMENT, **members.pop("environment", {})},
            serviceRole=ROLE_ARN,
            **members,
        )
        return name

    def start(self, project: str, **overrides: Any) -> str:
        answer = self.codebuild.start_build(projectName=project, **overrides)
        return str(answer["build"]["id"])

    def build(self, build_id: str) -> dict[str, Any]:
        (found,) = self.codebuild.batch_get_builds(ids=[build_id])["builds"]
        return dict(found)

    def until(self, build_id: str, is_reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            found = self.build(build_id)
            if is_reached(found):
                return found
            time.sleep(0.02)
        raise AssertionError(f"{build_id} did not get there in {WAIT_SECONDS} s: {found}")

    def ended(self, build_id: str) -> dict[str, Any]:
        return self.until(build_id, lambda found: bool(found["buildComplete"]))

    def run(self, spec: str | None = None, **members: Any) -> dict[str, Any]:
        """A build of a new project, when it has ended."""
        return self.ended(self.start(self.project(spec, **members)))

    def lines(self, build: Mapping[str, Any]) -> list[str]:
        """What the build's commands printed and CodeBuild said, in CloudWatch Logs."""
        answer = self.emulator.client("logs").get_log_events(
            logGroupName=build["logs"]["groupName"],
            logStreamName=build["logs"]["streamName"],
            startFromHead=True,
        )
        return [str(event["message"]).rstrip("\n") for event in answer["events"]]

    def printed(self, build: Mapping[str, Any]) -> list[str]:
        """What the commands printed alone."""
        return [line for line in self.lines(build) if not line.startswith("[Container]")]

    def put_zip(self, key: str, files: Mapping[str, str], programs: tuple[str, ...] = ()) -> None:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name, text in files.items():
                entry = zipfile.ZipInfo(name)
                entry.external_attr = (0o755 if name in programs else 0o644) << 16
                archive.writestr(entry, text)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content.getvalue())

    def zip_of(self, key: str) -> zipfile.ZipFile:
        body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return zipfile.ZipFile(io.BytesIO(body))

    def keys(self, prefix: str = "") -> list[str]:
        answer = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for entry in answer.get("Contents", [])]


def phases_of(build: Mapping[str, Any]) -> dict[str, str]:
    """The statuses of the build's phases, in their order."""
    return {phase["phaseType"]: phase.get("phaseStatus", "") for phase in build["phases"]}


def context_of(build: Mapping[str, Any], phase_type: str) -> dict[str, str]:
    """What the phase says of its end."""
    (found,) = [phase for phase in build["phases"] if phase["phaseType"] == phase_type]
    (context,) = found["contexts"]
    return dict(context)


def has_aws_cli() -> None:
    """Make the AWS CLI of builds, if it is not there, for which a build may not wait so long."""
    subprocess.run([sys.executable, "-m", "emulator", "build", "aws-cli"], cwd=ROOT, check=True)


def lab_in(emulator: EmulatorProcess, unique: Callable[[str], str]) -> BuildLab:
    """A laboratory in an emulator."""
    bucket = unique("builds").lower()
    emulator.client("s3").create_bucket(Bucket=bucket)
    return BuildLab(emulator, bucket, unique)
