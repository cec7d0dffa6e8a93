"""How SageMaker's resources are named."""

from emulator.context import Context


def arn(context: Context, resource_type: str, name: str) -> str:
    """The ARN of a resource, e.g. of type ``training-job``; the name is as it was given.

    Source: ARNs in aws/sagemaker-python-sdk 3, e.g. ``training-job/pipelines-...-XEdt5h2gQC``;
    until 2022 names were in lower case there.
    """
    settings = context.settings
    return f"arn:aws:sagemaker:{settings.region}:{settings.account_id}:{resource_type}/{name}"


def name_of(name_or_arn: str) -> str:
    """The resource's name, where the API takes the name or the ARN."""
    return name_or_arn.rpartition("/")[2] if name_or_arn.startswith("arn:") else name_or_arn
