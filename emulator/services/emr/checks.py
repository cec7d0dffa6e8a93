"""What EMR refuses when a cluster is made or steps are added, and what the emulator cannot do."""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator import moto
from emulator.context import Context, Request
from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.spark.configurations import classification_faults
from emulator.services.spark.releases import release_fault

COMMAND_RUNNER = "command-runner.jar"
_SPARK_SUBMIT = ("spark-submit", "/usr/bin/spark-submit", "/usr/lib/spark/bin/spark-submit")
_APPLICATIONS = frozenset({"spark", "hadoop", "amazoncloudwatchagent", "livy"})
_UNSUPPORTED = (
    "AdditionalInfo",
    "AmiVersion",
    "BootstrapActions",
    "CustomAmiId",
    "KerberosAttributes",
    "NewSupportedProducts",
    "SecurityConfiguration",
    "SupportedProducts",
)


def check_cluster(context: Context, request: Request) -> None:
    """Refuse a RunJobFlow request that cannot be carried out.

    Raises:
        AwsError: ValidationException or UnsupportedByEmulator, with every fault.
    """
    faults = Faults()
    for member in _UNSUPPORTED:
        if request.get(member):
            faults.add_unsupported(f"{member} is not supported by the emulator")
    for member in ("ServiceRole", "JobFlowRole"):
        if not request.get(member):
            faults.add(f"{member} is required for creating cluster.")
    fault = release_fault(request.get("ReleaseLabel"))
    if fault:
        faults.add_unsupported(fault)
    _check_applications(request.get("Applications", ()), faults)
    for fault in classification_faults(request.get("Configurations", ()), "Classification"):
        faults.add_unsupported(fault)
    if request.get("StepConcurrencyLevel", 1) != 1:
        faults.add_unsupported(
            "StepConcurrencyLevel above 1 is not supported by the emulator: one machine stands "
            "for the cluster"
        )
    _check_instances(request["Instances"], faults)
    _collect_step_faults(context, request.get("Steps", ()), None, faults)
    faults.raise_any()


def check_steps(context: Context, steps: Iterable[Mapping[str, Any]], role_arn: str | None) -> None:
    """Refuse steps that cannot be run.

    Raises:
        AwsError: ValidationException or UnsupportedByEmulator, with every fault.
    """
    faults = Faults()
    _collect_step_faults(context, steps, role_arn, faults)
    faults.raise_any()


def _check_applications(applications: Iterable[Mapping[str, Any]], faults: Faults) -> None:
    names = [str(application.get("Name", "")) for application in applications]
    others = [name for name in names if name.lower() not in _APPLICATIONS]
    if others:
        faults.add_unsupported(
            f"Applications: {', '.join(others)} cannot be run by the emulator, which has Spark"
        )
    if not any(name.lower() == "spark" for name in names):
        faults.add_unsupported("Applications: Spark must be among them, as the emulator runs it")


def _check_instances(instances: Mapping[str, Any], faults: Faults) -> None:
    fleets, groups = instances.get("InstanceFleets"), instances.get("InstanceGroups")
    has_types = "MasterInstanceType" in instances
    if sum(map(bool, (fleets, groups, has_types))) != 1:
        faults.add(
            "Instances: expected one of InstanceFleets, InstanceGroups and MasterInstanceType"
        )
    if fleets:
        _check_fleets(fleets, faults)
    if groups:
        _check_groups(groups, faults)


def _check_fleets(fleets: Iterable[Mapping[str, Any]], faults: Faults) -> None:
    kinds = [fleet["InstanceFleetType"] for fleet in fleets]
    for kind in sorted(set(kinds)):
        if kinds.count(kind) > 1:
            faults.add(f"InstanceFleets: there are {kinds.count(kind)} of type {kind}, at most 1")
    if "MASTER" not in kinds:
        faults.add("InstanceFleets: there is none of type MASTER")
    for fleet in fleets:
        _check_fleet(fleet, faults)


def _check_fleet(fleet: Mapping[str, Any], faults: Faults) -> None:
    kind = fleet["InstanceFleetType"]
    capacity = fleet.get("TargetOnDemandCapacity", 0) + fleet.get("TargetSpotCapacity", 0)
    if kind == "MASTER" and capacity != 1:
        faults.add(f"InstanceFleets: a MASTER fleet has a target capacity of 1, not {capacity}")
    if capacity < 1:
        faults.add(
            f"InstanceFleets: the {kind} fleet needs TargetOnDemandCapacity or TargetSpotCapacity"
        )
    if not fleet.get("InstanceTypeConfigs"):
        faults.add(f"InstanceFleets: the {kind} fleet has no InstanceTypeConfigs")


def _check_groups(groups: Iterable[Mapping[str, Any]], faults: Faults) -> None:
    masters = [group for group in groups if group["InstanceRole"] == "MASTER"]
    if len(masters) != 1:
        faults.add(f"InstanceGroups: there are {len(masters)} with role MASTER, expected 1")


def _collect_step_faults(
    context: Context, steps: Iterable[Mapping[str, Any]], role_arn: str | None, faults: Faults
) -> None:
    if role_arn is not None and not moto.role_exists(context, role_arn):
        faults.add(
            f"Execution role {role_arn} does not exist or cannot be assumed. "
            f"{moto.which_roles(context)}"
        )
    for step in steps:
        _check_jar(step["Name"], step["HadoopJarStep"], faults)


def _check_jar(name: str, jar: Mapping[str, Any], faults: Faults) -> None:
    if jar["Jar"] != COMMAND_RUNNER:
        faults.add_unsupported(
            f"Step '{name}': the jar {jar['Jar']} cannot be run by the emulator; it runs "
            f"{COMMAND_RUNNER} with spark-submit"
        )
        return
    for member in ("MainClass", "Properties"):
        if jar.get(member):
            faults.add_unsupported(f"Step '{name}': {COMMAND_RUNNER} has no use for {member}")
    arguments = jar.get("Args", [])
    if not arguments:
        faults.add(f"Step '{name}': {COMMAND_RUNNER} needs a command in Args")
    elif arguments[0] not in _SPARK_SUBMIT:
        faults.add_unsupported(
            f"Step '{name}': the command {arguments[0]!r} cannot be run by the emulator; it runs "
            "spark-submit"
        )
