"""What dies with the emulator process, and what has died with the last one."""

import logging
import shutil
from collections.abc import Callable

from emulator.containers import end_leftovers
from emulator.context import Context
from emulator.services.sagemaker.jobs import directories, lifecycle, running
from emulator.services.sagemaker.jobs.failures import internal_server_error
from emulator.services.sagemaker.jobs.kinds import JobKind
from emulator.services.sagemaker.jobs.lifecycle import Document

logger = logging.getLogger(__name__)

_REASON = internal_server_error("the emulator stopped while the job ran; start the job again")


def recover_jobs(
    context: Context,
    kind: JobKind,
    salvage: Callable[[Document], None] | None = None,
    also: Callable[[Document, float], None] | None = None,
) -> None:
    """End what the kind's jobs left running, and fail the jobs.

    Args:
        context: The emulator.
        kind: The kind of job.
        salvage: Saves from a dead job's folder what outlives the job.
        also: Changes the document along with its status.
    """
    folder = directories.jobs_directory(context, kind)
    for leftover in end_leftovers(folder) if folder.is_dir() else ():
        logger.info("ended a process that outlived the last emulator: %s", leftover)
    for document in context.store.list(kind.noun):
        if lifecycle.is_terminal(kind, document):
            continue
        if salvage is not None:
            salvage(document)
        _fail(context, kind, document[kind.name_key], also)
    shutil.rmtree(folder, ignore_errors=True)


def shut_down(
    context: Context,
    kind: JobKind,
    salvage: Callable[[Document], None] | None = None,
    also: Callable[[Document, float], None] | None = None,
) -> None:
    """Fail and end the kind's jobs, because the emulator ends in order.

    The status comes first: from then on the job's thread, which sees its process end, writes
    nothing more.
    """
    for document in context.store.list(kind.noun):
        if lifecycle.is_terminal(kind, document):
            continue
        name = document[kind.name_key]
        _fail(context, kind, name, also)
        handle = running.find(context, kind, name)
        process = handle.request_stop() if handle is not None else None
        if process is not None:
            process.stop(0)
        if salvage is not None:
            salvage(document)


def _fail(
    context: Context,
    kind: JobKind,
    name: str,
    also: Callable[[Document, float], None] | None,
) -> None:
    def change(document: Document) -> None:
        if lifecycle.is_terminal(kind, document):  # it has ended since the list was made
            return
        now = context.clock()
        lifecycle.enter(kind, document, lifecycle.FAILED, now)
        document["FailureReason"] = _REASON
        if also is not None:
            also(document, now)

    context.store.update(kind.noun, name, change)
