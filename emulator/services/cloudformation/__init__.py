"""CloudFormation: stacks made of templates.

    template/       the language: pure functions over frozen data
    transforms/     what is made of a template before it is read
    schemas/        what the resource types are like
    requests        what a stack is to be, checked before anything is done
    transforming    transforms with the emulator's S3 and Lambda
    support         what the emulator can make of a template
    plan            what an update would do, as planned_changes
    stacks          CreateStack, UpdateStack, DeleteStack
    beginnings      how each of their operations begins
    repairs         what ends, repairs or protects a stack
    change_sets     plans that are kept, shown and carried out
    change_set_planning  what they would do
    descriptions    what is told of stacks
    templates       templates summed up and given back
    operations      all of them
    exports         values that stacks give to others
    execution/      operations, each in a thread of its own
    resources/      resource types, made through the operations that anybody would call

Rule: a request is checked whole before anything is kept; what is kept can be rolled back.

What it is made of is imported on first use: an emulator without stacks starts without it.
"""

import importlib
from typing import Any

from emulator.context import Context
from emulator.services.cloudformation.change_set_records import all_change_sets, is_in_progress
from emulator.services.cloudformation.records import all_stacks, is_busy


def recover(context: Context) -> None:
    """Bring operations that died with the last emulator to where the same calls repair them."""
    if any(is_in_progress(change_set) for change_set in all_change_sets(context)):
        importlib.import_module(f"{__name__}.change_set_planning").fail_unplanned(context)
    if any(is_busy(stack) for stack in all_stacks(context)):
        importlib.import_module(f"{__name__}.execution.recovery").recover(context)


def __getattr__(name: str) -> Any:
    if name == "OPERATIONS":
        return importlib.import_module(f"{__name__}.operations").OPERATIONS
    raise AttributeError(name)
