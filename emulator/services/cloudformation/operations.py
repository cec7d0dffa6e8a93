"""All operations of CloudFormation."""

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

OPERATIONS: Mapping[str, Handler] = {
    **stacks.OPERATIONS,
    **repairs.OPERATIONS,
    **change_sets.OPERATIONS,
    **descriptions.OPERATIONS,
    **templates.OPERATIONS,
    **exports.OPERATIONS,
}
