"""An update under way: when it has to be taken back, and when it is to stop."""

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from emulator.context import Context
from emulator.services.runtime.fleets import Fleets
from emulator.services.runtime.traffic import Fleet, Traffic
from emulator.services.sagemaker.serving import updates
from emulator.services.sagemaker.serving.instances import Cancelled
from emulator.services.sagemaker.serving.policies import Policy
from emulator.services.sagemaker.serving.servers import ModelServerFailed
from emulator.services.sagemaker.serving.starts import Start
from emulator.services.sagemaker.serving.updates import RolledBack, Update, reason_of


class Anything:
    """A store, as far as weak references need one."""


def update(deadline_seconds: float) -> Update:
    """An update without alarms, of which so many seconds are left."""
    context = cast(Context, SimpleNamespace(store=Anything()))
    policy = Policy(timeout_seconds=600)
    deadline = time.monotonic() + deadline_seconds
    return Update(context, "e", {"ProductionVariants": []}, policy, Start(0), deadline)


def test_a_deployment_over_its_maximum_execution_time_is_taken_back() -> None:
    update(60).check()

    with pytest.raises(RolledBack, match=r"MaximumExecutionTimeoutInSeconds \(600\)"):
        update(-1).check()


def test_a_baking_period_ends_when_it_is_over_and_when_the_endpoint_is_deleted() -> None:
    update(60).bake(0)
    cancelled = update(60)
    cancelled.start.cancel()

    with pytest.raises(Cancelled):
        cancelled.bake(3600)


def test_an_endpoint_that_is_being_deleted_gets_no_traffic() -> None:
    found: Any = update(60)
    found.start.cancel()
    traffic = Traffic((Fleet("e", ()),))

    with pytest.raises(Cancelled):
        found.route(traffic)

    fleets: Fleets = updates.fleets_of(found.context)
    assert fleets.get("e") is None


def test_what_went_wrong_is_told_in_the_endpoints_words() -> None:
    assert reason_of(RolledBack("an alarm")) == "an alarm"
    assert reason_of(ModelServerFailed("no ping")) == "no ping"
    assert reason_of(KeyError("x")) == "InternalServerError: KeyError: 'x'"
