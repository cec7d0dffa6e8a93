"""Which repositories there are, and what became of their branches."""

import shutil
import threading
from pathlib import Path

from emulator import git
from emulator.context import Context
from emulator.git.repositories import HEADS
from emulator.store import Document

REPOSITORY = "GitRepository"
BRANCH = "GitBranch"
CODECOMMIT, CODECONNECTIONS = "CodeCommit", "CodeConnections"

# One recording at a time: each has to see what the one before has kept.
_RECORDING = threading.Lock()


def branch_name(provider: str, repository: str, branch: str) -> str:
    """The name of a branch in the store."""
    return f"{provider}:{repository}:{branch}"


def codecommit_directory(context: Context, repository_id: str) -> Path:
    """Where CodeCommit's repository of this id is kept, whatever its name."""
    return context.settings.data_dir / "git" / "codecommit" / f"{repository_id}.git"


def connection_directory(context: Context, repository: str) -> Path:
    """Where the repository ``owner/name`` that connections lead to is kept, or will be."""
    return context.settings.data_dir / "git" / "connections" / f"{repository}.git"


def directory_of(context: Context, provider: str, repository: str) -> Path | None:
    """The bare repository of a name; None if there is none."""
    found = context.store.get(REPOSITORY, _name(provider, repository))
    return Path(found["Directory"]) if found else None


def add(context: Context, provider: str, repository: str, directory: Path) -> None:
    """Make an empty repository known, unless it is.

    Raises:
        GitFailed: Git could not make it.
    """
    git.create(directory)
    name = _name(provider, repository)
    with context.store.transaction():
        if context.store.get(REPOSITORY, name) is None:
            context.store.insert(REPOSITORY, name, _document(provider, repository, directory, {}))


def rename(context: Context, provider: str, old: str, new: str) -> None:
    """Let a repository and its branches have another name; for a transaction of the store."""
    document = context.store.get(REPOSITORY, _name(provider, old))
    if document is None:
        return
    directory, found = Path(document["Directory"]), document["References"]
    forget(context, provider, old)
    renamed = _document(provider, new, directory, found)
    context.store.insert(REPOSITORY, _name(provider, new), renamed)
    _keep_branches(context, renamed, {})


def forget(context: Context, provider: str, repository: str) -> None:
    """Drop a repository and its branches from the store; for a transaction of it."""
    document = context.store.get(REPOSITORY, _name(provider, repository))
    if document is not None:
        _keep_branches(context, {**document, "References": {}}, document["References"])
        context.store.delete(REPOSITORY, _name(provider, repository))


def record(context: Context, provider: str, repository: str) -> None:
    """Keep what became of a repository's branches and tags, in one transaction.

    The first branch that a repository gets is its default branch, as on GitHub and CodeCommit.
    """
    name = _name(provider, repository)
    with _RECORDING:
        document = context.store.get(REPOSITORY, name)
        if document is None or not Path(document["Directory"]).is_dir():
            return
        before, after = document["References"], git.references(Path(document["Directory"]))
        if after == before:
            return
        _choose_default_branch(Path(document["Directory"]), after)
        with context.store.transaction():
            changed = {**document, "References": after}
            _keep_branches(context, changed, before)
            context.store.put(REPOSITORY, name, changed)


def recover(context: Context) -> None:
    """Record the pushes that the last process took and did not live to record."""
    for document in context.store.list(REPOSITORY):
        record(context, document["Provider"], document["RepositoryName"])
    _remove_leftovers(context)


def _remove_leftovers(context: Context) -> None:
    """A repository is deleted first in the store, then on the disk."""
    known = {document["Directory"] for document in context.store.list(REPOSITORY)}
    for directory in codecommit_directory(context, "any").parent.glob("*.git"):
        if str(directory) not in known:
            shutil.rmtree(directory, ignore_errors=True)


def _choose_default_branch(directory: Path, references: dict[str, str]) -> None:
    branches = [name.removeprefix(HEADS) for name in references if name.startswith(HEADS)]
    if branches and git.default_branch(directory) is None:
        git.set_default_branch(directory, branches[0])


def _keep_branches(context: Context, document: Document, before: dict[str, str]) -> None:
    """Put and delete the branches that differ from what they were."""
    provider, repository = document["Provider"], document["RepositoryName"]
    after = document["References"]
    for name in [*before, *(name for name in after if name not in before)]:
        if not name.startswith(HEADS) or before.get(name) == after.get(name):
            continue
        branch = name.removeprefix(HEADS)
        key = branch_name(provider, repository, branch)
        if name not in after:
            context.store.delete(BRANCH, key)
            continue
        kept = {
            "Provider": provider,
            "RepositoryName": repository,
            "BranchName": branch,
            "CommitId": after[name],
            "Directory": document["Directory"],
        }
        context.store.put(BRANCH, key, kept)


def _document(
    provider: str, repository: str, directory: Path, references: dict[str, str]
) -> Document:
    return {
        "Provider": provider,
        "RepositoryName": repository,
        "Directory": str(directory),
        "References": references,
    }


def _name(provider: str, repository: str) -> str:
    return f"{provider}:{repository}"
