"""Application Auto Scaling: targets that scale, and by which policies."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.services.cloudformation.resources.provider import Provider, Work
from emulator.services.cloudformation.resources.tagging import retag

_SERVICE = "application-autoscaling"
_PLACE = ("ResourceId", "ScalableDimension", "ServiceNamespace")
_TARGET = ("MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState")
_POLICY = (
    "PolicyName",
    "PolicyType",
    "StepScalingPolicyConfiguration",
    "TargetTrackingScalingPolicyConfiguration",
    "PredictiveScalingPolicyConfiguration",
)


def _target_id(work: Work) -> str:
    """Source: the return value of Ref in AWS::ApplicationAutoScaling::ScalableTarget."""
    return "|".join(str(work.properties[name]) for name in _PLACE)


def _register(work: Work) -> str:
    tags = {} if work.physical_id else {"Tags": dict(work.tags)}
    answer = work.call(_SERVICE, "RegisterScalableTarget", **work.given(*_PLACE, *_TARGET), **tags)
    return str(answer.get("ScalableTargetARN", ""))


def _put_scheduled(work: Work) -> None:
    place = work.given(*_PLACE)
    wanted = {
        each["ScheduledActionName"]: each for each in work.properties.get("ScheduledActions", [])
    }
    before = {each["ScheduledActionName"] for each in work.before.get("ScheduledActions", [])}
    for each in wanted.values():
        work.call(_SERVICE, "PutScheduledAction", **place, **each)
    for name in sorted(before - wanted.keys()):
        work.call(_SERVICE, "DeleteScheduledAction", **place, ScheduledActionName=name)


def _create_target(work: Work) -> str:
    _register(work)
    work.made(_target_id(work))
    _put_scheduled(work)
    return _target_id(work)


def _update_target(work: Work) -> None:
    arn = _register(work)
    _put_scheduled(work)
    retag(work, _SERVICE, {"ResourceARN": arn}, as_map=True)


def _delete_target(work: Work) -> None:
    work.call(_SERVICE, "DeregisterScalableTarget", **work.given(*_PLACE))


def _target_attributes(work: Work) -> Mapping[str, Any]:
    place = work.given("ScalableDimension", "ServiceNamespace")
    ids = [work.properties["ResourceId"]]
    answer = work.call(_SERVICE, "DescribeScalableTargets", **place, ResourceIds=ids)
    if not answer["ScalableTargets"]:
        missing = {"Code": "ObjectNotFoundException", "Message": f"No {work.physical_id}."}
        raise ClientError({"Error": missing, "ResponseMetadata": {}}, "DescribeScalableTargets")
    return {"Id": work.physical_id}


def _policy_place(work: Work) -> dict[str, Any]:
    """Where a policy is: told itself, or by the target that ScalingTargetId refers to."""
    if "ScalingTargetId" in work.properties:
        return dict(zip(_PLACE, work.properties["ScalingTargetId"].split("|"), strict=True))
    return work.given(*_PLACE)


def _put_policy(work: Work) -> str:
    answer = work.call(_SERVICE, "PutScalingPolicy", **_policy_place(work), **work.given(*_POLICY))
    return str(answer["PolicyARN"])


def _delete_policy(work: Work) -> None:
    name = work.given("PolicyName")
    work.call(_SERVICE, "DeleteScalingPolicy", **_policy_place(work), **name)


PROVIDERS: Mapping[str, Provider] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": Provider(
        properties=frozenset({"ScheduledActions", "Tags", *_PLACE, *_TARGET}),
        create=_create_target,
        update=_update_target,
        delete=_delete_target,
        attributes=_target_attributes,
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Provider(
        properties=frozenset({"ScalingTargetId", *_PLACE, *_POLICY}),
        create=_put_policy,
        update=_put_policy,
        delete=_delete_policy,
        attributes=lambda work: {"Arn": work.physical_id},
    ),
}
