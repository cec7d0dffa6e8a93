"""The CreateTrainingJob request of one suggestion."""

import secrets
from collections.abc import Mapping
from typing import Any

from emulator.services.sagemaker.jobs.s3_uris import parse_s3_uri
from emulator.services.sagemaker.tuning.plans import Definition

# The hyperparameter that tells the training image what it is tuned for.
OBJECTIVE_HYPERPARAMETER = "_tuning_objective_metric"
_SWITCHES = (
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
)
_COPIED = (
    *_SWITCHES,
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "RetryStrategy",
    "Environment",
)


def training_job_name(tuning_job_name: str, number: int) -> str:
    """``<tuning job>-001-1a2b3c4d``, as SageMaker names them."""
    return f"{tuning_job_name}-{number:03d}-{secrets.token_hex(4)}"


def described_definition(definition: Definition) -> dict[str, Any]:
    """The definition as DescribeHyperParameterTuningJob gives it."""
    return {
        **dict.fromkeys(_SWITCHES, False),
        **definition.request,
        "StaticHyperParameters": _static(definition),
        "OutputDataConfig": {"KmsKeyId": ""} | definition.request["OutputDataConfig"],
    }


def _static(definition: Definition) -> dict[str, str]:
    objective = {OBJECTIVE_HYPERPARAMETER: definition.objective["MetricName"]}
    return {**definition.static, **objective}


def training_job_request(
    definition: Definition, name: str, tuned: Mapping[str, str]
) -> dict[str, Any]:
    """The request that trains with the tuned hyperparameters."""
    given = definition.request
    request = {key: given[key] for key in _COPIED if key in given}
    request["TrainingJobName"] = name
    request["HyperParameters"] = {**_static(definition), **tuned}
    if "HyperParameterTuningResourceConfig" in given:
        request["ResourceConfig"] = _resource_config(given["HyperParameterTuningResourceConfig"])
    if "CheckpointConfig" in given:
        request["CheckpointConfig"] = _checkpoint_config(given["CheckpointConfig"], name)
    return request


def _resource_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The first choice of instance: there is always one of it on a laptop."""
    chosen = {**config, **next(iter(config.get("InstanceConfigs", ())), {})}
    keys = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
    return {key: chosen[key] for key in keys if key in chosen}


def _checkpoint_config(config: Mapping[str, str], name: str) -> dict[str, str]:
    """Each training job has a prefix of its own, or they would restore each other's state."""
    return {**config, "S3Uri": str(parse_s3_uri(config["S3Uri"]).join(name))}
