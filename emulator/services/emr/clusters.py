"""Operations on clusters."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import validation_error
from emulator.services.emr import lifecycle, steps
from emulator.services.emr.checks import check_cluster
from emulator.services.emr.instances import collection_type, instance_members
from emulator.services.emr.records import (
    CLUSTER,
    ENDED_CLUSTER,
    STARTING,
    cluster_arn,
    existing_cluster,
    existing_job_flow,
    new_id,
    page,
)
from emulator.services.spark.listing import public
from emulator.store import Document

_KEPT = (
    "Name",
    "LogUri",
    "ReleaseLabel",
    "Applications",
    "Tags",
    "ServiceRole",
    "Configurations",
    "AutoScalingRole",
    "ScaleDownBehavior",
    "EbsRootVolumeSize",
    "PlacementGroups",
    "OSReleaseLabel",
)
_SUMMARY = ("Id", "Name", "Status", "NormalizedInstanceHours", "ClusterArn")


def run_job_flow(context: Context, request: Request) -> Answer:
    """Make a cluster, with the steps it starts with.

    Raises:
        AwsError: ValidationException; UnsupportedByEmulator.
    """
    check_cluster(context, request)
    cluster_id = new_id("j")
    document = _new_document(context, cluster_id, request)
    role_arn = request.get("StepExecutionRoleArn")
    first = [steps.new_step(context, document, step, role_arn) for step in request.get("Steps", ())]
    document["_Pending"] = [step["Id"] for step in first]
    with context.store.transaction():
        context.store.insert(CLUSTER, cluster_id, document)
        for step in first:
            steps.keep(context, cluster_id, step)
    lifecycle.start(context, cluster_id)
    return {"JobFlowId": cluster_id, "ClusterArn": document["ClusterArn"]}


def _new_document(context: Context, cluster_id: str, request: Request) -> Document:
    instances = request["Instances"]
    keeps_alive = instances.get("KeepJobFlowAliveWhenNoSteps", False)
    policy = request.get("AutoTerminationPolicy", {})
    return {
        "VisibleToAllUsers": request.get("VisibleToAllUsers", True),
        "Tags": [],
        "Configurations": [],
        **{key: request[key] for key in _KEPT if key in request},
        "Id": cluster_id,
        "ClusterArn": cluster_arn(context, cluster_id),
        "Status": {
            "State": STARTING,
            "StateChangeReason": {},
            "Timeline": {"CreationDateTime": context.clock()},
        },
        "Ec2InstanceAttributes": _ec2_attributes(request),
        "InstanceCollectionType": collection_type(instances),
        "AutoTerminate": not keeps_alive,
        "TerminationProtected": instances.get("TerminationProtected", False),
        "NormalizedInstanceHours": 0,
        "StepConcurrencyLevel": 1,
        "_IdleTimeout": policy.get("IdleTimeout"),
        **instance_members(context, instances),
    }


def _ec2_attributes(request: Request) -> dict[str, Any]:
    instances = request["Instances"]
    names = {
        "Ec2KeyName": "Ec2KeyName",
        "Ec2SubnetId": "Ec2SubnetId",
        "RequestedEc2SubnetIds": "Ec2SubnetIds",
        "EmrManagedMasterSecurityGroup": "EmrManagedMasterSecurityGroup",
        "EmrManagedSlaveSecurityGroup": "EmrManagedSlaveSecurityGroup",
    }
    found = {name: instances[given] for name, given in names.items() if given in instances}
    return {**found, "IamInstanceProfile": request["JobFlowRole"]}


def describe_cluster(context: Context, request: Request) -> Answer:
    """DescribeCluster."""
    return {"Cluster": public(existing_cluster(context, request["ClusterId"]))}


def list_clusters(context: Context, request: Request) -> Answer:
    """ListClusters, newest first."""
    found = [
        cluster for cluster in reversed(context.store.list(CLUSTER)) if _is_wanted(cluster, request)
    ]
    shown, marker = page(
        request, "ListClusters", found, lambda each: {key: each[key] for key in _SUMMARY}
    )
    return {"Clusters": shown, **marker}


def _is_wanted(cluster: Document, request: Request) -> bool:
    status = cluster["Status"]
    created = status["Timeline"]["CreationDateTime"]
    states = request.get("ClusterStates")
    return (
        (not states or status["State"] in states)
        and created >= request.get("CreatedAfter", created)
        and created <= request.get("CreatedBefore", created)
    )


def terminate_job_flows(context: Context, request: Request) -> Answer:
    """Terminate clusters; those that are protected keep all of them running.

    Raises:
        AwsError: ValidationException.
    """
    clusters = [existing_job_flow(context, each) for each in request["JobFlowIds"]]
    alive = [each for each in clusters if each["Status"]["State"] not in ENDED_CLUSTER]
    if any(cluster["TerminationProtected"] for cluster in alive):
        raise validation_error(
            "Could not shut down one or more job flows since they are termination protected."
        )
    for cluster in alive:
        lifecycle.terminate(context, cluster["Id"])
    return {}


def set_termination_protection(context: Context, request: Request) -> Answer:
    """Protect clusters from TerminateJobFlows, or no longer."""
    return _set(context, request, {"TerminationProtected": request["TerminationProtected"]})


def set_keep_job_flow_alive(context: Context, request: Request) -> Answer:
    """Let clusters wait for more steps, or end with the last one."""
    return _set(context, request, {"AutoTerminate": not request["KeepJobFlowAliveWhenNoSteps"]})


def _set(context: Context, request: Request, members: Mapping[str, Any]) -> Answer:
    for cluster_id in request["JobFlowIds"]:
        existing_job_flow(context, cluster_id)
    for cluster_id in request["JobFlowIds"]:
        context.store.update(CLUSTER, cluster_id, lambda cluster: {**cluster, **members})
    return {}


def put_auto_termination_policy(context: Context, request: Request) -> Answer:
    """Let the cluster end when it was idle for so many seconds."""
    seconds = request.get("AutoTerminationPolicy", {}).get("IdleTimeout")
    existing_cluster(context, request["ClusterId"])
    context.store.update(
        CLUSTER, request["ClusterId"], lambda cluster: {**cluster, "_IdleTimeout": seconds}
    )
    return {}


def get_auto_termination_policy(context: Context, request: Request) -> Answer:
    """How long the cluster may be idle; nothing when that does not matter."""
    seconds = existing_cluster(context, request["ClusterId"])["_IdleTimeout"]
    return {} if seconds is None else {"AutoTerminationPolicy": {"IdleTimeout": seconds}}


OPERATIONS: Mapping[str, Handler] = {
    "RunJobFlow": run_job_flow,
    "DescribeCluster": describe_cluster,
    "ListClusters": list_clusters,
    "TerminateJobFlows": terminate_job_flows,
    "SetTerminationProtection": set_termination_protection,
    "SetKeepJobFlowAliveWhenNoSteps": set_keep_job_flow_alive,
    "PutAutoTerminationPolicy": put_auto_termination_policy,
    "GetAutoTerminationPolicy": get_auto_termination_policy,
}
