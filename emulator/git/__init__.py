"""Bare git repositories on disk, by git itself.

    commands      runs git: no shell, no settings of the user's, no prompt
    repositories  makes a repository; its references and its default branch
    history       commits: which one a reference names, what it says, what it changed
    trees         the files of a commit, and commits made of them without a working copy
    archives      a commit as a zip or as files, and a zip as a commit
    http          git's smart HTTP protocol, by ``git http-backend``

Rule: a repository is its directory; which names it has and who may see it is the services' matter.
"""

from emulator.git.archives import archive, checkout, clone, import_zip
from emulator.git.commands import GitFailed
from emulator.git.history import (
    Author,
    Commit,
    changed_paths,
    commit_author,
    commit_message,
    commit_of,
    find_commit,
    read_commit,
)
from emulator.git.repositories import create, default_branch, references, set_default_branch

__all__ = [
    "Author",
    "Commit",
    "GitFailed",
    "archive",
    "changed_paths",
    "checkout",
    "clone",
    "commit_author",
    "commit_message",
    "commit_of",
    "create",
    "default_branch",
    "find_commit",
    "import_zip",
    "read_commit",
    "references",
    "set_default_branch",
]
