"""The stages of a project and the stacks that they are."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from pipelines.command_line import UsageError

STAGES = ("staging", "prod")
_VARIABLES = ("SAGEMAKER_PROJECT_NAME", "SAGEMAKER_PROJECT_ID")


def require(environment: Mapping[str, str], *variables: str) -> None:
    """Look whether the environment names the project, and has the other variables too.

    Raises:
        UsageError: naming all that are missing.
    """
    missing = [name for name in (*_VARIABLES, *variables) if not environment.get(name)]
    if missing:
        raise UsageError(f"Missing in the environment: {', '.join(missing)}.")


def stack_name(stage: str, environment: Mapping[str, str]) -> str:
    """The name that model_deploy/pipeline.yaml gives a stage's stack."""
    project = "-".join(environment[name] for name in _VARIABLES)
    return f"sagemaker-{project}-{stage}"


def find_stack(cloudformation: Any, name: str) -> Mapping[str, Any] | None:
    """What DescribeStacks says of a stack; None when there is none of the name."""
    try:
        found: Mapping[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        # The code is that of every wrong request; the words are CloudFormation's for this one.
        if error.response["Error"]["Message"] == f"Stack with id {name} does not exist":
            return None
        raise
    return found
