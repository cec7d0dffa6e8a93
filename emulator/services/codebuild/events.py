"""The events of builds.

Source: "Build notifications input format reference" of the CodeBuild user guide.
"""

from datetime import UTC, datetime
from typing import Any

from emulator.context import Context
from emulator.services.events.outbox import emit
from emulator.store import Document

_SOURCE = "aws.codebuild"
_VERSION = "1"


def emit_state(context: Context, build: Document) -> None:
    """Tell that a build has begun or ended."""
    phase = build["phases"][-1]
    detail = {
        "build-status": build["buildStatus"],
        "project-name": build["projectName"],
        "build-id": build["arn"],
        "additional-information": _information(build),
        "current-phase": build["currentPhase"],
        "current-phase-context": _contexts_text(phase),
        "version": _VERSION,
    }
    emit(context, _SOURCE, "CodeBuild Build State Change", [build["arn"]], detail)


def emit_phase(context: Context, build: Document, phase: Document) -> None:
    """Tell that a phase of a build has ended."""
    detail = {
        "completed-phase": phase["phaseType"],
        "project-name": build["projectName"],
        "build-id": build["arn"],
        "completed-phase-context": _contexts_text(phase),
        "additional-information": _information(build),
        "completed-phase-status": phase["phaseStatus"],
        "completed-phase-duration-seconds": phase["durationInSeconds"],
        "version": _VERSION,
        "completed-phase-start": _time(phase["startTime"]),
        "completed-phase-end": _time(phase["endTime"]),
    }
    emit(context, _SOURCE, "CodeBuild Build Phase Change", [build["arn"]], detail)


def _information(build: Document) -> dict[str, Any]:
    environment, logs, artifacts = build["environment"], build["logs"], build["artifacts"]
    information: dict[str, Any] = {
        "artifact": {
            key: artifacts[key] for key in ("md5sum", "sha256sum", "location") if key in artifacts
        },
        "environment": {
            "image": environment["image"],
            "privileged-mode": environment.get("privilegedMode", False),
            "compute-type": environment["computeType"],
            "type": environment["type"],
            "environment-variables": environment.get("environmentVariables", []),
        },
        "timeout-in-minutes": build["timeoutInMinutes"],
        "build-complete": build["buildComplete"],
        "initiator": build["initiator"],
        "build-start-time": _time(build["startTime"]),
        "source": {
            key: build["source"][key] for key in ("location", "type") if key in build["source"]
        },
        "source-version": build.get("sourceVersion"),
        "logs": {
            "group-name": logs.get("groupName"),
            "stream-name": logs.get("streamName"),
            "deep-link": logs.get("deepLink"),
        },
        "phases": [_phase(phase) for phase in build["phases"]],
        "queued-timeout-in-minutes": build["queuedTimeoutInMinutes"],
    }
    return {key: value for key, value in information.items() if value is not None}


def _phase(phase: Document) -> dict[str, Any]:
    told: dict[str, Any] = {
        "phase-type": phase["phaseType"],
        "start-time": _time(phase["startTime"]),
    }
    if "endTime" in phase:
        told |= {
            "phase-context": [_context_text(each) for each in phase.get("contexts", ())],
            "end-time": _time(phase["endTime"]),
            "duration-in-seconds": phase["durationInSeconds"],
            "phase-status": phase["phaseStatus"],
        }
    return told


def _contexts_text(phase: Document) -> str:
    return f"[{', '.join(_context_text(each) for each in phase.get('contexts', ()))}]"


def _context_text(context: Document) -> str:
    return f"{context['statusCode']}: {context['message']}"


def _time(seconds: float) -> str:
    """Such as "Sep 1, 2017 4:12:29 PM"."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%b} {moment.day}, {moment.year} {moment:%I:%M:%S %p}".replace(" 0", " ")
