"""Resource types, each made through the operations that anybody would call.

    provider  what a type's provider is, and the piece of work that it is given
    fitting   properties fitted to what an operation takes, by botocore's shapes

Rule: one module a service, which knows nothing of stacks; its types are registered here.
"""

from collections.abc import Mapping

from emulator.services.cloudformation.resources import iam, kms, s3, sns, ssm
from emulator.services.cloudformation.resources.provider import Provider

_CUSTOM = "AWS::CloudFormation::CustomResource"

PROVIDERS: Mapping[str, Provider] = {
    **iam.PROVIDERS,
    **kms.PROVIDERS,
    **s3.PROVIDERS,
    **sns.PROVIDERS,
    **ssm.PROVIDERS,
}
"""By resource type."""


def provider_of(type_name: str) -> Provider:
    """The provider of a type that is known."""
    return PROVIDERS[_CUSTOM if type_name.startswith("Custom::") else type_name]


def find_provider(type_name: str) -> Provider | None:
    """The provider of a type; of any ``Custom::*`` that of custom resources."""
    return PROVIDERS.get(_CUSTOM if type_name.startswith("Custom::") else type_name)
