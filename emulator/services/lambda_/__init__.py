"""Lambda: functions from a zip, run as real processes.

names        how functions are named
code         the zip: read, checked, unpacked, kept
networks     the VPC that a function is given
functions    configuration, from creation to deletion
permissions  resource policy and tags, kept and not enforced
invocations  Invoke: one process an invocation
process      the process itself: pipes, time limit, end
bootstrap    what runs inside of it
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.lambda_ import functions, invocations, permissions
from emulator.services.lambda_.functions import recover

__all__ = ["OPERATIONS", "recover"]

OPERATIONS: Mapping[str, Handler] = {
    **functions.OPERATIONS,
    **invocations.OPERATIONS,
    **permissions.OPERATIONS,
}
