"""CloudFormation stacks, as the commands of both halves look them up."""

from typing import Any

from botocore.exceptions import ClientError


def find_stack(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """The stack of this name or id, as DescribeStacks tells of it; None if there is none."""
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        # The code is that of every wrong request; the words are CloudFormation's for this one.
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        return None
    return found
