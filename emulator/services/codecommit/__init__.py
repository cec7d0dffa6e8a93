"""CodeCommit: real git repositories, by their API and by git's own protocol.

records        the documents of repositories, and what is answered for what is not there
repositories   operations on repositories
branches       operations on branches
commits        commits, and what differs between two
files          the files and folders of a commit
writing        commits made by the API
seeding        a repository's first commit from a zip in S3
tags           tags of repositories
state_changes  the event of each branch and tag that a repository gets, moves or loses

The URL to clone from is the emulator's; git needs no credentials there.
"""

from collections.abc import Mapping

from emulator.context import Context, Handler
from emulator.services.codecommit import branches, commits, files, repositories, tags, writing
from emulator.services.codecommit.records import REFUSAL_CODES
from emulator.services.codecommit.seeding import seed
from emulator.services.codecommit.state_changes import OBSERVERS
from emulator.services.git import repositories as git_repositories

__all__ = ["OBSERVERS", "OPERATIONS", "REFUSAL_CODES", "recover", "seed"]

OPERATIONS: Mapping[str, Handler] = {
    **repositories.OPERATIONS,
    **branches.OPERATIONS,
    **commits.OPERATIONS,
    **files.OPERATIONS,
    **writing.OPERATIONS,
    **tags.OPERATIONS,
}


def recover(context: Context) -> None:
    """Record the pushes that the last process took and did not live to record."""
    git_repositories.recover(context)
