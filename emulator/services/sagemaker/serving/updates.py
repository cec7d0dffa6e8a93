"""Updates that are under way: what the ways from one deployment to the next have in common.

The new fleet is the green one, the old one the blue. Every step is seen by DescribeEndpoint while
it is made.

Source: "Auto-Rollback Configuration and Monitoring" in the developer guide: alarms are watched
while a step bakes; one that trips takes the whole deployment back.
"""

import logging
import time
from dataclasses import dataclass
from typing import Any

from emulator.context import Context
from emulator.services.runtime import async_work
from emulator.services.runtime.fleets import fleets_of
from emulator.services.runtime.traffic import Fleet, Traffic
from emulator.services.sagemaker.serving import alarms, progress
from emulator.services.sagemaker.serving.fleets import described
from emulator.services.sagemaker.serving.instances import Cancelled
from emulator.services.sagemaker.serving.policies import Capacity, Policy
from emulator.services.sagemaker.serving.servers import ModelServerFailed
from emulator.services.sagemaker.serving.starts import Start
from emulator.services.sagemaker.serving.statuses import REASON_CHARACTERS, settle
from emulator.store import Missing

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.2
_NOT_UNDER_WAY: dict[str, Any] = {
    "_NextDeployment": None,
    "_UpdatePolicy": None,
    progress.KEY: None,
}


class RolledBack(Exception):
    """The deployment has to be taken back; the message is the endpoint's FailureReason."""


@dataclass(frozen=True)
class Update:
    """An update that is under way.

    Attributes:
        deployment: What the endpoint is to serve.
        deadline: In time.monotonic seconds.
    """

    context: Context
    name: str
    deployment: dict[str, Any]
    policy: Policy
    start: Start
    deadline: float

    @property
    def counts(self) -> dict[str, int]:
        """How many instances each variant of the green fleet shall have."""
        return instance_counts(self.deployment)

    def route(self, traffic: Traffic) -> None:
        """Send the endpoint's requests this way.

        Raises:
            Cancelled: The endpoint is being deleted; it gets no more requests.
        """
        fleets = fleets_of(self.context)
        fleets.put(traffic)
        if self.start.is_cancelled.is_set():
            fleets.remove(self.name, traffic)
            raise Cancelled

    def tell(self, status: str, message: str, active: Capacity | None) -> None:
        """Let DescribeEndpoint say what is done now, and how much of green has traffic."""
        counts = self.counts
        of_each = {
            name: 0 if active is None else active.instances_of(count)
            for name, count in counts.items()
        }
        try:
            progress.tell(self.context, self.name, status, message, of_each)
        except Missing as error:
            raise Cancelled from error

    def bake(self, seconds: float) -> None:
        """Watch the alarms for so long.

        Raises:
            RolledBack: An alarm has tripped, or the deployment has taken too long.
            Cancelled: The endpoint is being deleted.
        """
        end = time.monotonic() + seconds
        while True:
            self.check()
            pause = min(_LOOK_SECONDS, max(end - time.monotonic(), 0))
            if self.start.is_cancelled.wait(pause):
                raise Cancelled
            if time.monotonic() >= end:
                return

    def check(self) -> None:
        """Look at the alarms and at the clock, once.

        Raises:
            RolledBack: An alarm has tripped, or the deployment has taken too long.
        """
        found = alarms.tripped(self.context, self.policy.alarms)
        if found:
            raise RolledBack(
                "The deployment was rolled back because one or more alarms in"
                f" AutoRollbackConfiguration are in the state ALARM: {', '.join(found)}."
            )
        if time.monotonic() > self.deadline:
            raise RolledBack(
                "The deployment was rolled back because it exceeded"
                f" MaximumExecutionTimeoutInSeconds ({self.policy.timeout_seconds})."
            )


def instance_counts(deployment: dict[str, Any]) -> dict[str, int]:
    """The number of instances of each variant of a deployment; a serverless one has none."""
    return {
        variant["VariantName"]: variant.get("InitialInstanceCount", 0)
        for variant in deployment["ProductionVariants"]
    }


def finish(update: Update, green: Fleet) -> None:
    """The endpoint serves its new deployment, and says so.

    Raises:
        Cancelled: The endpoint is being deleted; nothing of the green fleet runs.
    """
    try:
        update.route(Traffic((green,)))
        members = {"FailureReason": None} | described(update.context, update.deployment)
        if not settle(update.context, update.name, "InService", **_NOT_UNDER_WAY | members):
            raise Cancelled
    except Cancelled:
        fleets_of(update.context).remove(update.name)
        green.stop()
        raise
    if green.async_concurrency is not None:
        async_work.begin(update.context, update.name)


def begin_rollback(update: Update, reason: str) -> None:
    """Say that the endpoint goes back to what it had, and why."""
    members = _NOT_UNDER_WAY | {"FailureReason": reason[:REASON_CHARACTERS]}
    if not settle(update.context, update.name, "RollingBack", **members):
        raise Cancelled


def reason_of(error: Exception) -> str:
    """The FailureReason of an endpoint whose update failed with the error."""
    if isinstance(error, RolledBack):
        return str(error)
    if isinstance(error, ModelServerFailed):
        return error.reason
    logger.error("an update failed", exc_info=error)
    return f"InternalServerError: {type(error).__name__}: {error}"


def give_up(context: Context, name: str, reason: str) -> None:
    """Stay with the old fleet, which never stopped serving, if there is one."""
    members = _NOT_UNDER_WAY | {"FailureReason": reason[:REASON_CHARACTERS]}
    if not settle(context, name, "RollingBack", **members):
        return
    has_fleet = fleets_of(context).get(name) is not None
    settle(context, name, "InService" if has_fleet else "Failed")
