"""What a CloudFormation action sends: template, parameters, tags and capabilities.

Source: "AWS CloudFormation deploy action reference" and "Using parameter override functions with
CodePipeline pipelines".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.json_text import read_json
from emulator.services.codepipeline.actions.work import CONFIGURATION_ERROR, ActionFailed, Work
from emulator.services.codepipeline.artifacts import Unreadable, new_artifact, read_file

_GET_ARTIFACT_ATT, _GET_PARAM = "Fn::GetArtifactAtt", "Fn::GetParam"
# Source: botocore shape TemplateBody.
_BODY_BYTES_AT_MOST = 51_200
_CONFIGURATION_KEYS = ("Parameters", "Tags", "StackPolicy")


@dataclass(frozen=True)
class TemplateConfiguration:
    """What a template configuration file says."""

    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    stack_policy: Mapping[str, Any] | None


def stack_arguments(work: Work, *, has_policy: bool) -> dict[str, Any]:
    """Arguments of CreateStack, UpdateStack and CreateChangeSet that they have in common.

    Raises:
        ActionFailed: ConfigurationError.
    """
    configuration = _template_configuration(work)
    parameters = {**configuration.parameters, **_overrides(work)}
    arguments: dict[str, Any] = {
        "StackName": work.configuration["StackName"],
        **_template(work),
        "Parameters": _pairs("ParameterKey", "ParameterValue", parameters),
        "Tags": _pairs("Key", "Value", configuration.tags),
        "Capabilities": [
            each.strip()
            for each in work.configuration.get("Capabilities", "").split(",")
            if each.strip()
        ],
    }
    if "RoleArn" in work.configuration:
        arguments["RoleARN"] = work.configuration["RoleArn"]
    if has_policy and configuration.stack_policy:
        arguments["StackPolicyBody"] = json.dumps(configuration.stack_policy)
    return arguments


def _template(work: Work) -> dict[str, str]:
    """The template as a text, or where a longer one lies in the artifact store."""
    content = _file(work, work.configuration["TemplatePath"])
    if len(content) <= _BODY_BYTES_AT_MOST:
        return {"TemplateBody": content.decode()}
    artifact = work.input(work.configuration["TemplatePath"].partition("::")[0])
    place = new_artifact(work.plan.pipeline, artifact.bucket, "template")
    work.context.objects.put_bytes(place.bucket, place.key, content)
    endpoint = work.context.settings.endpoint_url
    return {"TemplateURL": f"{endpoint}/{place.bucket}/{place.key}"}


def _pairs(key: str, value: str, members: Mapping[str, str]) -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in members.items()]


def _template_configuration(work: Work) -> TemplateConfiguration:
    path = work.configuration.get("TemplateConfiguration")
    if path is None:
        return TemplateConfiguration({}, {}, None)
    document = _json_file(work, path)
    unknown = [key for key in document if key not in _CONFIGURATION_KEYS]
    if unknown:
        raise ActionFailed(
            CONFIGURATION_ERROR,
            f"The template configuration {path} has unknown keys {', '.join(unknown)}; expected "
            f"{', '.join(_CONFIGURATION_KEYS)}",
        )
    return TemplateConfiguration(
        _strings(document.get("Parameters", {}), f"Parameters of {path}"),
        _strings(document.get("Tags", {}), f"Tags of {path}"),
        document.get("StackPolicy"),
    )


def _overrides(work: Work) -> dict[str, str]:
    """ParameterOverrides with its functions carried out.

    Raises:
        ActionFailed: ConfigurationError: a function, or what it names, is unknown.
    """
    overrides = json.loads(work.configuration.get("ParameterOverrides", "{}"))
    return _strings(
        {key: _value(work, value) for key, value in overrides.items()}, "ParameterOverrides"
    )


def _value(work: Work, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    function, arguments = next(iter(value.items()), ("", None))
    names = _names(arguments)
    if function == _GET_ARTIFACT_ATT and len(names) == 2:
        return _attribute(work, *names)
    if function == _GET_PARAM and len(names) == 3:
        artifact, file, key = names
        document = _json_file(work, f"{artifact}::{file}")
        if key not in document:
            raise ActionFailed(
                CONFIGURATION_ERROR,
                f"File [{file}] of artifact [{artifact}] has no {key!r}; it has: "
                f"{', '.join(document) or 'nothing'}",
            )
        return document[key]
    raise ActionFailed(
        CONFIGURATION_ERROR,
        f"ParameterOverrides: {json.dumps(value)}: expected {_GET_ARTIFACT_ATT} with [artifact, "
        f"attribute] or {_GET_PARAM} with [artifact, file, key]",
    )


def _names(arguments: Any) -> list[str]:
    """A function's arguments, if they are texts."""
    is_good = isinstance(arguments, list) and all(isinstance(each, str) for each in arguments)
    return list(arguments) if is_good else []


def _attribute(work: Work, name: str, attribute: str) -> str:
    artifact = work.input(name)
    attributes = {
        "ArtifactName": artifact.name,
        "BucketName": artifact.bucket,
        "ObjectKey": artifact.key,
        "URL": f"{work.context.settings.endpoint_url}/{artifact.bucket}/{artifact.key}",
    }
    if attribute not in attributes:
        raise ActionFailed(
            CONFIGURATION_ERROR,
            f"{_GET_ARTIFACT_ATT}: an artifact has no {attribute!r}; it has: "
            f"{', '.join(attributes)}",
        )
    return attributes[attribute]


def _strings(members: Any, where: str) -> dict[str, str]:
    faults = (
        [f"{key} is {value!r}" for key, value in members.items() if not isinstance(value, str)]
        if isinstance(members, dict)
        else [f"it is {members!r}"]
    )
    if faults:
        raise ActionFailed(
            CONFIGURATION_ERROR, f"{where}: expected texts by name; {'; '.join(faults)}"
        )
    return dict(members)


def _json_file(work: Work, path: str) -> dict[str, Any]:
    try:
        document = read_json(_file(work, path))
    except ValueError as error:
        raise ActionFailed(CONFIGURATION_ERROR, f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ActionFailed(CONFIGURATION_ERROR, f"{path} has to be a JSON object")
    return document


def _file(work: Work, path: str) -> bytes:
    artifact, _, file = path.partition("::")
    try:
        return read_file(work.context, work.input(artifact), file)
    except Unreadable as error:
        raise ActionFailed(CONFIGURATION_ERROR, str(error)) from error
