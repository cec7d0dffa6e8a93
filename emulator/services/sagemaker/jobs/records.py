"""Job documents in the store, the same for each kind."""

from collections.abc import Callable, Sequence

from emulator.context import Answer, Context, Request
from emulator.errors import AwsError, resource_in_use, validation_error
from emulator.services.sagemaker import listing, names, tags
from emulator.services.sagemaker.experiments.configs import check_job_config
from emulator.services.sagemaker.jobs import lifecycle, running
from emulator.services.sagemaker.jobs.kinds import JobKind
from emulator.services.sagemaker.jobs.lifecycle import Document
from emulator.services.sagemaker.jobs.running import JobHandle
from emulator.store import AlreadyExists, Missing

JobThread = Callable[[Context, Document, JobHandle], None]


def create(
    context: Context, kind: JobKind, request: Request, members: Document, work: JobThread
) -> Answer:
    """Keep a new job and start its thread.

    Args:
        context: The emulator.
        kind: The kind of job.
        request: The Create request, already checked.
        members: Further members of the Describe answer.
        work: What the job's thread runs.

    Raises:
        AwsError: ResourceInUse when the name is taken; ResourceNotFound when ExperimentConfig
            names what is not there.
    """
    check_job_config(context, request.get("ExperimentConfig"))
    document = _new_document(context, kind, request, members)
    name, arn = document[kind.name_key], document[kind.arn_key]
    try:
        with context.store.transaction():
            if request.get("Tags"):  # first, so that whoever is told of the job sees them
                tags.save(context, arn, request["Tags"])
            context.store.insert(kind.noun, name, document)
            # Before anybody can see the job, so that a stop request finds what to stop.
            handle = running.add(context, kind, name)
    except AlreadyExists as error:
        raise _name_taken(kind, name, arn) from error
    context.workers.start(f"{kind.words} {name}", work, context, document, handle)
    return {kind.arn_key: arn}


def _new_document(context: Context, kind: JobKind, request: Request, members: Document) -> Document:
    now = context.clock()
    document = {key: value for key, value in request.items() if key != "Tags"}
    document[kind.arn_key] = names.arn(context, kind.arn_type, request[kind.name_key])
    document[kind.status_key] = lifecycle.IN_PROGRESS
    document["CreationTime"] = document["LastModifiedTime"] = now
    return document | members


def _name_taken(kind: JobKind, name: str, arn: str) -> AwsError:
    words = {"words": kind.words, "Words": kind.words.capitalize()}
    return resource_in_use(kind.taken.format(name=name, arn=arn, **words))


def describe(context: Context, kind: JobKind, name: str) -> Document:
    """The job's document.

    Raises:
        AwsError: There is no such job, in AWS's words for the kind.
    """
    document = context.store.get(kind.noun, name)
    if document is None:
        raise kind.not_found(name)
    return document


def list_page(
    context: Context, kind: JobKind, request: Request, summary_keys: Sequence[str]
) -> Answer:
    """One page of the kind's jobs, newest first unless the request says otherwise."""
    summaries, next_token = listing.page(
        context.store.list(kind.noun),
        request,
        name_key=kind.name_key,
        status_key=kind.status_key,
        summary_keys=summary_keys,
    )
    answer: Answer = {f"{kind.noun}Summaries": summaries}
    if next_token is not None:
        answer["NextToken"] = next_token
    return answer


def stop(
    context: Context,
    kind: JobKind,
    name: str,
    also: Callable[[Document, float], None] | None = None,
) -> Answer:
    """Ask a job to end: it is Stopping now and Stopped when its process is gone.

    Raises:
        AwsError: There is no such job, or it has ended.
    """

    def enter_stopping(document: Document) -> None:
        status = document[kind.status_key]
        if status == lifecycle.STOPPING:
            return
        if lifecycle.is_terminal(kind, document):
            raise validation_error(
                f"The request was rejected because the {kind.words} is in status {status}."
            )
        now = context.clock()
        lifecycle.enter(kind, document, lifecycle.STOPPING, now)
        if also is not None:
            also(document, now)

    try:
        document = context.store.update(kind.noun, name, enter_stopping)
    except Missing as error:
        raise kind.not_found(name) from error
    # The store finds a name in any case; the handle is known by the one the job was created with.
    _stop_process(context, kind, document[kind.name_key])
    return {}


def _stop_process(context: Context, kind: JobKind, name: str) -> None:
    handle = running.find(context, kind, name)
    process = handle.request_stop() if handle is not None else None
    if process is not None:
        grace_seconds = context.settings.limits.stop_grace_seconds
        context.workers.start(f"stop {kind.words} {name}", process.stop, grace_seconds)


def delete(context: Context, kind: JobKind, name: str) -> Answer:
    """Forget a job that has ended; its name is free again.

    Raises:
        AwsError: There is no such job, or it is still running (ResourceInUse).
    """
    document = describe(context, kind, name)
    if not lifecycle.is_terminal(kind, document):
        raise resource_in_use(
            f"Cannot delete {kind.words} {name} in status {document[kind.status_key]}: stop it and "
            "wait until it is Stopped, Failed or Completed."
        )
    with context.store.transaction():
        context.store.delete(kind.noun, name)
        tags.forget(context, document[kind.arn_key])
    return {}
