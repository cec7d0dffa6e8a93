"""Operations on log groups."""

import contextlib
from collections.abc import Mapping
from typing import Any

from emulator.context import Context, Handler, blocking
from emulator.errors import AwsError
from emulator.page_tokens import token_after
from emulator.services.logs.sources import (
    GROUP_KIND,
    files_of,
    find_group,
    forget,
    groups,
    invalid,
    place_of,
)
from emulator.store import AlreadyExists

_GROUPS = "DescribeLogGroups"
_PAGE_GROUPS = 50
# Source: botocore's shape Days.
_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def create_log_group(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Make a group."""
    name = request["logGroupName"]
    try:
        if any(group["logGroupName"] == name for group in groups(context)):
            raise AlreadyExists(GROUP_KIND, name)
        context.store.insert(GROUP_KIND, name, _new_group(context, name, request))
    except AlreadyExists as error:
        raise AwsError(
            "ResourceAlreadyExistsException", "The specified log group already exists"
        ) from error
    return {}


def make_group(context: Context, name: str) -> None:
    """Have the group, as a service of AWS makes the one that it logs to, if it is not there."""
    with contextlib.suppress(AlreadyExists):
        context.store.insert(GROUP_KIND, name, _new_group(context, name, {}))


def _new_group(context: Context, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "logGroupName": name,
        "creationTime": int(context.clock() * 1000),
        "logGroupClass": request.get("logGroupClass", "STANDARD"),
        "kmsKeyId": request.get("kmsKeyId"),
        "tags": request.get("tags", {}),
    }


def delete_log_group(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Remove a group with its streams and events, and the files of jobs that were its streams."""
    name = find_group(context, request)["logGroupName"]
    with context.store.transaction():
        forget(context, name)
        context.store.delete(GROUP_KIND, name)
    for file in list(files_of(context, name)):
        file.path.unlink(missing_ok=True)
    return {}


@blocking
def describe_log_groups(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The groups by name, in pages."""
    prefix, pattern = request.get("logGroupNamePrefix"), request.get("logGroupNamePattern")
    if prefix is not None and pattern is not None:
        raise invalid("logGroupNamePattern and logGroupNamePrefix are mutually exclusive.")
    after = place_of(request, _GROUPS, str, "")
    limit = request.get("limit", _PAGE_GROUPS)
    found = [
        group
        for group in groups(context)
        if group["logGroupName"].startswith(prefix or "")
        and (pattern or "") in group["logGroupName"]
        and group["logGroupName"] > after
    ]
    answer: dict[str, Any] = {"logGroups": [_described(context, group) for group in found[:limit]]}
    if len(found) > limit:
        answer["nextToken"] = token_after(_GROUPS, found[limit - 1]["logGroupName"])
    return answer


def put_retention_policy(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keep for how many days events are to be kept; the emulator keeps them for ever."""
    days = request["retentionInDays"]
    if days not in _RETENTION_DAYS:
        known = ", ".join(map(str, _RETENTION_DAYS))
        raise invalid(f"retentionInDays is {days}, expected one of: {known}.")
    return _change(context, request, {"retentionInDays": days})


def delete_retention_policy(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Let events be kept for ever."""
    return _change(context, request, {"retentionInDays": None})


def _change(
    context: Context, request: Mapping[str, Any], members: Mapping[str, Any]
) -> dict[str, Any]:
    group = find_group(context, request)
    kept = context.store.get(GROUP_KIND, group["logGroupName"]) or {
        "logGroupName": group["logGroupName"],
        "creationTime": group["creationTime"],
    }
    context.store.put(GROUP_KIND, group["logGroupName"], {**kept, **members})
    return {}


def _described(context: Context, group: Mapping[str, Any]) -> dict[str, Any]:
    settings = context.settings
    arn = f"arn:aws:logs:{settings.region}:{settings.account_id}:log-group:{group['logGroupName']}"
    described = {
        "metricFilterCount": 0,
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
        **group,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
    }
    return {
        name: value for name, value in described.items() if value is not None and name != "tags"
    }


OPERATIONS: Mapping[str, Handler] = {
    "CreateLogGroup": create_log_group,
    "DeleteLogGroup": delete_log_group,
    "DescribeLogGroups": describe_log_groups,
    "PutRetentionPolicy": put_retention_policy,
    "DeleteRetentionPolicy": delete_retention_policy,
}
