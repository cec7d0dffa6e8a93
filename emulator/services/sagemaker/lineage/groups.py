"""The lineage group: SageMaker has one in an account, and every entity is in it."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import resource_not_found
from emulator.services.sagemaker import listing, names
from emulator.services.sagemaker.lineage.kinds import GROUP_NAME, KINDS, group_arn
from emulator.store import Document


def describe_lineage_group(context: Context, request: Request) -> Answer:
    """DescribeLineageGroup.

    Raises:
        AwsError: ResourceNotFound: another name, or no entity has been recorded yet.
    """
    return _existing(context, request["LineageGroupName"])


def list_lineage_groups(context: Context, request: Request) -> Answer:
    """ListLineageGroups: the default one, once an entity has been recorded."""
    group = _group(context)
    summaries, next_token = listing.page(
        [] if group is None else [group],
        request,
        name_key="LineageGroupName",
        summary_keys=(
            "LineageGroupArn",
            "LineageGroupName",
            "DisplayName",
            "CreationTime",
            "LastModifiedTime",
        ),
    )
    return {"LineageGroupSummaries": summaries, "NextToken": next_token}


def get_lineage_group_policy(context: Context, request: Request) -> Answer:
    """GetLineageGroupPolicy; only RAM could give the group one.

    Raises:
        AwsError: ResourceNotFound, always.
    """
    group = _existing(context, names.name_of(request["LineageGroupName"]))
    raise resource_not_found(f"Cannot find resource policy for: {group['LineageGroupArn']}")


def _existing(context: Context, name: str) -> Document:
    group = _group(context)
    if group is None or name != GROUP_NAME:
        raise resource_not_found(f"LineageGroup '{name}' does not exist.")
    return group


def _group(context: Context) -> Document | None:
    """Source: "Cross-Account Lineage Tracking": it is made with the account's first entity."""
    times = [
        entity["CreationTime"] for kind in KINDS for entity in context.store.list(kind.noun)[:1]
    ]
    if not times:
        return None
    return {
        "LineageGroupName": GROUP_NAME,
        "LineageGroupArn": group_arn(context),
        "DisplayName": GROUP_NAME,
        "CreationTime": min(times),
        "CreatedBy": {},
        "LastModifiedTime": min(times),
        "LastModifiedBy": {},
    }


OPERATIONS: Mapping[str, Handler] = {
    "DescribeLineageGroup": describe_lineage_group,
    "ListLineageGroups": list_lineage_groups,
    "GetLineageGroupPolicy": get_lineage_group_policy,
}
