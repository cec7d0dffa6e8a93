"""Application Auto Scaling of endpoints' variants.

    targets   scalable targets: which variant, and between how many instances
    tags      tags of scalable targets
    policies  scaling policies, with the CloudWatch alarms of target tracking
    alarms    those alarms
    scaling   what a policy does when its alarm says so
    records   documents and their names

Rule: a policy never looks at a metric itself: its alarms do, and call it.
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.application_autoscaling import policies, tags, targets

__all__ = ["OPERATIONS"]

OPERATIONS: Mapping[str, Handler] = {
    **targets.OPERATIONS,
    **tags.OPERATIONS,
    **policies.OPERATIONS,
}
