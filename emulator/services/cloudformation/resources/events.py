"""EventBridge: rules with their targets."""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import (
    Naming,
    Provider,
    ResourceFailed,
    Work,
)
from emulator.services.cloudformation.resources.tagging import retag

_PASSED = ("Description", "EventPattern", "RoleArn", "ScheduleExpression", "State", "EventBusName")
_DEFAULT_BUS = "default"


def _identity(work: Work) -> str:
    """Ref is the rule's name, behind that of a bus of one's own."""
    bus = work.properties.get("EventBusName", _DEFAULT_BUS)
    bus = str(bus).rpartition("/")[2]
    return work.name if bus == _DEFAULT_BUS else f"{bus}|{work.name}"


def _place(work: Work, member: str = "Name") -> dict[str, str]:
    bus, _, name = work.physical_id.rpartition("|")
    return {member: name, "EventBusName": bus or _DEFAULT_BUS}


def _create(work: Work) -> str:
    work.call("events", "PutRule", Name=work.name, **work.given(*_PASSED), Tags=work.tag_list())
    physical_id = _identity(work)
    work.made(physical_id)
    bus = work.given("EventBusName")
    _put_targets(work, {"Rule": work.name, **bus})
    return physical_id


def _put_targets(work: Work, rule: Mapping[str, Any]) -> None:
    targets = work.properties.get("Targets", [])
    if not targets:
        return
    answer = work.call("events", "PutTargets", **rule, Targets=targets)
    faults = [f"{each['TargetId']}: {each['ErrorMessage']}" for each in answer["FailedEntries"]]
    if faults:
        raise ResourceFailed(f"Targets could not be put: {'; '.join(faults)}")


def _update(work: Work) -> None:
    passed = {name: value for name, value in work.given(*_PASSED).items() if name != "EventBusName"}
    work.call("events", "PutRule", **_place(work), **passed)
    wanted = {each["Id"] for each in work.properties.get("Targets", [])}
    gone = [each["Id"] for each in work.before.get("Targets", []) if each["Id"] not in wanted]
    if gone:
        work.call("events", "RemoveTargets", **_place(work, "Rule"), Ids=gone)
    _put_targets(work, _place(work, "Rule"))
    retag(work, "events", {"ResourceARN": _attributes(work)["Arn"]})


def _delete(work: Work) -> None:
    answer = work.call("events", "ListTargetsByRule", **_place(work, "Rule"))
    ids = [each["Id"] for each in answer["Targets"]]
    if ids:
        work.call("events", "RemoveTargets", **_place(work, "Rule"), Ids=ids)
    work.call("events", "DeleteRule", **_place(work))


def _attributes(work: Work) -> Mapping[str, Any]:
    found = work.call("events", "DescribeRule", **_place(work))
    return {"Arn": found["Arn"], "RuleName": found["Name"]}


PROVIDERS: Mapping[str, Provider] = {
    "AWS::Events::Rule": Provider(
        properties=frozenset({"Name", "Targets", "Tags", *_PASSED}),
        create=_create,
        update=_update,
        delete=_delete,
        attributes=_attributes,
        naming=Naming("Name", 64),
        identity=_identity,
    )
}
