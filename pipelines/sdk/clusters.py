"""Steps that run Spark on a cluster: EMR, and EMR Serverless.

What is chosen about the machines is plain data here; the members that AWS calls it by are written
in this module alone.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.sdk.session import Build
from pipelines.sdk.values import as_text


@dataclass(frozen=True)
class Fleet:
    """Machines of one role in a cluster: EMR takes what it can get of the types, by their weights.

    Attributes:
        role: "MASTER", "CORE" (with the cluster's disks) or "TASK" (without).
        instance_types: How much of the capacity one machine of each type counts for.
        on_demand: Capacity that is there whatever the market does.
        spot: Capacity at the market's price, which AWS may take back.
    """

    role: str
    instance_types: Mapping[str, int]
    on_demand: int
    spot: int = 0


@dataclass(frozen=True)
class Cluster:
    """A cluster that Pipelines makes for one step and terminates when the step has ended.

    Attributes:
        job_flow_role: The instance profile of its machines.
        service_role: The role of EMR itself.
        spark_settings: What spark-defaults says on it.
        subnet_ids: Where it may be; empty: the account's default.
        spot_timeout_minutes: How long it waits for spot capacity before it takes on-demand.
    """

    release_label: str
    fleets: Sequence[Fleet]
    job_flow_role: str
    service_role: str
    spark_settings: Mapping[str, str] = field(default_factory=dict)
    subnet_ids: Sequence[str] = ()
    spot_timeout_minutes: int = 10


@dataclass(frozen=True)
class Application:
    """An EMR Serverless application that Pipelines makes for one step.

    Attributes:
        maximum_capacity: As the API has it: cpu, memory, disk.
        spark_settings: What spark-defaults says in it.
        idle_timeout_minutes: After which it gives its capacity back.
    """

    release_label: str
    architecture: str
    maximum_capacity: Mapping[str, str]
    idle_timeout_minutes: int
    spark_settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SparkSubmit:
    """A Python program for spark-submit.

    Attributes:
        script_s3_uri: The program.
        arguments: Its own arguments, pipeline variables among them.
        options: Those of spark-submit.
    """

    script_s3_uri: str
    arguments: Sequence[Any]
    options: Sequence[str] = ()


def emr_step(
    name: str, program: SparkSubmit, cluster: Cluster | str, log_s3_uri: str | None = None
) -> Any:
    """A step on a new cluster, or on the one that runs under this id.

    `log_s3_uri` is where a new cluster puts its logs; one that runs has its own place for them.
    """
    from sagemaker.mlops.workflow.emr_step import EMRStep, EMRStepConfig

    words = ["spark-submit", *program.options, program.script_s3_uri, *program.arguments]
    config = _cluster_config(cluster, log_s3_uri) if isinstance(cluster, Cluster) else None
    return EMRStep(
        name=name,
        display_name=None,
        description=None,
        cluster_id=cluster if config is None else None,
        cluster_config=config,
        step_config=EMRStepConfig(jar="command-runner.jar", args=[as_text(word) for word in words]),
    )


def emr_serverless_step(
    build: Build,
    name: str,
    program: SparkSubmit,
    application: Application | str,
    *,
    log_s3_uri: Any,
    timeout_minutes: int,
) -> Any:
    """A step on a new application, or on the one that has this id; its role is the pipeline's."""
    from sagemaker.mlops.workflow.emr_serverless_step import (
        EMRServerlessJobConfig,
        EMRServerlessStep,
    )

    config = _application_config(application) if isinstance(application, Application) else None
    return EMRServerlessStep(
        name=name,
        display_name=None,
        description=None,
        application_id=application if config is None else None,
        application_config=config,
        job_config=EMRServerlessJobConfig(
            job_driver={"sparkSubmit": _spark_submit(program)},
            execution_role_arn=build.target.role_arn,
            configuration_overrides={
                "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": log_s3_uri}}
            },
            execution_timeout_minutes=timeout_minutes,
        ),
    )


def run_after(step: Any, earlier: Any) -> None:
    """Lets a step wait for one whose result it takes without naming it."""
    step.add_depends_on([earlier])


def logs_s3_uri(build: Build, folder: str) -> str:
    """Where a service that adds its own ids puts its logs."""
    return f"s3://{build.target.bucket}/logs/{folder}"


def _cluster_config(cluster: Cluster, log_s3_uri: str | None) -> dict[str, Any]:
    instances: dict[str, Any] = {
        "InstanceFleets": [_fleet(fleet, cluster.spot_timeout_minutes) for fleet in cluster.fleets]
    }
    if cluster.subnet_ids:
        instances["Ec2SubnetIds"] = list(cluster.subnet_ids)
    config: dict[str, Any] = {
        "ReleaseLabel": cluster.release_label,
        "Applications": [{"Name": "Spark"}],
        "Instances": instances,
        "JobFlowRole": cluster.job_flow_role,
        "ServiceRole": cluster.service_role,
    }
    if cluster.spark_settings:
        defaults = {"Classification": "spark-defaults", "Properties": dict(cluster.spark_settings)}
        config["Configurations"] = [defaults]
    return {**config, **({"LogUri": log_s3_uri} if log_s3_uri else {})}


def _fleet(fleet: Fleet, spot_timeout_minutes: int) -> dict[str, Any]:
    config: dict[str, Any] = {
        "Name": fleet.role.lower(),
        "InstanceFleetType": fleet.role,
        "TargetOnDemandCapacity": fleet.on_demand,
        "TargetSpotCapacity": fleet.spot,
        "InstanceTypeConfigs": [
            {"InstanceType": instance_type, "WeightedCapacity": weight}
            for instance_type, weight in fleet.instance_types.items()
        ],
    }
    if fleet.spot:
        config["LaunchSpecifications"] = {
            "SpotSpecification": {
                "TimeoutDurationMinutes": spot_timeout_minutes,
                "TimeoutAction": "SWITCH_TO_ON_DEMAND",
                "AllocationStrategy": "price-capacity-optimized",
            }
        }
    return config


def _application_config(application: Application) -> dict[str, Any]:
    config: dict[str, Any] = {
        "releaseLabel": application.release_label,
        "type": "Spark",
        "architecture": application.architecture,
        "maximumCapacity": dict(application.maximum_capacity),
        "autoStopConfiguration": {
            "enabled": True,
            "idleTimeoutMinutes": application.idle_timeout_minutes,
        },
    }
    if application.spark_settings:
        settings = dict(application.spark_settings)
        defaults = {"classification": "spark-defaults", "properties": settings}
        config["runtimeConfiguration"] = [defaults]
    return config


def _spark_submit(program: SparkSubmit) -> dict[str, Any]:
    driver: dict[str, Any] = {
        "entryPoint": program.script_s3_uri,
        "entryPointArguments": [as_text(argument) for argument in program.arguments],
    }
    if program.options:
        driver["sparkSubmitParameters"] = shlex.join(program.options)
    return driver
