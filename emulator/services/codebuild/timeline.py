"""A build's phases as they begin and end: its document, its events, both in one step."""

from collections.abc import Callable
from typing import Any

from emulator.context import Context
from emulator.services.codebuild.events import emit_phase, emit_state
from emulator.services.codebuild.records import BUILD, COMPLETED, IN_PROGRESS, SUCCEEDED
from emulator.store import Document


def new_phase(phase_type: str, now: float) -> Document:
    """A phase that begins."""
    return {"phaseType": phase_type, "startTime": now}


def end(phase: Document, status: str, now: float, contexts: list[dict[str, str]]) -> None:
    """End a phase that runs."""
    phase |= {
        "phaseStatus": status,
        "endTime": now,
        "durationInSeconds": int(now - phase["startTime"]),
        "contexts": contexts,
    }


def context_of(code: str = "", message: str = "") -> list[dict[str, str]]:
    """What a phase says of its end; a phase of the container that succeeded says empty texts."""
    return [{"statusCode": code, "message": message}]


def begin_phase(context: Context, build_id: str, phase_type: str) -> None:
    """Let the build's next phase begin."""

    def begin(build: Document) -> None:
        build["phases"].append(new_phase(phase_type, context.clock()))
        build["currentPhase"] = phase_type

    _change(context, build_id, begin)


def end_phase(
    context: Context, build_id: str, status: str, contexts: list[dict[str, str]] | None = None
) -> None:
    """End the build's phase that runs, and tell it to the event bus."""

    def finish(build: Document) -> None:
        phase = build["phases"][-1]
        if "endTime" not in phase:
            end(phase, status, context.clock(), contexts or [])
            emit_phase(context, build, phase)

    _change(context, build_id, finish)


def note(context: Context, build_id: str, **members: Any) -> None:
    """Set members of the build's document."""
    _change(context, build_id, lambda build: build.update(members))


def complete(context: Context, build_id: str, status: str, **members: Any) -> None:
    """End the build; one that has ended stays as it is."""

    def finish(build: Document) -> None:
        now = context.clock()
        phase = build["phases"][-1]
        if "endTime" not in phase:
            end(phase, SUCCEEDED if status == SUCCEEDED else status, now, [])
            emit_phase(context, build, phase)
        build["phases"].append(new_phase(COMPLETED, now))
        build |= {
            "currentPhase": COMPLETED,
            "buildStatus": status,
            "buildComplete": True,
            "endTime": now,
            **members,
        }
        emit_state(context, build)
        # The event of this phase, which has no end in the document, tells of the whole build.
        whole = new_phase(COMPLETED, build["startTime"])
        end(whole, status, now, [])
        emit_phase(context, build, whole)

    _change(context, build_id, finish)


def _change(context: Context, build_id: str, change: Callable[[Document], None]) -> None:
    """Change a build that is not complete: a completed one, also of another thread, is final."""

    def guarded(build: Document) -> None:
        if build["buildStatus"] == IN_PROGRESS:
            change(build)

    context.store.update(BUILD, build_id, guarded)
