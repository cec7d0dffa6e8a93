"""A laboratory for projects: the real project template with code that builds in a moment.

A checkout has the template and the commands of this repository, and a build, settings, a stage's
stack and a smoke test of its own: each does what `files` of the test say.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import REGION, ROLE_ARN, ROOT, EmulatorProcess

WAIT_SECONDS = 60
_GIT = ("git", "-c", "user.name=Engineer", "-c", "user.email=engineer@example.com")
_CODE = (
    "project",
    "pipelines/__init__.py",
    "pipelines/command_line.py",
    "pipelines/target.py",
    "model_build/pipeline.yaml",
    "model_deploy/pipeline.yaml",
)
_STAGE_TEMPLATE = """\
Parameters: {Stage: {Type: String}, Project: {Type: String}}
Resources:
  Value:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Name: !Sub "/${Project}/${Stage}", Value: !Ref Stage}
"""
# What the real buildspecs make, without what takes time.
FILES = {
    "buildspec.yml": """\
version: 0.2
phases:
  build:
    commands:
      - scripts/build
artifacts:
  files: [definition.json]
""",
    "scripts/build": "#!/usr/bin/env bash\necho '{}' >definition.json\n",
    "model_deploy/buildspec.yml": """\
version: 0.2
env:
  exported-variables: [APPROVED_MODEL_PACKAGE]
phases:
  build:
    commands:
      - APPROVED_MODEL_PACKAGE=$(model_deploy/approved) && export APPROVED_MODEL_PACKAGE
      - sed -i "s/PROJECT/$SAGEMAKER_PROJECT_NAME/" settings/*.json
artifacts:
  base-directory: settings
  files: ["*"]
""",
    "model_deploy/smoke-test-buildspec.yml": """\
version: 0.2
phases:
  build:
    commands:
      - ./smoke-test
""",
    "smoke-test": "#!/usr/bin/env bash\nexit 0\n",
    # As the real one does, it says none where no model is approved.
    "model_deploy/approved": f"#!{sys.executable}"
    """
import os, boto3
found = boto3.client("sagemaker").list_model_packages(
    ModelPackageGroupName=os.environ["SOURCE_MODEL_PACKAGE_GROUP_NAME"],
    ModelApprovalStatus="Approved",
)["ModelPackageSummaryList"]
print(found[0]["ModelPackageArn"] if found else "none")
""",
    "settings/endpoint-template.yaml": _STAGE_TEMPLATE,
    **{
        f"settings/{stage}-config.json": json.dumps(
            {"Parameters": {"Stage": stage, "Project": "PROJECT"}}
        )
        for stage in ("staging", "prod")
    },
}
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Checkout:
    """A repository to publish, to push from, and to run the commands of."""

    directory: Path
    emulator: EmulatorProcess

    def git(self, *words: str) -> str:
        done = subprocess.run(
            [*_GIT, "-C", str(self.directory), *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755 if text.startswith("#!") else 0o644)

    def commit(self, message: str, files: dict[str, str] | None = None) -> str:
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def push(self, url: str, message: str, files: dict[str, str] | None = None) -> str:
        commit = self.commit(message, files)
        self.git("push", "--quiet", "--force", url, "HEAD:main")
        return commit

    def publish(self, *words: str) -> Done:
        command = [sys.executable, "-m", "project.publish", *words]
        return run(self.emulator, command, self.directory)


def checkout(directory: Path, emulator: EmulatorProcess, *, is_repository: bool = True) -> Checkout:
    made = Checkout(directory, emulator)
    directory.mkdir(parents=True)
    for name in _CODE:
        source, target = ROOT / name, directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    made.write(FILES | {".gitignore": "__pycache__\n"})
    if is_repository:
        made.git("init", "--quiet", "-b", "main")
        made.commit("Begin")
    return made


def environment(emulator: EmulatorProcess) -> dict[str, str]:
    found = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return found | {
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "COLUMNS": "200",
    }


def run(emulator: EmulatorProcess, command: list[str], directory: Path = ROOT) -> Done:
    return subprocess.run(
        command,
        cwd=directory,
        env=environment(emulator),
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_SECONDS,
    )


@dataclass(frozen=True)
class Lab:
    """An emulator with a published template, and the commands that talk to it."""

    emulator: EmulatorProcess
    checkout: Checkout

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    def run(self, command: str, *words: str) -> Done:
        return run(self.emulator, [program(command), *words])

    def start(self, command: str, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [program(command), *words],
            cwd=ROOT,
            env=environment(self.emulator),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def interrupted(self, sign: str, command: str, *words: str) -> Done:
        """A command that gets Ctrl-C once it has printed the sign."""
        process = self.start(command, *words)
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            told += line
            if sign in line:
                break
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=WAIT_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, told + rest, errors)

    def launch(self, name: str, *words: str) -> "Made":
        succeed(self.run("launch-project", "--name", name, *words, "--wait"))
        project = self.client("sagemaker").describe_project(ProjectName=name)
        return Made(self, name, project["ProjectId"])

    def connected(self, name: str, **parameters: str) -> "Made":
        """A project behind a connection, whose repository stays empty."""
        given = parameter_words(SeedRepository="false", **parameters)
        return self.launch(name, *self.connection(name), *given)

    def connection(self, name: str) -> list[str]:
        """The parameters of a project whose repository is behind a new connection."""
        made = self.client("codeconnections").create_connection(
            ConnectionName=name, ProviderType="GitHub"
        )
        return connection_words(made["ConnectionArn"], name)


@dataclass(frozen=True)
class Made:
    """A project."""

    lab: Lab
    name: str
    id: str

    @property
    def prefix(self) -> str:
        return f"sagemaker-{self.name}-{self.id}"

    @property
    def url(self) -> str:
        """The address of the repository behind its connection."""
        return f"{self.lab.emulator.url}/git/local/{self.name}.git"

    def status(self, *words: str) -> Done:
        return self.lab.run("project-status", self.name, *words)

    def teardown(self, *words: str) -> Done:
        return self.lab.run("teardown-project", self.name, *words)

    def push(self, message: str, files: dict[str, str] | None = None) -> str:
        return self.lab.checkout.push(self.url, message, files)

    def register(self, status: str = "PendingManualApproval") -> str:
        answer = self.lab.client("sagemaker").create_model_package(
            ModelPackageGroupName=self.name,
            ModelApprovalStatus=status,
            InferenceSpecification={
                "Containers": [{"Image": "x:1", "ModelDataUrl": "s3://models/model.tar.gz"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )
        return str(answer["ModelPackageArn"])

    def deployed(self) -> None:
        """Let the deploy pipeline go as far as its approval."""
        succeed(self.status("--wait", "--commit", self.push("Deploy")))
        self.approve_model()
        self.until_running("modeldeploy", "ApproveDeployment")

    def approve_model(self) -> None:
        self.register()
        succeed(self.lab.run("approve-model", self.name, "--note", "good"))

    def until_ended(self, status: str) -> None:
        """Wait until the deploy pipeline's newest execution has ended so."""
        codepipeline = self.lab.client("codepipeline")

        def ended() -> bool:
            found = codepipeline.list_pipeline_executions(
                pipelineName=f"{self.prefix}-modeldeploy", maxResults=1
            )
            return bool(found["pipelineExecutionSummaries"][0]["status"] == status)

        until(ended, f"execution to be {status}")

    def executions(self, half: str) -> list[dict[str, Any]]:
        """Summaries of the executions of "modelbuild" or "modeldeploy", newest first."""
        answer = self.lab.client("codepipeline").list_pipeline_executions(
            pipelineName=f"{self.prefix}-{half}"
        )
        found: list[dict[str, Any]] = answer["pipelineExecutionSummaries"]
        return found

    def action(self, half: str, name: str) -> dict[str, Any]:
        """The latest execution of an action of a pipeline."""
        state = self.lab.client("codepipeline").get_pipeline_state(name=f"{self.prefix}-{half}")
        found: dict[str, Any] = next(
            action.get("latestExecution", {})
            for stage in state["stageStates"]
            for action in stage["actionStates"]
            if action["actionName"] == name
        )
        return found

    def until_running(self, half: str, name: str) -> None:
        until(lambda: self.action(half, name).get("status") == "InProgress", f"{name} to run")

    def seed_build(self) -> dict[str, Any]:
        """The build that seeded the repository."""
        codebuild = self.lab.client("codebuild")
        ids = codebuild.list_builds_for_project(projectName=f"{self.prefix}-seed")["ids"]
        (build,) = codebuild.batch_get_builds(ids=ids)["builds"]
        return dict(build)

    def leftovers(self) -> list[str]:
        """What the account still has of the project, looked up service by service."""
        client, found = self.lab.client, []
        buckets = [each["Name"] for each in client("s3").list_buckets()["Buckets"]]
        repositories = client("codecommit").list_repositories()["repositories"]
        images = client("ecr").describe_repositories()["repositories"]
        sagemaker = client("sagemaker")
        stacks = client("cloudformation").describe_stacks()["Stacks"]
        logs = client("logs").describe_log_groups()["logGroups"]
        found += [name for name in buckets if self.id in name]
        found += [each["repositoryName"] for each in repositories]
        found += [each["logGroupName"] for each in logs]
        found += [each["StackName"] for each in stacks]
        found += [each["PipelineName"] for each in sagemaker.list_pipelines()["PipelineSummaries"]]
        experiments = sagemaker.list_experiments()["ExperimentSummaries"]
        found += [each["ExperimentName"] for each in experiments]
        groups = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
        roles = client("iam").list_roles(MaxItems=1000)["Roles"]
        found += [each["RoleName"] for each in roles]
        functions = client("lambda").list_functions()["Functions"]
        found += [each["FunctionName"] for each in functions]
        found += client("codebuild").list_projects()["projects"]
        named = [each["ModelPackageGroupName"] for each in groups]
        left = [name for name in found if self.id in name]
        left += [each["repositoryName"] for each in images if self._is_tagged(each)]
        return left + [name for name in named if name == self.name] + self._keys()

    def _is_tagged(self, repository: dict[str, Any]) -> bool:
        ecr = self.lab.client("ecr")
        tags = ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
        return {"Key": "sagemaker:project-id", "Value": self.id} in tags

    def _keys(self) -> list[str]:
        kms, found = self.lab.client("kms"), []
        for key in kms.list_keys(Limit=1000)["Keys"]:
            tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            state = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
            is_own = {"TagKey": "sagemaker:project-id", "TagValue": self.id} in tags
            if is_own and state != "PendingDeletion":
                found.append(key["KeyId"])
        return found


def connection_words(arn: str, name: str) -> list[str]:
    """launch-project's words for the repository of this name behind a connection."""
    return parameter_words(ConnectionArn=arn, FullRepositoryId=f"local/{name}")


def parameter_words(**parameters: str) -> list[str]:
    """launch-project's words for the template's parameters."""
    return [word for pair in parameters.items() for word in ("--parameter", "=".join(pair))]


def program(command: str) -> str:
    return str(Path(sys.executable).with_name(command))


def published(directory: Path, emulator: EmulatorProcess) -> Lab:
    made = checkout(directory / "checkout", emulator)
    succeed(made.publish("--studio-role-arn", ROLE_ARN))
    return Lab(emulator, made)


def succeed(done: Done) -> str:
    """What a command says that must not fail."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def until(reached: Callable[[], Any], what: str) -> Any:
    """What the function gives once that is true."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = reached()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{WAIT_SECONDS} s have brought no {what}")
