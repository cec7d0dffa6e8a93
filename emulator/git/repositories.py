"""Makes a repository; its references and its default branch."""

import shutil
from pathlib import Path
from uuid import uuid4

from emulator.git.commands import run

HEADS, TAGS = "refs/heads/", "refs/tags/"
# The branch of a repository without any: a clone of it begins on this one.
_FIRST_BRANCH = "main"
_CONFIGURATION = {
    # What GitHub and CodeCommit refuse too: trees that would be written outside of a checkout.
    "receive.fsckObjects": "true",
    "http.receivepack": "true",
    "uploadpack.allowFilter": "true",
    "uploadpack.allowReachableSHA1InWant": "true",
    "gc.autoDetach": "false",
}
# A pipeline's source artifact has all the files of a commit, as they are.
_ATTRIBUTES = "* -export-ignore -export-subst\n"


def create(directory: Path) -> None:
    """Make an empty bare repository, whole or not at all; one that is there stays."""
    if directory.exists():
        return
    directory.parent.mkdir(parents=True, exist_ok=True)
    unfinished = directory.with_name(f".{directory.name}.{uuid4().hex}")
    try:
        run(
            unfinished,
            *("init", "--quiet", "--bare", f"--initial-branch={_FIRST_BRANCH}", "--template="),
            str(unfinished),
        )
        for name, value in _CONFIGURATION.items():
            run(unfinished, "config", name, value)
        (unfinished / "info").mkdir(exist_ok=True)
        (unfinished / "info" / "attributes").write_text(_ATTRIBUTES)
        unfinished.rename(directory)
    except OSError:
        if not directory.is_dir():  # else another was quicker, and its repository is as good
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def references(directory: Path) -> dict[str, str]:
    """The commit of each branch and tag, by full name; an annotated tag's is what it names."""
    listed = run(
        directory,
        "for-each-ref",
        "--format=%(refname)%00%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)",
        HEADS,
        TAGS,
    )
    found = {}
    for line in listed.decode().splitlines():
        name, commit = line.split("\0")
        found[name] = commit
    return found


def default_branch(directory: Path) -> str | None:
    """The name of the branch that a clone begins on; None while the repository has none."""
    name = run(directory, "symbolic-ref", "HEAD").decode().strip().removeprefix(HEADS)
    return name if HEADS + name in references(directory) else None


def set_default_branch(directory: Path, branch: str) -> None:
    """Let clones begin on this branch."""
    run(directory, "symbolic-ref", "HEAD", HEADS + branch)


def is_branch_name(name: str) -> bool:
    """Whether git can have a branch of this name.

    Source: git-check-ref-format; "Quotas in AWS CodeCommit", branch names.
    """
    if len(name) == 40 and all(character in "0123456789abcdef" for character in name):
        return False  # it would be taken for a commit
    return not name.startswith(("-", "refs/")) and _is_reference(HEADS + name)


def _is_reference(name: str) -> bool:
    """Source: git-check-ref-format, its ten rules."""
    parts = name.split("/")
    forbidden = set(" ~^:?*[\\\x7f") | {chr(code) for code in range(32)}
    return (
        all(part and not part.startswith(".") and not part.endswith(".lock") for part in parts)
        and ".." not in name
        and not name.endswith(".")
        and "@{" not in name
        and not forbidden & set(name)
    )


def create_branch(directory: Path, branch: str, commit: str) -> None:
    """Make a branch at a commit.

    Raises:
        GitFailed: The branch is there already.
    """
    run(directory, "update-ref", HEADS + branch, commit, "0" * 40)


def delete_branch(directory: Path, branch: str) -> None:
    """Delete a branch; its commits stay."""
    run(directory, "update-ref", "-d", HEADS + branch)
