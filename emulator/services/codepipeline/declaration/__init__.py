"""A pipeline's declaration: what is wrong with it, and the plan that it is.

faults       the error of a declaration, with every fault that it has
structure    stages, names, artifact stores, execution mode
providers    which actions there are, and what each takes
actions      configuration and artifact counts of each action
conditions   the conditions of stages and their rules
configuration  what a provider takes of either
artifacts    every input is the output of an earlier action
references   #{namespace.key}: found, checked, resolved
triggers     V2's triggers and their filters
globs        the patterns of filters
plan         the declaration as frozen data, read once it is found good
"""

from emulator.context import Request
from emulator.services.codepipeline.declaration import (
    actions,
    artifacts,
    conditions,
    references,
    structure,
    triggers,
)
from emulator.services.codepipeline.declaration.faults import Faults

__all__ = ["check"]


def check(declaration: Request) -> None:
    """Refuse a declaration that cannot be run.

    Raises:
        AwsError: InvalidStructureException, InvalidStageDeclarationException,
            InvalidActionDeclarationException or ValidationException, whichever the first fault
            is; UnsupportedByEmulator where AWS would have agreed.
    """
    faults = Faults()
    structure.check(declaration, faults)
    actions.check(declaration, faults)
    conditions.check(declaration, faults)
    artifacts.check(declaration, faults)
    references.check(declaration, faults)
    triggers.check(declaration, faults)
    faults.raise_any()
