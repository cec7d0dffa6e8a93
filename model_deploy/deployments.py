"""How the model of a package is deployed: by the module of the pipeline that made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_deploy import registry
from model_deploy.registry import ModelPackage
from pipelines.build import load_module
from pipelines.command_line import UsageError
from pipelines.endpoint.deployment import PIPELINE_PROPERTY, Deployment

_PIPELINE_VARIABLE = "PIPELINE"


@dataclass(frozen=True)
class Origin:
    """The folder of pipelines/ that made a model, and what its module `endpoint` says."""

    folder: str
    deployment: Deployment


def origin_of(sagemaker: Any, package: ModelPackage, environment: Mapping[str, str]) -> Origin:
    """What made a model package by its own word, or else by the environment's.

    Raises:
        UsageError: neither says which pipeline it was.
        UnknownPipelineError: there is no such pipeline here.
    """
    folder = registry.pipeline_of(sagemaker, package) or environment.get(_PIPELINE_VARIABLE, "")
    if not folder:
        raise UsageError(
            f"Model package {package.arn} does not say which pipeline made it (its customer "
            f"metadata has no {PIPELINE_PROPERTY}): give the folder of pipelines/ in "
            f"{_PIPELINE_VARIABLE}."
        )
    return Origin(folder, load_module(f"{folder}.endpoint").DEPLOYMENT)
