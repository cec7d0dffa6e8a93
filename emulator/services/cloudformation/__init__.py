"""CloudFormation: stacks made of templates.

    template/       the language: pure functions over frozen data
    schemas/        what the resource types are like
    requests        what a stack is to be, checked before anything is done
    support         what the emulator can make of a template
    plan            what an update would do, as planned_changes
    stacks          CreateStack, UpdateStack, DeleteStack
    beginnings      how each of their operations begins
    repairs         what ends, repairs or protects a stack
    change_sets     plans that are kept, shown and carried out
    descriptions    what is told of stacks
    templates       templates summed up and given back
    exports         values that stacks give to others
    execution/      operations, each in a thread of its own
    resources/      resource types, made through the operations that anybody would call

Rule: a request is checked whole before anything is kept; what is kept can be rolled back.
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.cloudformation import (
    change_sets,
    descriptions,
    exports,
    repairs,
    stacks,
    templates,
)
from emulator.services.cloudformation.execution.recovery import recover

__all__ = ["OPERATIONS", "recover"]

OPERATIONS: Mapping[str, Handler] = {
    **stacks.OPERATIONS,
    **repairs.OPERATIONS,
    **change_sets.OPERATIONS,
    **descriptions.OPERATIONS,
    **templates.OPERATIONS,
    **exports.OPERATIONS,
}
