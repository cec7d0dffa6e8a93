"""``{{resolve:...}}``: values that are kept elsewhere.

Source: "Get values stored in other services using dynamic references" in the User Guide.
"""

import re
from collections.abc import Callable
from typing import Any

from emulator.errors import unsupported
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.scope import DynamicReference, Unknown
from emulator.services.cloudformation.template.shapes import text_of

_REFERENCE = re.compile(r"\{\{resolve:([^:}]+):([^}]*)\}\}")
_SSM = re.compile(r"(?P<name>[A-Za-z0-9_.\-/]+)(?::(?P<version>\d+))?")
# An ARN has seven parts, a name may have no colon.
_SECRET_ID = re.compile(r"arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+|[^:]+")


def replaced(text: str, value_of: Callable[[DynamicReference], Any]) -> Any:
    """The text with its dynamic references replaced; Unknown if one of them is.

    Raises:
        TemplateError: A reference is malformed.
        AwsError: UnsupportedByEmulator, for ``ssm-secure``.
    """
    unknown: list[Unknown] = []

    def replace(match: re.Match[str]) -> str:
        value = value_of(_parsed(match[1], match[2], match[0]))
        if isinstance(value, Unknown):
            unknown.append(value)
            return ""
        return text_of(value)

    result = _REFERENCE.sub(replace, text)
    return unknown[0] if unknown else result


def _parsed(service: str, rest: str, whole: str) -> DynamicReference:
    if service == "ssm-secure":
        raise unsupported(
            f"The dynamic reference {whole} is not supported by the emulator: of the properties "
            "that may have ssm-secure it makes none"
        )
    if service == "ssm":
        return _ssm(rest, whole)
    if service == "secretsmanager":
        return _secret(rest, whole)
    raise TemplateError([f"Could not parse the dynamic reference {whole}: {service} is no service"])


def _ssm(rest: str, whole: str) -> DynamicReference:
    match = _SSM.fullmatch(rest)
    if match is None:
        raise TemplateError([f"Incorrect format is used in the following SSM reference: [{whole}]"])
    return DynamicReference("ssm", match["name"], version=match["version"])


def _secret(rest: str, whole: str) -> DynamicReference:
    match = _SECRET_ID.match(rest)
    parts = rest[match.end() :].split(":")[1:] if match else []
    kind, json_key, stage, version_id = (*parts, "", "", "", "")[:4]
    is_whole = kind in ("", "SecretString") and len(parts) <= 4 and not (stage and version_id)
    if match is None or not is_whole:
        raise TemplateError(
            [
                f"Could not parse the dynamic reference {whole}: it has the form "
                "{{resolve:secretsmanager:secret-id:SecretString:json-key:version-stage:version-id}}"
                ", with a version stage or a version id"
            ]
        )
    return DynamicReference(
        "secretsmanager",
        match[0],
        json_key=json_key or None,
        version_stage=stage or None,
        version_id=version_id or None,
    )
