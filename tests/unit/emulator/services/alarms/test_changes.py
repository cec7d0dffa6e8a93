"""What an alarm's state counts as after a kill between CloudWatch's record of it and our own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.context import Context, Settings, Workers
from emulator.services.alarms import changes
from emulator.services.alarms.evaluation import Judgement
from emulator.store import Store

OVER = Judgement("ALARM", "Threshold Crossed", (100.0,))
NEW = {
    "AlarmName": "errors",
    "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors",
    "StateValue": "INSUFFICIENT_DATA",
    "StateReason": "Insufficient Data: not evaluated yet.",
    "Namespace": "tests",
    "MetricName": "errors",
    "Statistic": "Sum",
    "Period": 60,
    "ActionsEnabled": False,
}


class Killed(BaseException):
    """Nothing runs after it."""


class CloudWatch:
    """Takes a state, and then the emulator is killed."""

    def set_alarm_state(self, **_: Any) -> None:
        raise Killed


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    store, nothing = Store(tmp_path / "store.sqlite"), cast(Any, None)
    monkeypatch.setattr(changes, "client", lambda context, service: CloudWatch())
    yield Context(settings, store, nothing, nothing, nothing, Workers(), lambda: 1000.0)
    store.close()


def is_set_by_hand(context: Context, described: dict[str, Any]) -> bool:
    changes.follow(context, described)
    return changes.was_set_by_hand(context, described, 1001.0)


def test_a_state_of_our_own_is_no_callers_after_a_kill(context: Context) -> None:
    with pytest.raises(Killed):
        changes.enter(context, NEW, OVER)

    told = {**NEW, "StateValue": OVER.state, "StateReason": OVER.reason}
    assert not is_set_by_hand(context, told)


def test_a_state_that_a_caller_sets_is_kept_for_a_period(context: Context) -> None:
    with pytest.raises(Killed):
        changes.enter(context, NEW, OVER)

    assert is_set_by_hand(context, {**NEW, "StateValue": "OK", "StateReason": "looked at"})
