"""Which kind of target an ARN means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.context import Context
from emulator.services.events.delivery.deliveries import Delivery
from emulator.services.events.targets import (
    build_projects,
    delivery_pipelines,
    event_buses,
    functions,
    log_groups,
    model_pipelines,
    queues,
    topics,
)
from emulator.services.events.targets.arns import Arn


def _no_faults(target: Mapping[str, Any]) -> list[str]:
    return []


@dataclass(frozen=True)
class TargetKind:
    """One kind of target.

    Attributes:
        begins: How the resource's part of the ARN begins.
        parameters: The member of a target that is for this kind alone.
        needs_role: Whether PutTargets refuses a target without RoleArn.
    """

    service: str
    deliver: Callable[[Context, Delivery], None]
    begins: str = ""
    parameters: str | None = None
    needs_role: bool = False
    faults: Callable[[Mapping[str, Any]], list[str]] = _no_faults


KINDS = (
    TargetKind("codepipeline", delivery_pipelines.deliver, needs_role=True),
    TargetKind("codebuild", build_projects.deliver, "project/", needs_role=True),
    TargetKind("lambda", functions.deliver, "function:"),
    TargetKind("sns", topics.deliver),
    TargetKind("sqs", queues.deliver, parameters="SqsParameters", faults=queues.faults),
    TargetKind(
        "sagemaker",
        model_pipelines.deliver,
        "pipeline/",
        "SageMakerPipelineParameters",
        needs_role=True,
    ),
    TargetKind("events", event_buses.deliver, "event-bus/"),
    TargetKind("logs", log_groups.deliver, "log-group:"),
)
# What AWS has besides, by the ARN's service.
NOT_EMULATED: Mapping[str, str] = {
    "apigateway": "API Gateway",
    "appsync": "AppSync",
    "batch": "Batch job queues",
    "ec2": "EC2 actions",
    "ecs": "ECS tasks",
    "events": "API destinations",
    "execute-api": "API Gateway",
    "firehose": "Firehose streams",
    "glue": "Glue workflows",
    "inspector": "Inspector assessments",
    "kinesis": "Kinesis streams",
    "redshift": "Redshift clusters",
    "redshift-serverless": "Redshift Serverless workgroups",
    "sagemaker": "SageMaker resources other than pipelines",
    "ssm": "Systems Manager",
    "ssm-incidents": "Incident Manager response plans",
    "states": "Step Functions state machines",
}


def kind_of(arn: Arn) -> TargetKind | None:
    """The kind of target, None if none has such ARNs."""
    for kind in KINDS:
        if kind.service == arn.service and arn.resource.startswith(kind.begins):
            return kind
    return None
