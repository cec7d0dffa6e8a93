"""Pushes that start executions: by the triggers of connections, and CodeCommit's polling.

A push is kept with the branch's change, in its transaction; a thread looks later at which pipelines
it starts, so that no push is lost and git is not run within a transaction.
"""

import uuid
from pathlib import Path

from emulator import git
from emulator.context import Context
from emulator.services.codepipeline import starting
from emulator.services.codepipeline.actions.git_source import (
    BRANCH_NAME,
    COMMIT_ID,
    provider_of,
    repository_member,
)
from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.providers import CODECOMMIT, CONNECTION
from emulator.services.codepipeline.declaration.triggers import lets_through, push_filters
from emulator.services.codepipeline.records import PIPELINE
from emulator.services.git.repositories import BRANCH
from emulator.store import Document

PUSH = "CodePipelinePush"
__all__ = ["BRANCH", "observe_branch", "recover"]


def observe_branch(context: Context, before: Document | None, after: Document | None) -> None:
    """Keep a push that moved, or made, a branch."""
    old = before["CommitId"] if before else None
    if after is None or after["CommitId"] == old:
        return
    # Those that are there now: one that is made later is not started by this push.
    pipelines = [
        pipeline["pipeline"]["name"]
        for pipeline in context.store.list(PIPELINE)
        if any(_is_of(source, after) for source in _sources(pipeline))
    ]
    if pipelines:
        push_id = str(uuid.uuid4())
        kept = {**after, "_Id": push_id, "_Before": old, "_Pipelines": pipelines}
        context.store.insert(PUSH, push_id, kept)
        context.workers.start(f"push {push_id}", _carry_out, context, push_id)


def recover(context: Context) -> None:
    """Carry out the pushes that came just before the last emulator ended."""
    for push in context.store.list(PUSH):
        context.workers.start(f"push {push['_Id']}", _carry_out, context, push["_Id"])


def _carry_out(context: Context, push_id: str) -> None:
    push = context.store.get(PUSH, push_id)
    if push is None:
        return
    found = [context.store.get(PIPELINE, name) for name in push["_Pipelines"]]
    started = [
        (pipeline, source)
        for pipeline in found
        if pipeline is not None
        for source in _sources(pipeline)
        if _is_of(source, push) and _is_started(pipeline["pipeline"], source, push)
    ]
    with context.store.transaction():
        if not context.store.delete(PUSH, push_id):
            return
        for pipeline, source in started:
            _start(context, pipeline, source, push)


def _sources(pipeline: Document) -> list[Document]:
    sources: list[Document] = pipeline["pipeline"]["stages"][0]["actions"]
    return sources


def _is_of(source: Document, push: Document) -> bool:
    """Whether the source is of the repository that was pushed to."""
    key = key_of(source)
    is_git = key in (CODECOMMIT, CONNECTION) and provider_of(key) == push["Provider"]
    return is_git and source["configuration"][repository_member(key)] == push["RepositoryName"]


def _is_started(declaration: Document, source: Document, push: Document) -> bool:
    key, configuration = key_of(source), source["configuration"]
    is_own_branch: bool = configuration["BranchName"] == push["BranchName"]
    if key == CODECOMMIT:
        return is_own_branch and configuration.get("PollForSourceChanges", "true") == "true"
    filters = push_filters(declaration, source["name"])
    if filters:
        return lets_through(filters, push["BranchName"], lambda: _changed_files(push))
    is_triggered = filters is not None or configuration.get("DetectChanges", "true") == "true"
    return is_own_branch and is_triggered


def _changed_files(push: Document) -> list[str]:
    return git.changed_paths(Path(push["Directory"]), push["_Before"], push["CommitId"])


def _start(context: Context, pipeline: Document, source: Document, push: Document) -> None:
    name, is_poll = source["name"], key_of(source) == CODECOMMIT
    overrides = [
        {"actionName": name, "revisionType": COMMIT_ID, "revisionValue": push["CommitId"]},
        {"actionName": name, "revisionType": BRANCH_NAME, "revisionValue": push["BranchName"]},
    ]
    kind = starting.POLLED if is_poll else starting.PUSHED
    detail = name if is_poll else source["configuration"]["ConnectionArn"]
    starting.start_for_change(context, pipeline, kind, detail, overrides)
