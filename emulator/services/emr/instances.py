"""A cluster's fleets and groups, as they were asked for: one machine stands for all of them."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.services.emr.records import (
    ENDED_CLUSTER,
    RUNNING,
    TERMINATED,
    existing_cluster,
    invalid_request,
    new_id,
    page,
)

FLEET, GROUP = "INSTANCE_FLEET", "INSTANCE_GROUP"
_OFFERED_BY = {FLEET: "ListInstanceFleets", GROUP: "ListInstanceGroups"}


def collection_type(instances: Mapping[str, Any]) -> str:
    """Whether a cluster is of fleets or of groups."""
    return FLEET if instances.get("InstanceFleets") else GROUP


def instance_members(context: Context, instances: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a cluster's document that keep its fleets and groups."""
    now = context.clock()
    fleets = [_fleet(fleet, now) for fleet in instances.get("InstanceFleets", ())]
    groups = [_group(group, now) for group in _groups(instances)]
    return {"_Fleets": fleets, "_Groups": groups}


def _groups(instances: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "MasterInstanceType" not in instances:
        return list(instances.get("InstanceGroups", ()))
    master = instances["MasterInstanceType"]
    core_count = instances.get("InstanceCount", 1) - 1
    core = instances.get("SlaveInstanceType", master)
    groups = [{"InstanceRole": "MASTER", "InstanceType": master, "InstanceCount": 1}]
    if core_count > 0:
        groups += [{"InstanceRole": "CORE", "InstanceType": core, "InstanceCount": core_count}]
    return groups


def _fleet(fleet: Mapping[str, Any], now: float) -> dict[str, Any]:
    on_demand = fleet.get("TargetOnDemandCapacity", 0)
    spot = fleet.get("TargetSpotCapacity", 0)
    specifications = [
        {"WeightedCapacity": 1, **each} for each in fleet.get("InstanceTypeConfigs", ())
    ]
    kept = ("LaunchSpecifications", "ResizeSpecifications", "Context")
    return {
        "Id": new_id("if"),
        "Name": fleet.get("Name", fleet["InstanceFleetType"]),
        "InstanceFleetType": fleet["InstanceFleetType"],
        "Status": _status(now),
        "TargetOnDemandCapacity": on_demand,
        "TargetSpotCapacity": spot,
        "ProvisionedOnDemandCapacity": on_demand,
        "ProvisionedSpotCapacity": spot,
        "InstanceTypeSpecifications": specifications,
        **{name: fleet[name] for name in kept if name in fleet},
    }


def _group(group: Mapping[str, Any], now: float) -> dict[str, Any]:
    return {
        "Id": new_id("ig"),
        "Name": group.get("Name", group["InstanceRole"]),
        "Market": group.get("Market", "ON_DEMAND"),
        "InstanceGroupType": group["InstanceRole"],
        "InstanceType": group["InstanceType"],
        "RequestedInstanceCount": group["InstanceCount"],
        "RunningInstanceCount": group["InstanceCount"],
        "Status": _status(now),
        "Configurations": group.get("Configurations", []),
    }


def _status(now: float) -> dict[str, Any]:
    timeline = {"CreationDateTime": now, "ReadyDateTime": now}
    return {"State": RUNNING, "StateChangeReason": {}, "Timeline": timeline}


def list_instance_fleets(context: Context, request: Request) -> Answer:
    """ListInstanceFleets.

    Raises:
        AwsError: InvalidRequestException, for a cluster of groups too.
    """
    shown, marker = _listed(context, request, FLEET, "_Fleets")
    return {"InstanceFleets": shown, **marker}


def list_instance_groups(context: Context, request: Request) -> Answer:
    """ListInstanceGroups.

    Raises:
        AwsError: InvalidRequestException, for a cluster of fleets too.
    """
    shown, marker = _listed(context, request, GROUP, "_Groups")
    return {"InstanceGroups": shown, **marker}


def _listed(
    context: Context, request: Request, wanted: str, member: str
) -> tuple[list[Any], dict[str, str]]:
    cluster = existing_cluster(context, request["ClusterId"])
    found = cluster["InstanceCollectionType"]
    if found != wanted:
        raise invalid_request(
            "Instance fleets and instance groups are mutually exclusive. The EMR cluster "
            f"specified in the request uses {found}: use {_OFFERED_BY[found]}."
        )
    if cluster["Status"]["State"] in ENDED_CLUSTER:
        for each in cluster[member]:
            each["Status"]["State"] = TERMINATED
    return page(request, _OFFERED_BY[wanted], cluster[member], lambda each: each)


OPERATIONS: Mapping[str, Handler] = {
    "ListInstanceFleets": list_instance_fleets,
    "ListInstanceGroups": list_instance_groups,
}
