"""Who may enter a stage: pure functions over one stage's part of the progress document.

Source: "How pipeline executions are processed" of the CodePipeline user guide.

A gate is ``{"Inside": [ids], "Waiting": [[number, id]], "Latest": id}``; an execution's number says
which is newer. ``Transition`` is there when it was ever disabled or enabled.
"""

from emulator.services.codepipeline.declaration.structure import PARALLEL, QUEUED, SUPERSEDED
from emulator.store import Document


def gate_of(progress: Document, stage: str) -> Document:
    """The stage's gate, made if nobody has come to it yet."""
    gate: Document = progress["Gates"].setdefault(stage, {"Inside": [], "Waiting": []})
    return gate


def arrive(gate: Document, number: int, execution_id: str, mode: str) -> list[str]:
    """Let an execution wait before the stage, and give those that it, or a newer one, supersedes.

    In SUPERSEDED mode only the newest waits.
    """
    waiting = sorted([*gate["Waiting"], [number, execution_id]])
    kept = waiting[-1:] if mode == SUPERSEDED else waiting
    gate["Waiting"] = kept
    return [each for _, each in waiting if [_, each] not in kept]


def is_waiting(gate: Document, execution_id: str) -> bool:
    """Whether the execution still waits here: it may have been superseded or stopped."""
    return any(each == execution_id for _, each in gate["Waiting"])


def may_enter(gate: Document, execution_id: str, mode: str) -> bool:
    """Whether the execution waits here and is next, the stage is free and its transition open."""
    if not is_waiting(gate, execution_id) or not is_open(gate):
        return False
    if mode == PARALLEL:
        return True
    is_next = mode != QUEUED or gate["Waiting"][0][1] == execution_id
    return is_next and not gate["Inside"]


def is_open(gate: Document) -> bool:
    """Whether executions may come into the stage."""
    return bool(gate.get("Transition", {}).get("enabled", True))


def enter(gate: Document, execution_id: str) -> None:
    """Take the stage."""
    quit_waiting(gate, execution_id)
    gate["Inside"] = [*gate["Inside"], execution_id]
    gate["Latest"] = execution_id


def leave(gate: Document, execution_id: str) -> None:
    """Give the stage free."""
    gate["Inside"] = [each for each in gate["Inside"] if each != execution_id]


def quit_waiting(gate: Document, execution_id: str) -> None:
    """Wait no longer."""
    gate["Waiting"] = [each for each in gate["Waiting"] if each[1] != execution_id]
