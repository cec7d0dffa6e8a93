"""A cluster's thread: its steps one after the other, until it is terminated."""

import logging
from collections.abc import Mapping
from pathlib import Path

from emulator.context import Context
from emulator.services.emr.records import (
    CANCELLED,
    CLUSTER,
    ENDED_CLUSTER,
    FAILED,
    PENDING,
    RUNNING,
    STARTING,
    STEP,
    TERMINATED,
    TERMINATING,
    WAITING,
    WITH_ERRORS,
    enter,
    step_name,
    steps_of,
)
from emulator.services.emr.step_runs import FOLDER, fail_interrupted, run_step
from emulator.services.networks import network_faults
from emulator.services.spark import runs
from emulator.store import Document, Missing

logger = logging.getLogger(__name__)

_TERMINATING_ACTIONS = ("TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW")
_USER_REQUEST = {"Code": "USER_REQUEST", "Message": "Terminated by user request"}
_STEPS_COMPLETED = {"Code": "ALL_STEPS_COMPLETED", "Message": "Steps completed"}
_STEP_FAILURE = {"Code": "STEP_FAILURE", "Message": "Shut down as step failed"}
_INVALID_NETWORK = (
    "The VPC/subnet configuration was invalid: The subnet configuration was invalid: "
)

# The emulators that are ending: their clusters begin no further step, which waits for the next one.
_shutting_down: set[Path] = set()


def start(context: Context, cluster_id: str) -> None:
    """Run a cluster in a thread of its own."""
    context.workers.start(f"emr cluster {cluster_id}", run_cluster, context, cluster_id)


def terminate(context: Context, cluster_id: str) -> None:
    """Ask a cluster to end: its running step first."""
    _move(context, cluster_id, TERMINATING, _USER_REQUEST)
    for step in steps_of(context, cluster_id):
        runs.stop(context, step["Id"])


def run_cluster(context: Context, cluster_id: str) -> None:
    """Run the cluster's steps as they come, until it has ended."""
    fault = _network_fault(context, cluster_id)
    if fault is not None:
        _end(context, cluster_id, WITH_ERRORS, {"Code": "VALIDATION_ERROR", "Message": fault})
        return
    while True:
        try:
            cluster = _wait_for_work(context, cluster_id)
        except Missing:
            return
        except TimeoutError:
            _end(context, cluster_id, TERMINATED, _idle_reason(context, cluster_id))
            return
        if cluster["Status"]["State"] in ENDED_CLUSTER or _is_shutting_down(context):
            return
        if cluster["Status"]["State"] == TERMINATING:
            reason = cluster["Status"]["StateChangeReason"]
            _end(context, cluster_id, TERMINATED, reason)
            return
        if not cluster["_Pending"]:
            _end(context, cluster_id, TERMINATED, _STEPS_COMPLETED)
            return
        if not _run_next(context, cluster_id):
            return


def _network_fault(context: Context, cluster_id: str) -> str | None:
    """Why a cluster that starts cannot be in the subnets that it was given; None if it can.

    Source: the reason that EMR gives to clusters that it has terminated with errors.
    """
    cluster = context.store.get(CLUSTER, cluster_id)
    if cluster is None or cluster["Status"]["State"] != STARTING:
        return None
    attributes = cluster["Ec2InstanceAttributes"]
    one = attributes.get("Ec2SubnetId")
    subnet_ids = [one] if one else attributes.get("RequestedEc2SubnetIds", [])
    members = ("EmrManagedMasterSecurityGroup", "EmrManagedSlaveSecurityGroup")
    groups = list(dict.fromkeys(attributes[each] for each in members if attributes.get(each)))
    faults = network_faults(context, subnet_ids, groups)
    if not faults:
        return None
    return _INVALID_NETWORK + " ".join(f"{fault.message}." for fault in faults)


def _wait_for_work(context: Context, cluster_id: str) -> Document:
    """The cluster once it has a step to run, or is to end.

    Raises:
        TimeoutError: It was idle for too long.
    """
    cluster = context.store.get(CLUSTER, cluster_id)
    if cluster is not None and not _has_work(cluster):
        _move(context, cluster_id, WAITING, {"Message": "Cluster ready to run steps."})
    timeout_seconds = None if cluster is None else cluster["_IdleTimeout"]
    return context.store.wait_until(CLUSTER, cluster_id, _has_work, timeout_seconds)


def _has_work(cluster: Document) -> bool:
    state = cluster["Status"]["State"]
    is_ending = state == TERMINATING or state in ENDED_CLUSTER
    return bool(is_ending or cluster["_Pending"] or cluster["AutoTerminate"])


def _run_next(context: Context, cluster_id: str) -> bool:
    """Run the next step; False when it ended the cluster."""
    taken: list[str] = []

    def take(cluster: Document) -> None:
        if cluster["Status"]["State"] != TERMINATING:
            taken.append(cluster["_Pending"][0])
            cluster["_Pending"] = cluster["_Pending"][1:]
            enter(cluster, RUNNING, context.clock(), {"Message": "Running step"})

    cluster = context.store.update(CLUSTER, cluster_id, take)
    if not taken:
        return True
    state = run_step(context, cluster, taken[0])
    if state != FAILED or _is_shutting_down(context):
        return True
    step = context.store.get(STEP, step_name(cluster_id, taken[0])) or {}
    action = step.get("ActionOnFailure")
    if action in _TERMINATING_ACTIONS and not cluster["TerminationProtected"]:
        _end(context, cluster_id, WITH_ERRORS, _STEP_FAILURE)
        return False
    if action != "CONTINUE":
        _cancel_pending(context, cluster_id, "Cancelled as an earlier step failed")
    return True


def _move(context: Context, cluster_id: str, state: str, reason: Mapping[str, str]) -> None:
    def move(cluster: Document) -> None:
        now_in = cluster["Status"]["State"]
        if now_in not in ENDED_CLUSTER and now_in != TERMINATING:
            enter(cluster, state, context.clock(), reason)

    context.store.update(CLUSTER, cluster_id, move)


def _end(context: Context, cluster_id: str, state: str, reason: Mapping[str, str]) -> None:
    with context.store.transaction():
        _cancel_pending(context, cluster_id, "Job terminated")
        context.store.update(
            CLUSTER, cluster_id, lambda cluster: enter(cluster, state, context.clock(), reason)
        )


def _cancel_pending(context: Context, cluster_id: str, message: str) -> None:
    def cancel(step: Document) -> None:
        if step["Status"]["State"] == PENDING:
            enter(step, CANCELLED, context.clock(), {"Message": message})

    def clear(cluster: Document) -> None:
        cluster["_Pending"] = []

    with context.store.transaction():
        for step in steps_of(context, cluster_id):
            context.store.update(STEP, step_name(cluster_id, step["Id"]), cancel)
        context.store.update(CLUSTER, cluster_id, clear)


def _idle_reason(context: Context, cluster_id: str) -> dict[str, str]:
    cluster = context.store.get(CLUSTER, cluster_id) or {}
    seconds = cluster.get("_IdleTimeout")
    message = f"Cluster was idle for {seconds} seconds, its auto-termination policy's limit"
    return {"Code": "ALL_STEPS_COMPLETED", "Message": message}


def _is_shutting_down(context: Context) -> bool:
    return context.settings.data_dir in _shutting_down


def recover(context: Context) -> None:
    """Fail the steps that died with the last emulator; the clusters go on."""
    _shutting_down.discard(context.settings.data_dir)
    runs.end_those_left(context, FOLDER)
    for cluster in context.store.list(CLUSTER):
        if cluster["Status"]["State"] not in ENDED_CLUSTER:
            for step in steps_of(context, cluster["Id"]):
                fail_interrupted(context, step)
            start(context, cluster["Id"])


def shut_down(context: Context) -> None:
    """Fail and end the steps that run; the clusters go on when the emulator is started again."""
    _shutting_down.add(context.settings.data_dir)
    for cluster in context.store.list(CLUSTER):
        if cluster["Status"]["State"] not in ENDED_CLUSTER:
            for step in steps_of(context, cluster["Id"]):
                if step["Status"]["State"] != PENDING:
                    fail_interrupted(context, step)
                    runs.end_now(context, step["Id"])
