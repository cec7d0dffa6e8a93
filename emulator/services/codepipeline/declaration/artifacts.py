"""Every input artifact is the output of an earlier action.

Source: "Input and output artifacts" of the user guide.
"""

from emulator.context import Request
from emulator.services.codepipeline.declaration.conditions import (
    BEFORE_ENTRY,
    ON_FAILURE,
    ON_SUCCESS,
    rules_in,
)
from emulator.services.codepipeline.declaration.faults import STRUCTURE, Faults


def check(declaration: Request, faults: Faults) -> None:
    """Add the faults of artifacts' names, in the order in which actions run."""
    made: set[str] = set()
    for stage in declaration["stages"]:
        _check_rules(rules_in(stage, BEFORE_ENTRY), made, faults)
        for group in run_groups(stage["actions"]):
            for action in group:
                _check_inputs(f"action {action['name']}", action, made, faults)
            for action in group:
                _add_outputs(action, made, faults)
        _check_rules(rules_in(stage, ON_SUCCESS, ON_FAILURE), made, faults)


def run_groups(actions: list[Request]) -> list[list[Request]]:
    """The actions of a stage by runOrder: those of one group run at the same time."""
    orders = sorted({action.get("runOrder", 1) for action in actions})
    return [[each for each in actions if each.get("runOrder", 1) == order] for order in orders]


def _check_rules(rules: list[Request], made: set[str], faults: Faults) -> None:
    for rule in rules:
        _check_inputs(f"rule {rule['name']}", rule, made, faults)


def _check_inputs(what: str, declared: Request, made: set[str], faults: Faults) -> None:
    names = [artifact["name"] for artifact in declared.get("inputArtifacts", ())]
    for name in names:
        if name not in made:
            faults.add(
                STRUCTURE,
                f"Input Artifact Bundle {name} in {what} is not declared as "
                "Output Artifact Bundle in any of the preceding actions; they make: "
                f"{', '.join(sorted(made)) or 'none'}",
            )
    if len(set(names)) < len(names):
        faults.add(STRUCTURE, f"{what[0].upper()}{what[1:]} names an input artifact twice")


def _add_outputs(action: Request, made: set[str], faults: Faults) -> None:
    for artifact in action.get("outputArtifacts", ()):
        if artifact["name"] in made:
            faults.add(
                STRUCTURE,
                "Output Artifact Bundle name must be unique within the pipeline. "
                f"{artifact['name']} has been used more than once",
            )
        if artifact.get("files"):
            faults.add(
                STRUCTURE,
                f"Output artifact {artifact['name']} of action {action['name']} has files, which "
                "compute actions alone take",
            )
        made.add(artifact["name"])
