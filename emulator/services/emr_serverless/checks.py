"""What EMR Serverless refuses, and what the emulator cannot do."""

import shlex
from collections.abc import Mapping
from typing import Any

from emulator import moto
from emulator.context import Context, Request
from emulator.services.networks import network_faults
from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.spark.configurations import classification_faults
from emulator.services.spark.releases import release_fault

_UNSUPPORTED_OF_APPLICATIONS = ("imageConfiguration", "workerTypeSpecifications")
_BATCH = "BATCH"


def check_application(context: Context, request: Request) -> None:
    """Refuse an application that cannot be run.

    Raises:
        AwsError: ValidationException or UnsupportedByEmulator, with every fault.
    """
    faults = Faults()
    kind = request.get("type", "Spark")
    if kind.lower() != "spark":
        faults.add_unsupported(f"The application type {kind!r} is not emulated; Spark is")
    for member in _UNSUPPORTED_OF_APPLICATIONS:
        if request.get(member):
            faults.add_unsupported(f"{member} is not supported by the emulator")
    fault = release_fault(request.get("releaseLabel")) if "releaseLabel" in request else None
    if fault:
        faults.add_unsupported(fault)
    for fault in classification_faults(request.get("runtimeConfiguration", ()), "classification"):
        faults.add_unsupported(fault)
    network = request.get("networkConfiguration", {})
    subnet_ids, group_ids = network.get("subnetIds", []), network.get("securityGroupIds", [])
    for missing in network_faults(context, subnet_ids, group_ids):
        faults.add(f"networkConfiguration: {missing.message}")
    faults.raise_any()


def check_job_run(context: Context, request: Request) -> None:
    """Refuse a job run that cannot be carried out.

    Raises:
        AwsError: ValidationException or UnsupportedByEmulator, with every fault.
    """
    faults = Faults()
    role_arn = request.get("executionRoleArn")
    if role_arn is not None and not moto.role_exists(context, role_arn):
        faults.add(
            f"The execution role {role_arn} does not exist or cannot be assumed by EMR Serverless."
            f" {moto.which_roles(context)}"
        )
    _check_driver(request.get("jobDriver", {}), faults)
    if request.get("mode", _BATCH) != _BATCH:
        faults.add_unsupported("mode STREAMING is not supported by the emulator; BATCH is")
    if request.get("retryPolicy", {}).get("maxAttempts", 1) != 1:
        faults.add_unsupported(
            "retryPolicy.maxAttempts above 1 is not supported by the emulator; a pipeline's step "
            "has RetryPolicies"
        )
    overrides = request.get("configurationOverrides", {})
    configurations = overrides.get("applicationConfiguration", ())
    for fault in classification_faults(configurations, "classification"):
        faults.add_unsupported(fault)
    faults.raise_any()


def _check_driver(driver: Mapping[str, Any], faults: Faults) -> None:
    spark = driver.get("sparkSubmit")
    if spark is None:
        others = ", ".join(driver)
        if others:
            faults.add_unsupported(f"jobDriver {others} is not emulated; sparkSubmit is")
        else:
            faults.add("jobDriver.sparkSubmit is required for an application of type Spark")
        return
    try:
        shlex.split(spark.get("sparkSubmitParameters", ""))
    except ValueError as error:
        faults.add(f"sparkSubmitParameters cannot be read: {error}")
