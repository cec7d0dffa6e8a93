"""Source: the last commit of a branch, of CodeCommit or of a connection's repository.

Source: "CodeCommit source action reference" and "CodeStarSourceConnection" of the user guide.
"""

from datetime import UTC, datetime
from pathlib import Path

from emulator import git
from emulator.errors import AwsError
from emulator.git import Author, GitFailed
from emulator.git.history import Commit, read_commit
from emulator.services.codeconnections.connections import existing_connection
from emulator.services.codepipeline.actions.work import (
    CONFIGURATION_ERROR,
    REVISION_UNAVAILABLE,
    ActionFailed,
    Result,
    Work,
)
from emulator.services.codepipeline.artifacts import scratch_directory, zip_directory
from emulator.services.codepipeline.declaration.providers import CLONE_REF, CODECOMMIT, ActionKey
from emulator.services.git.addresses import codecommit_url, connection_url
from emulator.services.git.repositories import (
    BRANCH,
    CODECONNECTIONS,
    branch_name,
)
from emulator.services.git.repositories import CODECOMMIT as CODECOMMIT_PROVIDER
from emulator.store import Document

COMMIT_ID, BRANCH_NAME = "COMMIT_ID", "_BranchName"


def provider_of(key: ActionKey) -> str:
    """The provider that the branch's document names."""
    return CODECOMMIT_PROVIDER if key == CODECOMMIT else CODECONNECTIONS


def repository_member(key: ActionKey) -> str:
    """The key of the configuration that names the repository."""
    return "RepositoryName" if key == CODECOMMIT else "FullRepositoryId"


def perform(work: Work) -> Result:
    """Keep the commit's files, or a clone at the commit, as the output artifact."""
    _check_connection(work)
    branch = _branch(work)
    directory = Path(branch["Directory"])
    try:
        commit = read_commit(directory, work.overrides.get(COMMIT_ID, branch["CommitId"]))
        _keep(work, directory, commit.commit_id)
    except GitFailed as error:
        raise ActionFailed(
            REVISION_UNAVAILABLE,
            f"Branch {branch['BranchName']} of repository {branch['RepositoryName']}: {error}",
        ) from error
    message = commit.message.strip()
    return Result(
        summary=message[:2048],
        variables=_variables(work, branch, commit),
        revision={
            "revisionId": commit.commit_id,
            "revisionSummary": message[:2048] or "(no message)",
            "created": _seconds(commit.committer),
            "revisionUrl": f"{_clone_url(work)}#{commit.commit_id}",
        },
    )


def _check_connection(work: Work) -> None:
    if work.action.key == CODECOMMIT:
        return
    arn = work.configuration["ConnectionArn"]
    try:
        existing_connection(work.context, arn)
    except AwsError as error:
        raise ActionFailed(
            CONFIGURATION_ERROR, f"Unable to use Connection: {arn}. {error.message}"
        ) from error


def _branch(work: Work) -> Document:
    name = work.configuration[repository_member(work.action.key)]
    branch = work.overrides.get(BRANCH_NAME, work.configuration["BranchName"])
    found = work.context.store.get(BRANCH, branch_name(provider_of(work.action.key), name, branch))
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
            git.clone(directory, commit_id, scratch / "clone", _clone_url(work))
            zip_directory(scratch / "clone", target)
        else:
            git.archive(directory, commit_id, target)
        work.context.objects.put_file(output.bucket, output.key, target)


def _clone_url(work: Work) -> str:
    name = work.configuration[repository_member(work.action.key)]
    url_of = codecommit_url if work.action.key == CODECOMMIT else connection_url
    return url_of(work.context, name)


def _variables(work: Work, branch: Document, commit: Commit) -> dict[str, str]:
    common = {
        "AuthorDate": _date(commit.author),
        "BranchName": branch["BranchName"],
        "CommitId": commit.commit_id,
        "CommitMessage": commit.message.strip(),
    }
    if work.action.key == CODECOMMIT:
        own = {
            "CommitterDate": _date(commit.committer),
            "RepositoryName": branch["RepositoryName"],
        }
    else:
        own = {
            "ConnectionArn": work.configuration["ConnectionArn"],
            "FullRepositoryName": branch["RepositoryName"],
        }
    return common | own


def _date(author: Author) -> str:
    """When, in ISO 8601, as the variables of AWS have it."""
    return datetime.fromtimestamp(_seconds(author), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(author: Author) -> float:
    return float(author.date.partition(" ")[0])
