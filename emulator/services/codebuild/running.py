"""A build's thread, from its place in the queue to its end."""

import time
from collections.abc import Callable

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codebuild import directories, handles, turns
from emulator.services.codebuild.buildspec import OnFailure
from emulator.services.codebuild.handles import Handle, Stopped
from emulator.services.codebuild.logs import BuildLog, open_log, upload_log
from emulator.services.codebuild.phases import BuildRun, Interrupted
from emulator.services.codebuild.records import (
    BUILD,
    FAILED,
    FAULT,
    IN_PROGRESS,
    STOPPED,
    SUCCEEDED,
    TIMED_OUT,
)
from emulator.services.codebuild.shell import TimedOut
from emulator.services.codebuild.timeline import complete, context_of, end_phase
from emulator.store import Document, Missing

Follow = Callable[[Context, Document, OnFailure | None], None]
"""What comes after a build that failed: with the RETRY of its buildspec, if it has one."""

_MINUTE_SECONDS = 60
_STOPPED = "The emulator stopped while the build ran; start the build again."


def start(context: Context, build_id: str, follow: Follow) -> None:
    """Run a build in a thread of its own, when it is its turn."""
    project_name = build_id.rpartition(":")[0]
    handles.add(context, build_id)
    turns.join(context, project_name, build_id)
    context.workers.start(f"build {build_id}", _run, context, build_id, follow)


def fail_interrupted(context: Context, build: Document) -> None:
    """End a build that ran when the emulator ended."""
    if build["buildStatus"] == IN_PROGRESS:
        with context.store.transaction():
            contexts = context_of("INTERNAL_SERVICE_ERROR", _STOPPED)
            end_phase(context, build["id"], FAULT, contexts)
            complete(context, build["id"], FAULT)


def recover(context: Context) -> None:
    """End the builds that died with the last emulator."""
    directories.end_those_left(context)
    for build in context.store.list(BUILD):
        fail_interrupted(context, build)


def shut_down(context: Context) -> None:
    """End the builds that run."""
    for build in context.store.list(BUILD):
        if build["buildStatus"] == IN_PROGRESS:
            fail_interrupted(context, build)
            handle = handles.find(context, build["id"])
            if handle is not None:
                handle.request_stop()


def _run(context: Context, build_id: str, follow: Follow) -> None:
    handle = handles.add(context, build_id)
    retry: OnFailure | None = None
    try:
        build = _existing(context, build_id)
        limit = build["_Settings"].get("concurrentBuildLimit")
        timeout_seconds = build["queuedTimeoutInMinutes"] * _MINUTE_SECONDS
        with turns.turn(context, build["projectName"], build_id, limit, timeout_seconds, handle):
            end_phase(context, build_id, SUCCEEDED)
            status, retry = _run_in_turn(context, build, handle)
            complete(context, build_id, status)
    except Stopped:
        end_phase(context, build_id, STOPPED)
        complete(context, build_id, STOPPED)
        return
    except TimedOut:
        message = "The build waited for its turn for longer than queuedTimeoutInMinutes"
        end_phase(context, build_id, TIMED_OUT, context_of("BUILD_QUEUED_TIMED_OUT", message))
        complete(context, build_id, TIMED_OUT)
        return
    except Missing:
        return  # deleted while it waited
    finally:
        handles.remove(context, build_id)
    if status == FAILED:
        follow(context, _existing(context, build_id), retry)


def _run_in_turn(context: Context, build: Document, handle: Handle) -> tuple[str, OnFailure | None]:
    """The build's status when its processes are gone and its log is complete."""
    directory = directories.directory_of(context, build["id"])
    directories.make(directory)
    log = open_log(context, build, directory.path)
    deadline = time.monotonic() + build["timeoutInMinutes"] * _MINUTE_SECONDS
    run = BuildRun(context, build["id"], handle, directory, log, deadline)
    try:
        try:
            status = run.through_all()
        except Interrupted as interrupted:
            status = interrupted.status
        finally:
            handle.attach(None)
            if run.shell is not None:
                run.shell.close()
            _close(context, build, log)
    finally:
        directories.remove(directory)
    return status, run.retry


def _close(context: Context, build: Document, log: BuildLog) -> None:
    log.say("Build complete")
    log.close()
    try:
        upload_log(context, build, log)
    except AwsError as error:
        with BuildLog(log.path, context.clock) as again:
            again.say(f"Unable to upload the log to S3: {error.code}: {error.message}")


def _existing(context: Context, build_id: str) -> Document:
    build = context.store.get(BUILD, build_id)
    if build is None:
        raise Missing(BUILD, build_id)
    return build
