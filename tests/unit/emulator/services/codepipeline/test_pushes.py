"""Which pushes start which pipelines, and of which commit."""

import io
import time
import zipfile
from typing import Any

import pytest

from emulator.services.codepipeline import pushes
from tests.unit.emulator.services.codepipeline.conftest import (
    BUCKET,
    ENDPOINT,
    WAIT_SECONDS,
    Harness,
    source_action,
)

CONNECTION = "arn:aws:codeconnections:us-east-1:123456789012:connection/c"


def connection(**configuration: str) -> dict[str, Any]:
    return source_action(
        "CodeStarSourceConnection",
        **{
            "ConnectionArn": CONNECTION,
            "FullRepositoryId": "owner/books",
            "BranchName": "main",
            **configuration,
        },
    )


def triggers(*push: dict[str, Any]) -> list[dict[str, Any]]:
    configuration = {"sourceActionName": "Source", "push": list(push)}
    return [{"providerType": "CodeStarSourceConnection", "gitConfiguration": configuration}]


def carried_out(harness: Harness) -> None:
    """Wait until no push is left to look at."""
    deadline = time.monotonic() + WAIT_SECONDS
    while harness.context.store.list(pushes.PUSH):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def names(harness: Harness, bucket_key: str) -> set[str]:
    _, stream = harness.context.objects.open(BUCKET, bucket_key)
    with stream, zipfile.ZipFile(io.BytesIO(stream.read())) as archive:
        return {each.filename for each in archive.infolist() if not each.is_dir()}


def test_a_push_to_the_branch_starts_the_pipeline_with_its_commit(harness: Harness) -> None:
    harness.push("main", harness.commit("main", a="1"))
    harness.create("p", connection())
    commit_id = harness.commit("main", steps__train="2")
    harness.push("main", commit_id)
    carried_out(harness)

    execution = harness.left_source("p")

    assert len(harness.executions("p")) == 2
    assert execution["trigger"] == {"triggerType": "WebhookV2", "triggerDetail": CONNECTION}
    assert execution["_Variables"]["Origin"] == {
        "AuthorDate": "2026-01-02T03:04:05Z",
        "BranchName": "main",
        "CommitId": commit_id,
        "CommitMessage": "Change steps__train",
        "ConnectionArn": CONNECTION,
        "FullRepositoryName": "owner/books",
    }
    [revision] = execution["artifactRevisions"]
    assert revision["revisionId"] == commit_id
    assert revision["revisionSummary"] == "Change steps__train"
    key = execution["_Artifacts"]["Code"]["s3location"]["key"]
    assert names(harness, key) == {"a", "steps/train"}


def test_an_artifact_for_a_clone_has_the_repository_and_its_address(harness: Harness) -> None:
    harness.push("main", harness.commit("main", a="1"))
    harness.create("p", connection(OutputArtifactFormat="CODEBUILD_CLONE_REF"))
    key = harness.left_source("p")["_Artifacts"]["Code"]["s3location"]["key"]
    _, stream = harness.context.objects.open(BUCKET, key)
    with stream, zipfile.ZipFile(io.BytesIO(stream.read())) as archive:
        assert archive.read("a") == b"1"
        assert ".git/HEAD" in archive.namelist()
        assert f"url = {ENDPOINT}/git/owner/books.git".encode() in archive.read(".git/config")


@pytest.mark.parametrize(
    ("source", "members", "branch", "is_started"),
    [
        (connection(), {}, "dev", False),
        (connection(DetectChanges="false"), {}, "main", False),
        (connection(FullRepositoryId="owner/films"), {}, "main", False),
        (connection(DetectChanges="false"), {"triggers": triggers()}, "main", True),
        (
            connection(DetectChanges="false"),
            {"triggers": triggers({"branches": {"includes": ["d*"]}})},
            "dev",
            True,
        ),
        (
            connection(),
            {"triggers": triggers({"branches": {"includes": ["d*"]}})},
            "main",
            False,
        ),
    ],
)
def test_a_push_starts_what_its_branch_and_repository_say(
    harness: Harness,
    source: dict[str, Any],
    members: dict[str, Any],
    branch: str,
    is_started: bool,
) -> None:
    harness.push("main", harness.commit("main", a="1"))
    harness.create("p", source, **members)
    harness.push(branch, harness.commit(branch, b="2"))
    carried_out(harness)

    assert len(harness.executions("p")) == (2 if is_started else 1)


@pytest.mark.parametrize(("file", "is_started"), [("steps__a", True), ("docs__a", False)])
def test_a_push_is_filtered_by_the_files_that_it_changes(
    harness: Harness, file: str, is_started: bool
) -> None:
    harness.push("main", harness.commit("main", steps__old="1"))
    filters = {"branches": {"includes": ["main"]}, "filePaths": {"includes": ["steps/**"]}}
    harness.create("p", connection(), triggers=triggers(filters))
    harness.push("main", harness.commit("main", **{file: "2"}))
    carried_out(harness)

    assert len(harness.executions("p")) == (2 if is_started else 1)


def test_a_push_to_another_branch_of_a_trigger_delivers_that_branch(harness: Harness) -> None:
    harness.push("main", harness.commit("main", a="1"))
    filters = {"branches": {"includes": ["feature/**"]}}
    harness.create("p", connection(), triggers=triggers(filters))
    commit_id = harness.commit("feature/x", b="2")
    harness.push("feature/x", commit_id)
    carried_out(harness)

    variables = harness.left_source("p")["_Variables"]["Origin"]

    assert (variables["BranchName"], variables["CommitId"]) == ("feature/x", commit_id)


@pytest.mark.parametrize(("polls", "is_started"), [("true", True), ("false", False)])
def test_codecommit_is_polled_unless_its_rule_starts_the_pipeline(
    harness: Harness, polls: str, is_started: bool
) -> None:
    source = source_action(
        "CodeCommit", RepositoryName="books", BranchName="main", PollForSourceChanges=polls
    )
    harness.push("main", harness.commit("main", a="1"), "CodeCommit")
    harness.create("p", source)
    commit_id = harness.commit("main", b="2")
    harness.push("main", commit_id, "CodeCommit")
    carried_out(harness)

    assert len(harness.executions("p")) == (2 if is_started else 1)
    if is_started:
        execution = harness.left_source("p")
        assert execution["trigger"]["triggerType"] == "PollForSourceChanges"
        assert execution["_Variables"]["Origin"]["CommitterDate"] == "2026-01-02T03:04:05Z"
        assert execution["_Variables"]["Origin"]["RepositoryName"] == "books"


def test_a_push_kept_before_a_kill_starts_its_pipeline_afterwards(harness: Harness) -> None:
    harness.push("main", harness.commit("main", a="1"))
    harness.create("p", connection())
    store = harness.context.store
    branch = store.get("GitBranch", "CodeConnections:owner/books:main") or {}
    commit_id = harness.commit("main", b="2")
    moved = {**branch, "CommitId": commit_id}
    kept = {"_Id": "x", "_Before": branch["CommitId"], "_Pipelines": ["p", "gone"]}
    store.insert(pushes.PUSH, "x", moved | kept)

    pushes.recover(harness.context)
    carried_out(harness)

    assert harness.left_source("p")["artifactRevisions"][0]["revisionId"] == commit_id
    assert len(harness.executions("p")) == 2


def test_a_connection_that_is_not_there_fails_the_source(harness: Harness) -> None:
    arn = CONNECTION + "-other"
    harness.push("main", harness.commit("main", a="1"))
    harness.create("p", connection(ConnectionArn=arn))

    told = harness.left_source("p")["statusSummary"]

    assert f"Unable to use Connection: {arn}. Connection {arn} not found" in told


def test_a_branch_that_is_not_there_fails_the_source_with_its_address(harness: Harness) -> None:
    harness.create("p", connection(BranchName="mian"))

    execution = harness.left_source("p")

    assert execution["status"] == "Failed"
    told = execution["statusSummary"]
    assert "RevisionUnavailable: Branch [mian] of repository [owner/books] is not there" in told
    assert f"{ENDPOINT}/git/owner/books.git" in told
