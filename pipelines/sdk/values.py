"""What is known only when the pipeline runs: parameters, properties, joined text, JSON values.

They are the SDK's pipeline variables, so their type here is `Any`.
"""

from collections.abc import Sequence
from typing import Any


def string_parameter(name: str, default: str | None = None, choices: Sequence[str] = ()) -> Any:
    """A pipeline parameter; without a default, each execution must give it."""
    from sagemaker.core.workflow.parameters import ParameterString

    return ParameterString(name, default_value=default, enum_values=list(choices) or None)


def integer_parameter(name: str, default: int | None = None) -> Any:
    """A pipeline parameter; without a default, each execution must give it."""
    from sagemaker.core.workflow.parameters import ParameterInteger

    return ParameterInteger(name, default_value=default)


def float_parameter(name: str, default: float | None = None) -> Any:
    """A pipeline parameter; without a default, each execution must give it."""
    from sagemaker.core.workflow.parameters import ParameterFloat

    return ParameterFloat(name, default_value=default)


def as_text(value: Any) -> Any:
    """A parameter that is a number as text, which is all that hyperparameters and arguments take.

    SageMaker refuses the parameter itself there. Any other value is given back as it is.
    """
    from sagemaker.core.workflow.parameters import Parameter, ParameterString

    is_number = isinstance(value, Parameter) and not isinstance(value, ParameterString)
    return value.to_string() if is_number else value


def join(separator: str, *values: Any) -> Any:
    """Text and pipeline variables, joined when the pipeline runs."""
    from sagemaker.core.workflow.functions import Join

    return Join(on=separator, values=list(values))


def execution_s3_uri(bucket: str, *keys: str) -> Any:
    """An address of its own for each execution; SageMaker's step cache does not look at outputs."""
    from sagemaker.core.workflow.execution_variables import ExecutionVariables

    pipeline, execution = ExecutionVariables.PIPELINE_NAME, ExecutionVariables.PIPELINE_EXECUTION_ID
    return join("/", "s3:/", bucket, "pipelines", pipeline, execution, *keys)


def execution_name(prefix: Any) -> Any:
    """A name of its own for each execution: the prefix, a hyphen and 12 characters."""
    from sagemaker.core.workflow.execution_variables import ExecutionVariables

    return join("-", prefix, ExecutionVariables.PIPELINE_EXECUTION_ID)


def json_value(step: Any, property_file: str, path: str) -> Any:
    """A value in a JSON file that a processing step declared as a property file."""
    from sagemaker.core.workflow.functions import JsonGet

    return JsonGet(step_name=step.name, property_file=property_file, json_path=path, step=step)
