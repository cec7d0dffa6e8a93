"""The event of each branch and tag that a repository gets, moves or loses.

Source: "Monitoring CodeCommit events in Amazon EventBridge", referenceCreated, referenceUpdated and
referenceDeleted.
"""

from typing import Any

from emulator.context import Context
from emulator.git.repositories import HEADS, TAGS
from emulator.services.codecommit.records import KIND, caller_arn
from emulator.services.events.outbox import emit
from emulator.services.git.repositories import CODECOMMIT, REPOSITORY
from emulator.store import Document

_TYPES = {HEADS: "branch", TAGS: "tag"}


def tell_changes(context: Context, before: Document | None, after: Document | None) -> None:
    """Emit an event for each reference that differs; a repository's own end has none."""
    if before is None or after is None or after["Provider"] != CODECOMMIT:
        return
    repository = context.store.get(KIND, after["RepositoryName"])
    if repository is None:
        return
    old, new = before["References"], after["References"]
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            detail = _detail(context, repository, name, old.get(name), new.get(name))
            emit(
                context,
                "aws.codecommit",
                "CodeCommit Repository State Change",
                [repository["Arn"]],
                detail,
            )
    changed = {"lastModifiedDate": context.clock()}
    context.store.put(KIND, repository["repositoryName"], {**repository, **changed})


def _detail(
    context: Context, repository: Document, name: str, old: str | None, new: str | None
) -> dict[str, Any]:
    prefix = HEADS if name.startswith(HEADS) else TAGS
    return {
        "event": _event(old, new),
        "repositoryName": repository["repositoryName"],
        "repositoryId": repository["repositoryId"],
        "referenceType": _TYPES[prefix],
        "referenceName": name.removeprefix(prefix),
        "referenceFullName": name,
        **({} if new is None else {"commitId": new}),
        **({} if old is None else {"oldCommitId": old}),
        "callerUserArn": caller_arn(context),
    }


def _event(old: str | None, new: str | None) -> str:
    if old is None:
        return "referenceCreated"
    return "referenceDeleted" if new is None else "referenceUpdated"


OBSERVERS = ((REPOSITORY, tell_changes),)
