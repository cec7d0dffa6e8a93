"""Stages, names, artifact stores and the execution mode.

Source: "CodePipeline pipeline structure reference" of the user guide.
"""

from collections import Counter
from collections.abc import Iterable

from emulator.context import Request
from emulator.services.codepipeline.declaration.faults import STAGE, STRUCTURE, Faults

V1, V2 = "V1", "V2"
SUPERSEDED, QUEUED, PARALLEL = "SUPERSEDED", "QUEUED", "PARALLEL"
RETRY, ROLLBACK = "RETRY", "ROLLBACK"
_ACTIONS_AT_MOST = 50
_STAGES_AT_LEAST = 2


def check(declaration: Request, faults: Faults) -> None:
    """Add the faults of the pipeline as a whole."""
    stages = declaration["stages"]
    if len(stages) < _STAGES_AT_LEAST:
        faults.add(
            STRUCTURE,
            f"Pipeline should start with a stage that only contains source actions and have at "
            f"least {_STAGES_AT_LEAST} stages; it has {len(stages)}",
        )
    for name in _repeated(stage["name"] for stage in stages):
        faults.add(STRUCTURE, f"Stage name {name!r} is used more than once: names are unique")
    for index, stage in enumerate(stages):
        _check_stage(stage, faults, is_first=index == 0)
    _check_store(declaration, faults)
    _check_type(declaration, faults)
    for name in _repeated(variable["name"] for variable in declaration.get("variables", ())):
        faults.add(STRUCTURE, f"Pipeline variable {name!r} is declared more than once")


def _check_stage(stage: Request, faults: Faults, *, is_first: bool) -> None:
    name, actions = stage["name"], stage["actions"]
    if not actions:
        faults.add(STAGE, f"Stage {name!r} should have at least one action")
    if len(actions) > _ACTIONS_AT_MOST:
        faults.add(STAGE, f"Stage {name!r} has {len(actions)} actions; at most {_ACTIONS_AT_MOST}")
    for action in _repeated(action["name"] for action in actions):
        faults.add(STAGE, f"Stage {name!r} has more than one action with the name {action!r}")
    for action in actions:
        is_source = action["actionTypeId"]["category"] == "Source"
        if is_source != is_first:
            faults.add(
                STRUCTURE,
                f"Action {action['name']!r} of stage {name!r}: the first stage has source actions "
                "only, and no other stage has one",
            )
    if stage.get("blockers"):
        faults.add("InvalidBlockerDeclarationException", f"Stage {name!r}: blockers are reserved")
    _check_failure(name, stage.get("onFailure", {}), faults, is_first=is_first)


def _check_failure(stage: str, failure: Request, faults: Faults, *, is_first: bool) -> None:
    result = failure.get("result", RETRY)
    if result not in (RETRY, ROLLBACK):
        faults.add_unsupported(
            f"Stage {stage!r}: onFailure result {result} is not supported by the emulator; "
            f"{RETRY} and {ROLLBACK} are"
        )
    if result == ROLLBACK and is_first:
        faults.add(STRUCTURE, f"Stage {stage!r}: a stage of sources cannot be rolled back")


def _check_store(declaration: Request, faults: Faults) -> None:
    stores = [name for name in ("artifactStore", "artifactStores") if declaration.get(name)]
    if len(stores) != 1:
        found = " and ".join(stores) or "neither"
        faults.add(
            STRUCTURE,
            f"Pipeline should have either artifactStore or artifactStores; it has {found}",
        )
    if len(declaration.get("artifactStores", {})) > 1:
        faults.add_unsupported("artifactStores of several regions: the emulator plays one region")


def _check_type(declaration: Request, faults: Faults) -> None:
    if declaration.get("pipelineType", V1) == V2:
        return
    for member in ("triggers", "variables"):
        if declaration.get(member):
            faults.add(STRUCTURE, f"Pipelines of type {V1} have no {member}; those of {V2} have")
    mode = declaration.get("executionMode", SUPERSEDED)
    if mode != SUPERSEDED:
        faults.add(
            STRUCTURE,
            f"Pipelines of type {V1} have the executionMode {SUPERSEDED}; {mode} is {V2}'s",
        )
    for stage in declaration["stages"]:
        for member in ("beforeEntry", "onSuccess", "onFailure"):
            if member in stage:
                faults.add(
                    STRUCTURE, f"Stage {stage['name']!r}: {member} needs a pipeline of type {V2}"
                )


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
