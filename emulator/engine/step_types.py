"""The step types: which API call each one makes, what it offers to others, what keys its cache.

Source: SageMaker SDK v3 `StepTypeEnum` and the shapes its steps' properties have; for the cache
https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class StepType:
    """What distinguishes a step type.

    Attributes:
        operation: The sagemaker operation whose input the step's Arguments are.
        given_name: The member of that input which Pipelines fills when the Arguments do not.
        property_shapes: The botocore shapes whose members the step's properties are.
        cache_attributes: The Arguments that must be unchanged for a reuse; empty: all of them;
            None: the type cannot be cached.
        is_retryable: Whether RetryPolicies may stand on it.
        service: Botocore's name of the service that the shapes are of.
        arguments_shape: In place of the operation's input, a shape of `step_shapes`.
    """

    operation: str | None = None
    given_name: str | None = None
    property_shapes: tuple[str, ...] = ()
    cache_attributes: tuple[str, ...] | None = None
    is_retryable: bool = False
    service: str = "sagemaker"
    arguments_shape: str | None = None


EMULATED: Mapping[str, StepType] = {
    "Processing": StepType(
        "CreateProcessingJob",
        "ProcessingJobName",
        ("DescribeProcessingJobResponse",),
        ("AppSpecification", "Environment", "ProcessingInputs"),
        is_retryable=True,
    ),
    "Training": StepType(
        "CreateTrainingJob",
        "TrainingJobName",
        ("DescribeTrainingJobResponse",),
        (
            "AlgorithmSpecification",
            "CheckpointConfig",
            "DebugHookConfig",
            "DebugRuleConfigurations",
            "Environment",
            "HyperParameters",
            "InputDataConfig",
        ),
        is_retryable=True,
    ),
    "Tuning": StepType(
        "CreateHyperParameterTuningJob",
        "HyperParameterTuningJobName",
        (
            "DescribeHyperParameterTuningJobResponse",
            "ListTrainingJobsForHyperParameterTuningJobResponse",
        ),
        (
            "HyperParameterTuningJobConfig",
            "TrainingJobDefinition.AlgorithmSpecification",
            "TrainingJobDefinition.HyperParameterRanges",
            "TrainingJobDefinition.InputDataConfig",
            "TrainingJobDefinition.StaticHyperParameters",
            "TrainingJobDefinition.TuningObjective",
            "TrainingJobDefinitions",
        ),
        is_retryable=True,
    ),
    "Transform": StepType(
        "CreateTransformJob",
        "TransformJobName",
        ("DescribeTransformJobResponse",),
        ("DataProcessing", "Environment", "ModelName", "TransformInput"),
        is_retryable=True,
    ),
    "Model": StepType("CreateModel", "ModelName", ("DescribeModelOutput",), is_retryable=True),
    "RegisterModel": StepType(
        "CreateModelPackage",
        "ModelPackageName",
        ("DescribeModelPackageOutput",),
        is_retryable=True,
    ),
    "EndpointConfig": StepType(
        "CreateEndpointConfig",
        "EndpointConfigName",
        ("DescribeEndpointConfigOutput",),
        (),
        is_retryable=True,
    ),
    "Endpoint": StepType("CreateEndpoint", None, ("DescribeEndpointOutput",), ()),
    "EMR": StepType(
        service="emr",
        arguments_shape="PipelineStepArguments",
        property_shapes=("PipelineStepProperties",),
        cache_attributes=("ClusterId", "StepConfig"),
    ),
    "EMRServerless": StepType(
        service="emr-serverless",
        arguments_shape="PipelineStepArguments",
        property_shapes=("GetJobRunResponse",),
        # AWS's page does not have this type; these are what it has for EMR.
        cache_attributes=("ApplicationId", "JobConfig"),
        is_retryable=True,
    ),
    "Lambda": StepType(cache_attributes=()),
    "Callback": StepType(cache_attributes=()),
    "Lineage": StepType(property_shapes=("LineageMetadata",)),
    "Condition": StepType(),
    "Fail": StepType(),
}

KNOWN = (
    *EMULATED,
    "QualityCheck",
    "ClarifyCheck",
    "AutoML",
    "InferenceComponent",
    "Job",
    "Cleanup",
    "ForEach",
)
