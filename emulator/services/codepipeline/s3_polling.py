"""Objects in S3 that are looked at for changes: PollForSourceChanges of S3 source actions.

Source: "Amazon S3 source action reference". AWS looks about once a minute; looking at the index of
objects costs so little that it is done each second.
"""

import threading
import weakref
from collections.abc import Iterator

from emulator.context import Context
from emulator.services.codepipeline import starting
from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.providers import S3_SOURCE
from emulator.services.codepipeline.records import PIPELINE
from emulator.store import Document, Store

SEEN = "CodePipelineSeenObject"
_SECONDS = 1.0
_WATCHED: weakref.WeakSet[Store] = weakref.WeakSet()
_LOCK = threading.Lock()


def watch(context: Context) -> None:
    """Look at the objects of all pipelines from now on, as long as any is polled."""
    for pipeline, source in _polled(context):
        # What was seen before the last emulator ended may have changed since.
        if context.store.get(SEEN, _seen_name(pipeline, source)) is None:
            _note(context, pipeline, source)
    with _LOCK:
        if context.store not in _WATCHED and any(_polled(context)):
            _WATCHED.add(context.store)
            context.workers.start("codepipeline polling", _poll, context)


def forget(context: Context, pipeline: str) -> None:
    """Drop what was seen for a pipeline that is deleted."""
    for seen in context.store.list(SEEN, f"{pipeline}/"):
        context.store.delete(SEEN, f"{pipeline}/{seen['Action']}")


def _poll(context: Context) -> None:
    pause = threading.Event()
    while True:
        pause.wait(_SECONDS)
        with _LOCK:
            polled = list(_polled(context))
            if not polled:
                _WATCHED.discard(context.store)
                return
        for pipeline, source in polled:
            if _note(context, pipeline, source):
                starting.start_for_change(context, pipeline, starting.POLLED, source["name"])


def _polled(context: Context) -> Iterator[tuple[Document, Document]]:
    for pipeline in context.store.list(PIPELINE):
        for source in pipeline["pipeline"]["stages"][0]["actions"]:
            is_polled = source["configuration"].get("PollForSourceChanges", "true") == "true"
            if is_polled and key_of(source) == S3_SOURCE:
                yield pipeline, source


def _seen_name(pipeline: Document, source: Document) -> str:
    return f"{pipeline['pipeline']['name']}/{source['name']}"


def _note(context: Context, pipeline: Document, source: Document) -> bool:
    """Keep how the object is; whether it was looked at before and is another one now."""
    configuration = source["configuration"]
    info = context.objects.head(configuration["S3Bucket"], configuration["S3ObjectKey"])
    found = [
        configuration["S3Bucket"],
        configuration["S3ObjectKey"],
        None if info is None else [info.etag, info.last_modified],
    ]
    name = _seen_name(pipeline, source)
    seen = context.store.get(SEEN, name)
    if seen is not None and seen["Found"] == found:
        return False
    context.store.put(SEEN, name, {"Action": source["name"], "Found": found})
    is_same_object = seen is not None and seen["Found"][:2] == found[:2]
    return is_same_object and info is not None
