"""CloudWatch Logs: log groups."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.services.cloudformation.resources.provider import Naming, Provider, Work, by_name
from emulator.services.cloudformation.resources.tagging import retag


def _create(work: Work) -> str:
    work.call(
        "logs",
        "CreateLogGroup",
        logGroupName=work.name,
        **work.given("KmsKeyId", "LogGroupClass"),
        Tags=dict(work.tags),
    )
    work.made(work.name)
    _retain(work, work.name)
    return work.name


def _retain(work: Work, name: str) -> None:
    days = work.properties.get("RetentionInDays")
    if days is not None:
        work.call("logs", "PutRetentionPolicy", LogGroupName=name, RetentionInDays=days)
    elif "RetentionInDays" in work.before:
        work.call("logs", "DeleteRetentionPolicy", LogGroupName=name)


def _update(work: Work) -> None:
    if work.has_changed("RetentionInDays"):
        _retain(work, work.physical_id)
    if work.has_changed("KmsKeyId"):
        key = work.properties.get("KmsKeyId")
        operation = "AssociateKmsKey" if key else "DisassociateKmsKey"
        work.call("logs", operation, LogGroupName=work.physical_id, KmsKeyId=key)
    arn = str(_attributes(work)["Arn"]).removesuffix(":*")
    retag(work, "logs", {"ResourceArn": arn}, as_map=True)


def _delete(work: Work) -> None:
    work.call("logs", "DeleteLogGroup", LogGroupName=work.physical_id)


def _attributes(work: Work) -> Mapping[str, Any]:
    name = work.physical_id
    found = work.call("logs", "DescribeLogGroups", LogGroupNamePrefix=name)["logGroups"]
    for group in found:
        if group["logGroupName"] == name:
            return {"Arn": group["arn"]}
    missing = {"Code": "ResourceNotFoundException", "Message": f"Log group {name} is not there."}
    raise ClientError({"Error": missing, "ResponseMetadata": {}}, "DescribeLogGroups")


PROVIDERS: Mapping[str, Provider] = {
    "AWS::Logs::LogGroup": Provider(
        properties=frozenset(
            {"LogGroupName", "RetentionInDays", "KmsKeyId", "LogGroupClass", "Tags"}
        ),
        create=_create,
        update=_update,
        delete=_delete,
        attributes=_attributes,
        naming=Naming("LogGroupName", 512),
        identity=by_name,
    )
}
