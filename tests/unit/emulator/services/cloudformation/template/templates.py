"""Templates of the tests, with what every one of them has."""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.template.conditions import scope_with_conditions
from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.parameters import parameter_values
from emulator.services.cloudformation.template.reading import read
from emulator.services.cloudformation.template.scope import PseudoParameters, Scope

BUCKET = "Resources:\n  Bucket: {Type: AWS::S3::Bucket}\n"
PSEUDO = PseudoParameters(
    account_id="123456789012",
    region="us-east-1",
    stack_name="demo",
    stack_id="arn:aws:cloudformation:us-east-1:123456789012:stack/demo/1",
    notification_arns=("arn:aws:sns:us-east-1:123456789012:a",),
)


def scope_of(template: Template, given: Mapping[str, str] | None = None, **members: Any) -> Scope:
    """The scope of a template with these parameters."""
    parameters = parameter_values(template, given or {})
    return scope_with_conditions(template, Scope(PSEUDO, parameters=parameters, **members))


def value_template(value: str, head: str = "") -> Template:
    """A template whose bucket has a property P, written in YAML's flow style."""
    return read(
        f"{head}Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n"
        f"    Properties:\n      P: {value}\n"
    )
