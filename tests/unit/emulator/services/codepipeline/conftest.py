"""Pipelines within this process: a store, objects and threads, without a server."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.context import Context, Settings, Workers
from emulator.objects import Objects
from emulator.services.codepipeline import OBSERVERS, OPERATIONS
from emulator.services.codepipeline.records import EXECUTION, RUNNING
from emulator.store import Document, Store

ROLE_ARN = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole"
BUCKET, ENDPOINT = "artifacts", "http://127.0.0.1:1"
WAIT_SECONDS = 20
APPROVE = {
    "name": "Approve",
    "actionTypeId": {
        "category": "Approval",
        "owner": "AWS",
        "provider": "Manual",
        "version": "1",
    },
}


def source_action(provider: str, **configuration: str) -> dict[str, Any]:
    kind = {"category": "Source", "owner": "AWS", "provider": provider, "version": "1"}
    return {
        "name": "Source",
        "actionTypeId": kind,
        "configuration": configuration,
        "outputArtifacts": [{"name": "Code"}],
        "namespace": "Origin",
    }


@dataclass(frozen=True)
class Harness:
    """CodePipeline's operations over a context."""

    context: Context
    repository: Path = field(default=Path())

    def call(self, operation: str, **request: Any) -> Any:
        return OPERATIONS[operation](self.context, request)

    def create(self, name: str, source: dict[str, Any], **members: Any) -> None:
        declaration = {
            "name": name,
            "roleArn": ROLE_ARN,
            "artifactStore": {"type": "S3", "location": BUCKET},
            "pipelineType": "V2",
            "stages": [
                {"name": "Source", "actions": [source]},
                {"name": "Deploy", "actions": [APPROVE]},
            ],
            **members,
        }
        self.call("CreatePipeline", pipeline=declaration)

    def executions(self, name: str) -> list[Document]:
        """Oldest first."""
        return self.context.store.list(EXECUTION, f"{name}/")

    def left_source(self, name: str, number: int = -1) -> Document:
        """The execution once its source stage has ended."""
        execution_id = self.executions(name)[number]["pipelineExecutionId"]

        def has_left(execution: Document) -> bool:
            is_over = execution["status"] not in RUNNING
            return bool(is_over or execution["_Artifacts"])

        return self.context.store.wait_until(
            EXECUTION, f"{name}/{execution_id}", has_left, WAIT_SECONDS
        )

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.repository), *arguments],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, branch: str, **files: str) -> str:
        """A commit of these files on the branch, which is made when missing."""
        branches = self.git("branch", "--list", branch)
        self.git("checkout", "--quiet", *([] if branches else ["-b"]), branch)
        for name, text in files.items():
            path = self.repository / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"Change {', '.join(files)}")
        return self.git("rev-parse", "HEAD")

    def push(self, branch: str, commit_id: str, provider: str = "CodeConnections") -> None:
        """What the git service does after a push."""
        name = "books" if provider == "CodeCommit" else "owner/books"
        document = {
            "Provider": provider,
            "RepositoryName": name,
            "BranchName": branch,
            "CommitId": commit_id,
            "Directory": str(self.repository / ".git"),
        }
        self.context.store.put("GitBranch", f"{provider}:{name}:{branch}", document)


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "ada@example.com")
        monkeypatch.setenv(f"GIT_{name}_DATE", "2026-01-02T03:04:05Z")
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, ENDPOINT)
    store, objects, nothing = (
        Store(tmp_path / "store.sqlite"),
        Objects(tmp_path / "objects"),
        cast(Any, None),
    )
    context = Context(settings, store, objects, nothing, nothing, Workers(), time.time)
    objects.create_bucket(BUCKET)
    for kind, observer in OBSERVERS:
        store.observe(kind, lambda before, after, tell=observer: tell(context, before, after))
    store.insert("CodeConnection", "c", {"ConnectionStatus": "AVAILABLE"})
    repository = tmp_path / "repository"
    repository.mkdir()
    harness = Harness(context, repository)
    harness.git("init", "--quiet", "--initial-branch", "main")
    yield harness
    # Each thread finds its pipeline gone, and ends.
    for pipeline in store.list("CodePipeline"):
        harness.call("DeletePipeline", name=pipeline["pipeline"]["name"])
