"""The shapes that step types are checked and read by: botocore's, and what Pipelines makes of them.

The Arguments of EMR and EMRServerless steps are no operation's input, but hold some.
Source: `EMRStep` and `EMRServerlessStep` of SageMaker SDK v3.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from botocore.loaders import create_loader
from botocore.model import ServiceModel, StructureShape

from emulator.protocol.models import load_service

# Pipelines names the step and the cluster, and decides itself when the cluster ends.
_NOT_OF_CLUSTER_CONFIG = ("Name", "Steps", "AutoTerminationPolicy")
_NOT_OF_INSTANCES = ("KeepJobFlowAliveWhenNoSteps", "TerminationProtected")


def step_shape(service: str, name: str) -> StructureShape:
    """A shape of a service, or one that Pipelines makes of its shapes."""
    if service in _ADDED:
        return _service_with_ours(service).shape_for(name)
    return load_service(service).shape_for(name)


@functools.cache
def _service_with_ours(service: str) -> ServiceModel:
    document = create_loader().load_service_model(service, "service-2")
    shapes = document["shapes"]
    return ServiceModel({**document, "shapes": {**shapes, **_ADDED[service](shapes)}}, service)


def _emr(shapes: Mapping[str, Any]) -> dict[str, Any]:
    config = _without(shapes["RunJobFlowInput"], _NOT_OF_CLUSTER_CONFIG)
    config["members"]["Instances"] = {"shape": "PipelineInstances"}
    properties = {**shapes["Step"]["members"], "ClusterId": {"shape": "ClusterId"}}
    return {
        "PipelineInstances": _without(shapes["JobFlowInstancesConfig"], _NOT_OF_INSTANCES),
        "PipelineClusterConfig": config,
        "PipelineStepConfig": _without(shapes["StepConfig"], ("Name",)),
        "PipelineStepProperties": {"type": "structure", "members": properties},
        "PipelineStepArguments": _structure(
            ("StepConfig",),
            StepConfig="PipelineStepConfig",
            ClusterId="ClusterId",
            ClusterConfig="PipelineClusterConfig",
            ExecutionRoleArn="ArnType",
        ),
    }


def _emr_serverless(shapes: Mapping[str, Any]) -> dict[str, Any]:
    job = _without(shapes["StartJobRunRequest"], ("clientToken",))
    # The application may be one that Pipelines is to make.
    job["required"] = [name for name in job["required"] if name != "applicationId"]
    return {
        "PipelineJobConfig": job,
        "PipelineApplicationConfig": _without(shapes["CreateApplicationRequest"], ("clientToken",)),
        "PipelineStepArguments": _structure(
            ("JobConfig", "ExecutionRoleArn"),
            ExecutionRoleArn="IAMRoleArn",
            JobConfig="PipelineJobConfig",
            ApplicationId="ApplicationId",
            ApplicationConfig="PipelineApplicationConfig",
        ),
    }


_ADDED: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "emr": _emr,
    "emr-serverless": _emr_serverless,
}


def _structure(required: tuple[str, ...], **members: str) -> dict[str, Any]:
    shapes = {name: {"shape": shape} for name, shape in members.items()}
    return {"type": "structure", "required": list(required), "members": shapes}


def _without(shape: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    # A request has some members in its path: in a step's Arguments they are members like others.
    members = {
        name: {key: value for key, value in member.items() if not key.startswith("location")}
        for name, member in shape["members"].items()
        if name not in names
    }
    required = [name for name in shape.get("required", ()) if name not in names]
    return {"type": "structure", "required": required, "members": members}
