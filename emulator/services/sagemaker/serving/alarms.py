"""The CloudWatch alarms that roll a deployment back."""

from collections.abc import Iterator, Sequence
from typing import Any

from emulator.context import Context
from emulator.services.clients import client


def tripped(context: Context, names: Sequence[str]) -> list[str]:
    """Those of the alarms that are in the state ALARM; it blocks."""
    if not names:
        return []
    return [name for name, state in _states(context, names).items() if state == "ALARM"]


def faults(context: Context, names: Sequence[str]) -> Iterator[str]:
    """Why a deployment cannot start with the alarms; it blocks."""
    if not names:
        return
    states = _states(context, names)
    for name in names:
        if name not in states:
            yield f'Could not find the CloudWatch alarm "{name}".'
        elif states[name] == "ALARM":
            yield f'The CloudWatch alarm "{name}" is in the state ALARM: no deployment can start.'


def _states(context: Context, names: Sequence[str]) -> dict[str, str]:
    found: dict[str, Any] = client(context, "cloudwatch").describe_alarms(AlarmNames=list(names))
    every = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in every}
