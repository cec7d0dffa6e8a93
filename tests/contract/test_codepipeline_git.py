"""Commits as sources: CodeCommit, connections and their triggers, and the rule of EventBridge."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROLE_ARN
from tests.contract.code_pipelines import CodePipelineLab, action, approval, lab, stage
from tests.contract.deliveries import BUILDSPEC, FILES, STAGE, build, project
from tests.contract.git_client import Git

__all__ = ["lab"]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


def codecommit(repository: str, **configuration: str) -> dict[str, Any]:
    return action(
        "Source",
        "Source",
        "CodeCommit",
        configuration={"RepositoryName": repository, "BranchName": "main", **configuration},
        outputArtifacts=["Code"],
        namespace="Source",
    )


def repository(lab: CodePipelineLab, git: Git) -> tuple[str, Path]:
    """A CodeCommit repository with the files, and a working copy."""
    name = lab.unique("repository")
    lab.emulator.client("codecommit").create_repository(repositoryName=name)
    folder = git.working_copy(name, FILES)
    git.run("remote", "add", "origin", f"{lab.emulator.url}/v1/repos/{name}", at=folder)
    git.run("push", "--quiet", "origin", "main", at=folder)
    return name, folder


def push(git: Git, folder: Path, files: dict[str, str], branch: str = "main") -> str:
    commit_id = git.commit(folder, files, "change")
    git.run("push", "--quiet", "origin", f"HEAD:{branch}", at=folder)
    return commit_id


def second(lab: CodePipelineLab, name: str) -> str:
    """The id of the execution that a push starts, once it is there."""
    found = lab.until(lambda: lab.executions(name), lambda each: len(each) == 2)
    return str(found[0]["pipelineExecutionId"])


def test_a_push_to_codecommit_is_built_with_its_commit(lab: CodePipelineLab, git: Git) -> None:
    name, folder = repository(lab, git)
    pipeline = lab.create(
        stage("Source", codecommit(name)),
        stage("Build", build(lab, project(lab))),
        variables=STAGE,
    )
    lab.ended(pipeline)
    commit_id = push(git, folder, {"more.txt": "more"})

    execution = lab.ended(pipeline, second(lab, pipeline))

    assert execution["status"] == "Succeeded", execution["statusSummary"]
    assert execution["trigger"]["triggerType"] == "PollForSourceChanges"
    built, taken = lab.action_executions(pipeline, execution["pipelineExecutionId"])
    assert taken["output"]["outputVariables"]["CommitId"] == commit_id
    assert taken["output"]["outputVariables"]["CommitMessage"] == "change"
    assert built["output"]["outputVariables"] == {"TAG": f"beta-{commit_id}"}


def test_a_connections_trigger_delivers_the_pushed_branch_as_a_clone(
    lab: CodePipelineLab, git: Git
) -> None:
    connections = lab.emulator.client("codeconnections")
    arn = connections.create_connection(ConnectionName=lab.unique("c")[-32:], ProviderType="GitHub")
    full_name = f"owner/{lab.unique('books')}"
    folder = git.working_copy("books", FILES)
    git.run("remote", "add", "origin", f"{lab.emulator.url}/git/{full_name}.git", at=folder)
    git.run("push", "--quiet", "origin", "main", at=folder)
    spec = BUILDSPEC.replace(
        'export TAG="$STAGE-$CODEBUILD_RESOLVED_SOURCE_VERSION"',
        'export TAG="$(git log --format=%s | wc -l) $(git remote get-url origin)"',
    )
    source = action(
        "Source",
        "Source",
        "CodeStarSourceConnection",
        configuration={
            "ConnectionArn": arn["ConnectionArn"],
            "FullRepositoryId": full_name,
            "BranchName": "main",
            "OutputArtifactFormat": "CODEBUILD_CLONE_REF",
            "DetectChanges": "false",
        },
        outputArtifacts=["Code"],
    )
    filters = {"branches": {"includes": ["feature/**"]}, "filePaths": {"includes": ["*.yml"]}}
    configuration = {"sourceActionName": "Source", "push": [filters]}
    pipeline = lab.create(
        stage("Source", source),
        stage("Build", build(lab, project(lab))),
        variables=STAGE,
        triggers=[{"providerType": "CodeStarSourceConnection", "gitConfiguration": configuration}],
    )
    lab.ended(pipeline)
    push(git, folder, {"README.md": "read"}, "main")
    commit_id = push(git, folder, {"buildspec.yml": spec}, "feature/a")

    execution = lab.ended(pipeline, second(lab, pipeline))

    assert execution["status"] == "Succeeded", execution["statusSummary"]
    assert execution["trigger"]["triggerType"] == "WebhookV2"
    assert execution["artifactRevisions"][0]["revisionId"] == commit_id
    built, _ = lab.action_executions(pipeline, execution["pipelineExecutionId"])
    assert built["output"]["outputVariables"] == {
        "TAG": f"3 {lab.emulator.url}/git/{full_name}.git"
    }


def test_rules_start_pipelines_and_tell_of_them(
    lab: CodePipelineLab, git: Git, unique: Callable[[str], str]
) -> None:
    """The rule for CodeCommit of "CodeCommit source actions and EventBridge"."""
    name, folder = repository(lab, git)
    events, sqs = lab.emulator.client("events"), lab.emulator.client("sqs")
    pipeline = lab.create(
        stage("Source", codecommit(name, PollForSourceChanges="false")),
        stage("Deploy", approval()),
        executionMode="PARALLEL",
    )
    queue = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn = f"arn:aws:codepipeline:us-east-1:123456789012:{pipeline}"
    told, changed = unique("told"), unique("changed")
    events.put_rule(
        Name=told,
        EventPattern=json.dumps(
            {
                "source": ["aws.codepipeline"],
                "detail-type": ["CodePipeline Pipeline Execution State Change"],
                "detail": {"pipeline": [pipeline], "state": ["STARTED"]},
            }
        ),
    )
    target = {"Id": "queue", "Arn": queue_arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule=told, Targets=[target])
    events.put_rule(
        Name=changed,
        EventPattern=json.dumps(
            {
                "source": ["aws.codecommit"],
                "detail-type": ["CodeCommit Repository State Change"],
                "resources": [f"arn:aws:codecommit:us-east-1:123456789012:{name}"],
                "detail": {"referenceType": ["branch"], "referenceName": ["main"]},
            }
        ),
    )
    events.put_targets(Rule=changed, Targets=[{"Id": "pipeline", "Arn": arn, "RoleArn": ROLE_ARN}])
    commit_id = push(git, folder, {"more.txt": "more"})

    execution_id = second(lab, pipeline)

    [revision] = lab.until(lambda: lab.execution(pipeline, execution_id)["artifactRevisions"], len)
    assert revision["revisionId"] == commit_id
    trigger = lab.execution(pipeline, execution_id)["trigger"]
    assert trigger["triggerType"] == "CloudWatchEvent"
    [message] = lab.until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages", []), len)
    event = json.loads(message["Body"])
    assert event["detail"]["execution-id"] == execution_id
    assert event["resources"] == [arn]
    lab.pipelines.delete_pipeline(name=pipeline)
