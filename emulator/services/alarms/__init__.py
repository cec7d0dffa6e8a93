"""CloudWatch alarms: moto keeps them, and here they are evaluated and act.

    evaluation  an alarm's state from its data points: pure
    statistics  a period's values as one data point: pure
    watch       the thread that looks at every alarm each second, while there is one
    changes     what follows from a change of state: moto told, an event, actions
    actions     an alarm's actions by their ARNs

Rule: an alarm looks at whole periods that end now, each second; CloudWatch looks once a period.
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.alarms.watch import recover, shut_down

__all__ = ["OPERATIONS", "recover", "shut_down"]

# Moto answers for the alarms themselves.
OPERATIONS: Mapping[str, Handler] = {}
