"""Source: the last commit of a branch, of CodeCommit or of a connection's repository.

Source: "CodeCommit source action reference" and "CodeStarSourceConnection" of the user guide.
"""

from datetime import datetime
from pathlib import Path

from emulator.services.codepipeline.actions import repository
from emulator.services.codepipeline.actions.repository import Commit, GitFailed
from emulator.services.codepipeline.actions.work import (
    REVISION_UNAVAILABLE,
    ActionFailed,
    Result,
    Work,
)
from emulator.services.codepipeline.artifacts import scratch_directory, zip_directory
from emulator.services.codepipeline.declaration.providers import CLONE_REF, CODECOMMIT, ActionKey
from emulator.store import Document

BRANCH = "GitBranch"
COMMIT_ID, BRANCH_NAME = "COMMIT_ID", "_BranchName"


def branch_name(key: ActionKey, repository_name: str, branch: str) -> str:
    """The branch's name in the store."""
    return f"{provider_of(key)}:{repository_name}:{branch}"


def provider_of(key: ActionKey) -> str:
    """The provider that the branch's document names."""
    return "CodeCommit" if key == CODECOMMIT else "CodeConnections"


def repository_member(key: ActionKey) -> str:
    """The key of the configuration that names the repository."""
    return "RepositoryName" if key == CODECOMMIT else "FullRepositoryId"


def perform(work: Work) -> Result:
    """Keep the commit's files, or a clone at the commit, as the output artifact."""
    branch = _branch(work)
    directory = Path(branch["Directory"])
    try:
        commit = repository.commit_of(directory, work.overrides.get(COMMIT_ID, branch["CommitId"]))
        _keep(work, directory, commit.commit_id)
    except GitFailed as error:
        raise ActionFailed(
            REVISION_UNAVAILABLE,
            f"Branch {branch['BranchName']} of repository {branch['RepositoryName']}: {error}",
        ) from error
    return Result(
        summary=commit.message[:2048],
        variables=_variables(work, branch, commit),
        revision={
            "revisionId": commit.commit_id,
            "revisionSummary": commit.message[:2048] or "(no message)",
            "created": datetime.fromisoformat(commit.committer_date).timestamp(),
            "revisionUrl": f"{_clone_url(work)}#{commit.commit_id}",
        },
    )


def _branch(work: Work) -> Document:
    name = work.configuration[repository_member(work.action.key)]
    branch = work.overrides.get(BRANCH_NAME, work.configuration["BranchName"])
    found = work.context.store.get(BRANCH, branch_name(work.action.key, name, branch))
    if found is None:
        raise ActionFailed(
            REVISION_UNAVAILABLE,
            f"Branch [{branch}] of repository [{name}] is not there; push to {_clone_url(work)}",
        )
    return found


def _keep(work: Work, directory: Path, commit_id: str) -> None:
    output = work.outputs[0]
    with scratch_directory(work.context) as scratch:
        target = scratch / "artifact.zip"
        if work.configuration.get("OutputArtifactFormat") == CLONE_REF:
            # On AWS the artifact is a reference that CodeBuild clones: its builds see the same.
            repository.clone(directory, commit_id, _clone_url(work), scratch / "clone")
            zip_directory(scratch / "clone", target)
        else:
            repository.archive(directory, commit_id, target)
        work.context.objects.put_file(output.bucket, output.key, target)


def _clone_url(work: Work) -> str:
    endpoint = work.context.settings.endpoint_url
    name = work.configuration[repository_member(work.action.key)]
    if work.action.key == CODECOMMIT:
        return f"{endpoint}/v1/repos/{name}"
    return f"{endpoint}/git/{name}.git"


def _variables(work: Work, branch: Document, commit: Commit) -> dict[str, str]:
    common = {
        "AuthorDate": commit.author_date,
        "BranchName": branch["BranchName"],
        "CommitId": commit.commit_id,
        "CommitMessage": commit.message,
    }
    if work.action.key == CODECOMMIT:
        own = {
            "CommitterDate": commit.committer_date,
            "RepositoryName": branch["RepositoryName"],
        }
    else:
        own = {
            "ConnectionArn": work.configuration["ConnectionArn"],
            "FullRepositoryName": branch["RepositoryName"],
        }
    return common | own
