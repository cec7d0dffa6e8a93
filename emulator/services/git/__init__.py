"""The repositories that CodeCommit and connections have, and git's own protocol at them.

    repositories  which repositories there are, and what became of their branches
    addresses     the URLs of repositories, and what a URL asks for
    app           the ASGI application behind those URLs

Rule: after whatever moved a branch, ``repositories.record`` is called. It compares the repository
with what the store knows, so that a push whose recording was cut short is recorded at the next
start.
"""

from emulator.services.git.addresses import codecommit_url, connection_url, local_roots
from emulator.services.git.repositories import (
    BRANCH,
    CODECOMMIT,
    CODECONNECTIONS,
    branch_name,
    connection_directory,
    directory_of,
    record,
)

__all__ = [
    "BRANCH",
    "CODECOMMIT",
    "CODECONNECTIONS",
    "branch_name",
    "codecommit_url",
    "connection_directory",
    "connection_url",
    "directory_of",
    "local_roots",
    "record",
]
