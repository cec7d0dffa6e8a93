"""KMS: keys and their aliases."""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import Provider, Work

_PASSED = ("Description", "KeyUsage", "KeySpec", "MultiRegion", "Origin")
_ROTATION = ("EnableKeyRotation", "RotationPeriodInDays")


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _create_key(work: Work) -> str:
    answer = work.call(
        "kms", "CreateKey", Policy=work.properties.get("KeyPolicy"), **work.given(*_PASSED)
    )
    key = str(answer["KeyMetadata"]["KeyId"])
    work.made(key)
    _tag(work, key)
    _rotate(work, key)
    if not _is_true(work.properties.get("Enabled", True)):
        work.call("kms", "DisableKey", KeyId=key)
    return key


def _tag(work: Work, key: str) -> None:
    tags = [{"TagKey": name, "TagValue": value} for name, value in work.own_tags().items()]
    if work.removed_tags():
        work.call("kms", "UntagResource", KeyId=key, TagKeys=work.removed_tags())
    if tags:
        work.call("kms", "TagResource", KeyId=key, Tags=tags)


def _rotate(work: Work, key: str) -> None:
    if _is_true(work.properties.get("EnableKeyRotation", False)):
        period = work.given("RotationPeriodInDays")
        work.call("kms", "EnableKeyRotation", KeyId=key, **period)
    elif _is_true(work.before.get("EnableKeyRotation", False)):
        work.call("kms", "DisableKeyRotation", KeyId=key)


def _update_key(work: Work) -> None:
    key = work.physical_id
    if work.has_changed("KeyPolicy"):
        policy = work.properties.get("KeyPolicy")
        work.call("kms", "PutKeyPolicy", KeyId=key, PolicyName="default", Policy=policy)
    if work.has_changed("Description"):
        description = work.properties.get("Description", "")
        work.call("kms", "UpdateKeyDescription", KeyId=key, Description=description)
    if work.has_changed("Enabled"):
        is_enabled = _is_true(work.properties.get("Enabled", True))
        work.call("kms", "EnableKey" if is_enabled else "DisableKey", KeyId=key)
    if work.has_changed(*_ROTATION):
        _rotate(work, key)
    _tag(work, key)


def _delete_key(work: Work) -> None:
    """Keys wait to be deleted, for 30 days unless the template says otherwise."""
    work.call(
        "kms",
        "ScheduleKeyDeletion",
        KeyId=work.physical_id,
        **work.given("PendingWindowInDays"),
    )


def _key_attributes(work: Work) -> Mapping[str, Any]:
    key = work.call("kms", "DescribeKey", KeyId=work.physical_id)["KeyMetadata"]
    return {"Arn": key["Arn"], "KeyId": key["KeyId"]}


def _create_alias(work: Work) -> str:
    work.call("kms", "CreateAlias", **work.given("AliasName", "TargetKeyId"))
    return str(work.properties["AliasName"])


def _update_alias(work: Work) -> None:
    work.call("kms", "UpdateAlias", **work.given("AliasName", "TargetKeyId"))


def _alias_attributes(work: Work) -> Mapping[str, Any]:
    work.call("kms", "DescribeKey", KeyId=work.physical_id)
    return {}


def _delete_alias(work: Work) -> None:
    work.call("kms", "DeleteAlias", AliasName=work.physical_id)


PROVIDERS: Mapping[str, Provider] = {
    "AWS::KMS::Key": Provider(
        properties=frozenset(
            {"KeyPolicy", "Enabled", "PendingWindowInDays", "Tags", *_ROTATION, *_PASSED}
        ),
        create=_create_key,
        update=_update_key,
        delete=_delete_key,
        attributes=_key_attributes,
    ),
    "AWS::KMS::Alias": Provider(
        properties=frozenset({"AliasName", "TargetKeyId"}),
        create=_create_alias,
        update=_update_alias,
        delete=_delete_alias,
        attributes=_alias_attributes,
        identity=lambda work: str(work.properties["AliasName"]),
    ),
}
