"""The forms of dynamic references in the User Guide."""

import pytest

from emulator.errors import AwsError
from emulator.services.cloudformation.template.dynamic_references import replaced
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.scope import DynamicReference

ARN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:MySecret-a1b2c3"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (
            "{{resolve:ssm:S3AccessControl:2}}",
            DynamicReference("ssm", "S3AccessControl", version="2"),
        ),
        ("{{resolve:ssm:/a/b.c-d_e}}", DynamicReference("ssm", "/a/b.c-d_e")),
        (
            "{{resolve:secretsmanager:MyRDSSecret:SecretString:username}}",
            DynamicReference("secretsmanager", "MyRDSSecret", json_key="username"),
        ),
        ("{{resolve:secretsmanager:MySecret}}", DynamicReference("secretsmanager", "MySecret")),
        (
            "{{resolve:secretsmanager:MySecret::::}}",
            DynamicReference("secretsmanager", "MySecret"),
        ),
        (
            "{{resolve:secretsmanager:MySecret:SecretString:password:AWSPREVIOUS}}",
            DynamicReference(
                "secretsmanager", "MySecret", json_key="password", version_stage="AWSPREVIOUS"
            ),
        ),
        (
            f"{{{{resolve:secretsmanager:{ARN}:SecretString:password}}}}",
            DynamicReference("secretsmanager", ARN, json_key="password"),
        ),
        (
            "{{resolve:secretsmanager:MySecret:SecretString:::1-2}}",
            DynamicReference("secretsmanager", "MySecret", version_id="1-2"),
        ),
    ],
)
def test_reads_every_form(text: str, reference: DynamicReference) -> None:
    seen: list[DynamicReference] = []

    def value_of(found: DynamicReference) -> str:
        seen.append(found)
        return "value"

    assert replaced(f"<{text}>", value_of) == "<value>"
    assert seen == [reference]


def test_replaces_several_and_leaves_other_braces() -> None:
    text = "{{resolve:ssm:a}}-{{resolve:ssm:b}} {{x}} {{resolve:}}"
    assert replaced(text, lambda reference: reference.name.upper()) == "A-B {{x}} {{resolve:}}"


@pytest.mark.parametrize(
    "text",
    [
        "{{resolve:ssm:a b}}",
        "{{resolve:ssm:name:latest}}",
        "{{resolve:secretsmanager:s:SecretBinary:key}}",
        "{{resolve:secretsmanager:s:SecretString:key:STAGE:id}}",
        "{{resolve:secretsmanager:}}",
        "{{resolve:vault:s}}",
    ],
)
def test_refuses_other_forms_and_names_them(text: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        replaced(text, lambda _: "")
    assert refusal.value.code == "ValidationError"
    assert text in refusal.value.message


def test_secure_parameters_are_not_supported() -> None:
    with pytest.raises(AwsError) as refusal:
        replaced("{{resolve:ssm-secure:IAMUserPassword:10}}", lambda _: "")
    assert refusal.value.code == "UnsupportedByEmulator"
    assert "{{resolve:ssm-secure:IAMUserPassword:10}}" in refusal.value.message
