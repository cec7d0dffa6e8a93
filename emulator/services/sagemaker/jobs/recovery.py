"""What died with the last emulator process."""

import logging
import shutil

from emulator.containers import end_leftovers
from emulator.context import Context
from emulator.services.sagemaker.jobs import directories, lifecycle
from emulator.services.sagemaker.jobs.failures import internal_server_error
from emulator.services.sagemaker.jobs.kinds import JobKind
from emulator.services.sagemaker.jobs.lifecycle import Document

logger = logging.getLogger(__name__)

_REASON = internal_server_error("the emulator stopped while the job ran; start the job again")


def recover_jobs(context: Context, kind: JobKind) -> None:
    """End what the kind's jobs left running, and fail the jobs."""
    folder = directories.jobs_directory(context, kind)
    for leftover in end_leftovers(folder) if folder.is_dir() else ():
        logger.info("ended a process that outlived the last emulator: %s", leftover)
    for document in context.store.list(kind.noun):
        if not lifecycle.is_terminal(kind, document):
            fail(context, kind, document[kind.name_key])
    shutil.rmtree(folder, ignore_errors=True)


def fail(context: Context, kind: JobKind, name: str) -> None:
    """Write that the job died."""

    def change(document: Document) -> None:
        now = context.clock()
        lifecycle.enter(kind, document, lifecycle.FAILED, now)
        document["FailureReason"] = _REASON
        if "SecondaryStatus" in document:
            document["SecondaryStatus"] = lifecycle.FAILED

    context.store.update(kind.noun, name, change)
