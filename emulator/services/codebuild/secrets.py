"""Variables whose values are kept elsewhere: Parameter Store and Secrets Manager."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Context
from emulator.json_text import read_json
from emulator.services.clients import client
from emulator.services.codebuild.buildspec import Buildspec
from emulator.services.codebuild.failures import PhaseFailed

_ARN_PARTS = 7


@dataclass
class Resolved:
    """Variables with their values, and which of the values no log may show."""

    variables: dict[str, str] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)


def resolve(
    context: Context, spec: Buildspec, project_variables: Sequence[Mapping[str, str]]
) -> Resolved:
    """The variables of the buildspec and of the project; the project's have precedence.

    Raises:
        PhaseFailed: A value is not there; with every one that is not.
    """
    wanted = [("PLAINTEXT", name, value) for name, value in spec.variables.items()]
    wanted += [("PARAMETER_STORE", *pair) for pair in spec.parameter_store.items()]
    wanted += [("SECRETS_MANAGER", *pair) for pair in spec.secrets_manager.items()]
    wanted += [(each["type"], each["name"], each["value"]) for each in project_variables]
    resolved, faults = Resolved(), []
    for kind, name, value in {name: (kind, name, value) for kind, name, value in wanted}.values():
        if kind == "PLAINTEXT":
            resolved.variables[name] = value
            continue
        try:
            found = _READERS[kind](context, value)
        except _Missing as error:
            faults.append((kind, f"{name}: {error}"))
        else:
            resolved.variables[name] = found
            resolved.hidden.append(found)
    if faults:
        code = _CODES[faults[0][0]]
        raise PhaseFailed(code, "; ".join(message for _, message in faults))
    return resolved


class _Missing(Exception):
    """There is no such value."""


def _parameter(context: Context, name: str) -> str:
    found = _called(lambda: client(context, "ssm").get_parameter(Name=name, WithDecryption=True))
    return str(found["Parameter"]["Value"])


def _secret(context: Context, reference: str) -> str:
    """Source: secret-id:json-key:version-stage:version-id; an id that is an ARN has colons."""
    parts = reference.split(":")
    cut = _ARN_PARTS if reference.startswith("arn:") else 1
    secret_id, rest = ":".join(parts[:cut]), parts[cut:]
    key, stage, version = (*rest, "", "", "")[:3]
    given = {"VersionStage": stage, "VersionId": version}
    found = _called(
        lambda: client(context, "secretsmanager").get_secret_value(
            SecretId=secret_id, **{name: value for name, value in given.items() if value}
        )
    )
    text = str(found.get("SecretString", ""))
    return _member(text, key, secret_id) if key else text


def _member(text: str, key: str, secret_id: str) -> str:
    try:
        found = read_json(text)[key]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise _Missing(f"the secret {secret_id} is no JSON object with the key {key!r}") from error
    return found if isinstance(found, str) else str(found)


def _called(call: Callable[[], Any]) -> Any:
    client_error = importlib.import_module("botocore.exceptions").ClientError
    try:
        return call()
    except client_error as error:
        told = error.response["Error"]
        raise _Missing(f"{told['Code']}: {told['Message']}") from error


_READERS = {"PARAMETER_STORE": _parameter, "SECRETS_MANAGER": _secret}
# Source: the status codes under which CodeBuild's logs tell of a value that it cannot read.
_CODES = {
    "PARAMETER_STORE": "Decrypted Variables Error",
    "SECRETS_MANAGER": "Secrets Manager Error",
}
