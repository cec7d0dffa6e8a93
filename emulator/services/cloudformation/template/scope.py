"""What the functions of a template are resolved against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PSEUDO_PARAMETERS = frozenset(
    {
        "AWS::AccountId",
        "AWS::NoValue",
        "AWS::NotificationARNs",
        "AWS::Partition",
        "AWS::Region",
        "AWS::StackId",
        "AWS::StackName",
        "AWS::URLSuffix",
    }
)


@dataclass(frozen=True)
class Unknown:
    """A value that is there only once ``reference`` is made; what is made from it is Unknown too.

    ``reference`` is a logical id, or ``<logical id>.<attribute>``.
    """

    reference: str


@dataclass(frozen=True)
class ParameterValue:
    """The value of a parameter.

    Attributes:
        text: As given or by default, which DescribeStacks shows as ParameterValue.
        resolved: What Ref gives: text, or a list of texts for list types; for the types
            ``AWS::SSM::Parameter::Value<...>`` what the SSM parameter holds.
        no_echo: Whether the value is shown as ``****``.
    """

    text: str
    resolved: str | tuple[str, ...]
    no_echo: bool = False

    @property
    def shown(self) -> str:
        """What DescribeStacks shows."""
        return "****" if self.no_echo else self.text


@dataclass(frozen=True)
class PseudoParameters:
    """What every template can refer to without declaring it.

    Source: "Pseudo parameters reference" in the CloudFormation template reference.
    """

    account_id: str
    region: str
    stack_name: str
    stack_id: str
    notification_arns: tuple[str, ...] = ()
    partition: str = "aws"
    url_suffix: str = "amazonaws.com"

    def values(self) -> Mapping[str, str | list[str]]:
        """The value of each by its name, ``AWS::NoValue`` aside."""
        return {
            "AWS::AccountId": self.account_id,
            "AWS::NotificationARNs": list(self.notification_arns),
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackId": self.stack_id,
            "AWS::StackName": self.stack_name,
            "AWS::URLSuffix": self.url_suffix,
        }


@dataclass(frozen=True)
class DynamicReference:
    """A ``{{resolve:...}}`` in a text.

    Attributes:
        service: ``ssm`` or ``secretsmanager``.
        name: The parameter's name, or the secret's name or ARN.
        version: The version of the parameter, None for the latest.
        json_key: The member of the secret's text, None for the whole text.
        version_stage: Of the secret, None for AWSCURRENT.
        version_id: Of the secret.
    """

    service: str
    name: str
    version: str | None = None
    json_key: str | None = None
    version_stage: str | None = None
    version_id: str | None = None


def _unknown_ref(logical_id: str) -> Any:
    return Unknown(logical_id)


def _unknown_attribute(logical_id: str, attribute: str) -> Any:
    return Unknown(f"{logical_id}.{attribute}")


def _unknown_export(name: str) -> Any:
    return Unknown(name)


def _unknown_output(wanted: Mapping[str, str]) -> Any:
    return Unknown(".".join(wanted.values()))


def _unknown_dynamic_reference(reference: DynamicReference) -> Any:
    return Unknown(reference.name)


def _first_zones(region: str) -> Sequence[str]:
    return [f"{region}{letter}" for letter in "abc"]


@dataclass(frozen=True)
class Scope:
    """All that a value is resolved against.

    Attributes:
        pseudo: The pseudo parameters.
        parameters: By name, from ``parameter_values``.
        mappings: The template's.
        conditions: By name, from ``conditions``.
        ref: What Ref of a resource gives, Unknown where the resource is not there yet.
        get_att: What GetAtt of a resource gives, Unknown likewise.
        import_value: The value of another stack's export; raises where there is none.
        stack_output: What Fn::GetStackOutput gives for its parameters; raises where there is none.
        dynamic_reference: What a ``{{resolve:...}}`` stands for.
        availability_zones: The zones of a region.
    """

    pseudo: PseudoParameters
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    conditions: Mapping[str, bool] = field(default_factory=dict)
    ref: Callable[[str], Any] = _unknown_ref
    get_att: Callable[[str, str], Any] = _unknown_attribute
    import_value: Callable[[str], Any] = _unknown_export
    stack_output: Callable[[Mapping[str, str]], Any] = _unknown_output
    dynamic_reference: Callable[[DynamicReference], Any] = _unknown_dynamic_reference
    availability_zones: Callable[[str], Sequence[str]] = _first_zones
