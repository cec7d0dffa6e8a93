"""What follows from an alarm's change of state: moto is told, an event, its actions.

The state that was acted on last is in the store, so that a state that a caller has set acts as
well, and none acts twice, also when the emulator ends in between.
"""

import json
from collections.abc import Mapping, Set
from datetime import UTC, datetime
from typing import Any

from emulator.context import Context
from emulator.services.alarms import actions
from emulator.services.alarms.evaluation import INSUFFICIENT_DATA, Judgement
from emulator.services.clients import client
from emulator.services.events.outbox import emit

KIND = "AlarmState"
# Source: the state of an alarm that was just made.
_NEW = {"StateValue": INSUFFICIENT_DATA, "StateReason": "Insufficient Data: not evaluated yet."}
_MOTOS_REASON = "Unchecked: Initial alarm creation"
# By the member of the alarm that names the actions of a state.
_ACTIONS = {
    "OK": "OKActions",
    "ALARM": "AlarmActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}


def forget_all_but(context: Context, names: Set[str]) -> None:
    """Forget the states of alarms that were deleted."""
    for document in context.store.list(KIND):
        if document["AlarmName"] not in names:
            context.store.delete(KIND, document["AlarmName"])


def was_set_by_hand(context: Context, described: Mapping[str, Any], now: float) -> bool:
    """Whether a caller has set the state within the last period.

    Source: SetAlarmState, after which the alarm "returns to its actual state" at its next
    evaluation, which is a period later.
    """
    known = context.store.get(KIND, described["AlarmName"]) or {}
    set_at = float(known.get("SetByHandAt", 0))
    return bool(now - set_at < float(described["Period"]))


def settle(context: Context, described: Mapping[str, Any]) -> Mapping[str, Any]:
    """An alarm in the state that it had before it was put.

    Moto calls it OK then; CloudWatch leaves it as it was, and a new one has no data yet.
    """
    if described.get("StateReason") != _MOTOS_REASON:
        return described
    known = context.store.get(KIND, described["AlarmName"]) or _NEW
    judged = Judgement(known["StateValue"], known["StateReason"], ())
    _tell_moto(context, described["AlarmName"], judged)
    return {**described, "StateValue": judged.state, "StateReason": judged.reason}


def follow(context: Context, described: Mapping[str, Any]) -> None:
    """Act on a state that a caller has set, or that was entered as the emulator was killed."""
    known = context.store.get(KIND, described["AlarmName"]) or _NEW
    state, reason = described["StateValue"], described.get("StateReason", "")
    if state != known["StateValue"]:
        is_ours = known.get("Entering") == {"StateValue": state, "StateReason": reason}
        members = {} if is_ours else {"SetByHandAt": context.clock()}
        _act(context, described, known["StateValue"], reason, members)


def _tell_moto(context: Context, name: str, judged: Judgement) -> None:
    data = {"version": "1.0", "recentDatapoints": list(judged.points)}
    client(context, "cloudwatch").set_alarm_state(
        AlarmName=name,
        StateValue=judged.state,
        StateReason=judged.reason,
        StateReasonData=json.dumps(data),
    )


def enter(context: Context, described: Mapping[str, Any], judged: Judgement) -> None:
    """Enter the state that an alarm was found to have."""
    name = described["AlarmName"]
    entered = {"StateValue": judged.state, "StateReason": judged.reason}
    known = context.store.get(KIND, name) or {"AlarmName": name, **_NEW}
    # Else what moto knows and the store does not would pass for a caller's, after a kill here.
    context.store.put(KIND, name, {**known, "Entering": entered})
    _tell_moto(context, name, judged)
    _act(context, {**described, **entered}, described["StateValue"], judged.reason, {})


def _act(
    context: Context,
    described: Mapping[str, Any],
    before: str,
    reason: str,
    members: Mapping[str, Any],
) -> None:
    name, state = described["AlarmName"], described["StateValue"]
    with context.store.transaction():
        document = {"AlarmName": name, "StateValue": state, "StateReason": reason, **members}
        context.store.put(KIND, name, document)
        emit(
            context,
            "aws.cloudwatch",
            "CloudWatch Alarm State Change",
            [described["AlarmArn"]],
            _detail(context, described, before),
        )
    if described.get("ActionsEnabled", True):
        for arn in described.get(_ACTIONS[state], ()):
            actions.take(context, arn, described, before)


def _detail(context: Context, described: Mapping[str, Any], before: str) -> dict[str, Any]:
    """Source: "Alarm events and EventBridge" of the CloudWatch user guide."""
    now = datetime.fromtimestamp(context.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    dimensions = {each["Name"]: each["Value"] for each in described.get("Dimensions", ())}
    metric = {
        "namespace": described["Namespace"],
        "name": described["MetricName"],
        "dimensions": dimensions,
    }
    statistic = described.get("ExtendedStatistic") or described["Statistic"]
    return {
        "alarmName": described["AlarmName"],
        "state": {
            "value": described["StateValue"],
            "reason": described.get("StateReason", ""),
            "timestamp": now,
        },
        "previousState": {"value": before},
        "configuration": {
            "description": described.get("AlarmDescription", ""),
            "metrics": [
                {
                    "id": "m1",
                    "metricStat": {
                        "metric": metric,
                        "period": described["Period"],
                        "stat": statistic,
                    },
                    "returnData": True,
                }
            ],
        },
    }
