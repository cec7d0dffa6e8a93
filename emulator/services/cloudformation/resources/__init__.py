"""Resource types, each made through the operations that anybody would call.

    provider   what a type's provider is, and the piece of work that it is given
    fitting    properties fitted to what an operation takes, by botocore's shapes
    failures   what a service's refusal means
    tagging    tags of what is there already

Rule: one module a service, which knows nothing of how stacks are made; its types are registered
here.
"""

from collections.abc import Mapping

from emulator.services.cloudformation.resources import (
    application_autoscaling,
    cloudwatch,
    codebuild,
    codecommit,
    codeconnections,
    codepipeline,
    ecr,
    events,
    iam,
    kms,
    lambda_,
    logs,
    macros,
    nested_stacks,
    s3,
    sagemaker,
    servicecatalog,
    sns,
    ssm,
)
from emulator.services.cloudformation.resources.custom import CUSTOM_RESOURCE
from emulator.services.cloudformation.resources.provider import Provider

_CUSTOM = "AWS::CloudFormation::CustomResource"

PROVIDERS: Mapping[str, Provider] = {
    **application_autoscaling.PROVIDERS,
    **cloudwatch.PROVIDERS,
    **codebuild.PROVIDERS,
    **codecommit.PROVIDERS,
    **codeconnections.PROVIDERS,
    **codepipeline.PROVIDERS,
    **ecr.PROVIDERS,
    **events.PROVIDERS,
    **iam.PROVIDERS,
    **kms.PROVIDERS,
    **lambda_.PROVIDERS,
    **logs.PROVIDERS,
    **macros.PROVIDERS,
    **nested_stacks.PROVIDERS,
    **s3.PROVIDERS,
    **sagemaker.PROVIDERS,
    **servicecatalog.PROVIDERS,
    **sns.PROVIDERS,
    **ssm.PROVIDERS,
    _CUSTOM: CUSTOM_RESOURCE,
}
"""By resource type."""


def find_provider(type_name: str) -> Provider | None:
    """The provider of a type; of any ``Custom::*`` that of custom resources."""
    return PROVIDERS.get(_CUSTOM if type_name.startswith("Custom::") else type_name)


def provider_of(type_name: str) -> Provider:
    """As ``find_provider``, of a type that is known."""
    return PROVIDERS[_CUSTOM if type_name.startswith("Custom::") else type_name]


def is_tagged(type_name: str) -> bool:
    """Whether resources of the type have tags, those of their stack too."""
    properties = provider_of(type_name).properties
    return properties is not None and "Tags" in properties
