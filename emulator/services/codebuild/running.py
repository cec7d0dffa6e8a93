"""A build's thread, from its place in the queue to its end."""

import logging
import time
from collections.abc import Callable

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codebuild import directories, handles, tools, turns
from emulator.services.codebuild.buildspec import OnFailure
from emulator.services.codebuild.handles import Handle, Stopped, TimedOut
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
from emulator.services.codebuild.timeline import complete, context_of, end_phase
from emulator.store import Document, Missing

logger = logging.getLogger(__name__)

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
        _end(context, build["id"], FAULT, context_of("INTERNAL_SERVICE_ERROR", _STOPPED))


def recover(context: Context) -> None:
    """End the builds that died with the last emulator."""
    directories.end_those_left(context)
    tools.recover(context)
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
        retry = _wait_and_run(context, build_id, handle)
    except Missing:
        return  # deleted while it waited
    except Exception as error:  # the thread's boundary: the build has to end all the same
        logger.exception("build %s failed in the emulator", build_id)
        message = f"The emulator failed: {error}"
        _end(context, build_id, FAULT, context_of("INTERNAL_SERVICE_ERROR", message))
    finally:
        handles.remove(context, build_id)
    build = _existing(context, build_id)
    if build["buildStatus"] == FAILED:
        follow(context, build, retry)
    # At last, as a build can leave a gigabyte of packages, for which nobody has to wait.
    directories.remove(directories.directory_of(context, build_id))
    tools.end_engine(context, build_id)


def _wait_and_run(context: Context, build_id: str, handle: Handle) -> OnFailure | None:
    build = _existing(context, build_id)
    limit = build["_Settings"].get("concurrentBuildLimit")
    timeout_seconds = build["queuedTimeoutInMinutes"] * _MINUTE_SECONDS
    try:
        with turns.turn(context, build["projectName"], build_id, limit, timeout_seconds, handle):
            end_phase(context, build_id, SUCCEEDED)
            status, retry = _run_in_turn(context, build, handle)
            complete(context, build_id, status)
            return retry
    except Stopped:
        _end(context, build_id, STOPPED, [])
    except TimedOut:
        message = "The build waited for its turn for longer than queuedTimeoutInMinutes"
        _end(context, build_id, TIMED_OUT, context_of("BUILD_QUEUED_TIMED_OUT", message))
    return None


def _end(context: Context, build_id: str, status: str, contexts: list[dict[str, str]]) -> None:
    with context.store.transaction():
        end_phase(context, build_id, status, contexts)
        complete(context, build_id, status)


def _run_in_turn(context: Context, build: Document, handle: Handle) -> tuple[str, OnFailure | None]:
    """The build's status when its processes are gone and its log is complete."""
    directory = directories.directory_of(context, build["id"])
    directories.make(directory)
    log = open_log(context, build, directory.path)
    handle.deadline = time.monotonic() + build["timeoutInMinutes"] * _MINUTE_SECONDS
    run = BuildRun(context, build["id"], handle, directory, log)
    try:
        status = run.through_all()
    except Interrupted as interrupted:
        status = interrupted.status
    finally:
        handle.attach(None)
        if run.shell is not None:
            run.shell.close()
        _close(context, build, log)
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
