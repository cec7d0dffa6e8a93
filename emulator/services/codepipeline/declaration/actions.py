"""Configuration and artifact counts of each action, by its provider."""

from collections.abc import Callable, Mapping

from emulator.context import Request
from emulator.json_text import read_json
from emulator.services.codepipeline.declaration.configuration import check_counts, check_keys
from emulator.services.codepipeline.declaration.faults import ACTION, Faults
from emulator.services.codepipeline.declaration.providers import (
    APPROVAL,
    BUILD,
    CLOUDFORMATION,
    LAMBDA,
    NOT_EMULATED,
    PROVIDERS,
    S3_DEPLOY,
    TEST,
    ActionKey,
)

_JSON_KEYS = {"EnvironmentVariables": list, "ParameterOverrides": dict}
# Source: the CloudFormation action's reference: which modes need which keys.
_MODE_NEEDS: Mapping[str, tuple[str, ...]] = {
    "CREATE_UPDATE": ("TemplatePath", "RoleArn"),
    "REPLACE_ON_FAILURE": ("TemplatePath", "RoleArn"),
    "CHANGE_SET_REPLACE": ("TemplatePath", "RoleArn", "ChangeSetName"),
    "CHANGE_SET_EXECUTE": ("ChangeSetName",),
    "DELETE_ONLY": ("RoleArn",),
}


def key_of(action: Request) -> ActionKey:
    """Category, owner and provider of an action's declaration."""
    kind = action["actionTypeId"]
    return kind["category"], kind["owner"], kind["provider"]


def check(declaration: Request, faults: Faults) -> None:
    """Add the faults of each action by itself."""
    for stage in declaration["stages"]:
        for action in stage["actions"]:
            _check_action(action, faults)


def _check_action(action: Request, faults: Faults) -> None:
    key, name = key_of(action), action["name"]
    provider = PROVIDERS.get(key)
    if provider is None or action["actionTypeId"]["version"] != "1":
        _refuse_type(action, faults)
        return
    if "timeoutInMinutes" in action and key != APPROVAL:
        faults.add(ACTION, f"Action {name!r}: only manual approvals take timeoutInMinutes")
    for member in ("commands", "environmentVariables", "outputVariables"):
        if action.get(member):
            faults.add(
                ACTION,
                f"The following action cannot contain a {member} field: {name}. "
                f"To use the {member} field, use a compute action",
            )
    configuration = action.get("configuration", {})
    what = f"Action configuration for action '{name}'"
    check_keys(what, configuration, provider, faults, ACTION)
    check_counts(f"Action {name}", action, provider, faults, ACTION)
    _check_json(name, configuration, faults)
    check_more = _MORE.get(key)
    if check_more is not None:
        check_more(action, faults)


def _refuse_type(action: Request, faults: Faults) -> None:
    kind = action["actionTypeId"]
    if key_of(action) in NOT_EMULATED:
        faults.add_unsupported(
            f"Action {action['name']!r}: the emulator has no {kind['category']} action of "
            f"{kind['owner']} {kind['provider']}"
        )
        return
    faults.add(
        ACTION,
        f"ActionType (Category: '{kind['category']}', Provider: '{kind['provider']}', Owner: "
        f"'{kind['owner']}', Version: '{kind['version']}') in action '{action['name']}' is not "
        "available in this region",
    )


def _check_json(name: str, configuration: Mapping[str, str], faults: Faults) -> None:
    for key, kind in _JSON_KEYS.items():
        if key not in configuration:
            continue
        word = "a list" if kind is list else "an object"
        try:
            parsed = read_json(configuration[key], is_strict=True)
        except ValueError as error:
            faults.add(ACTION, f"Action {name!r}: {key} is not JSON: {error}")
            continue
        if not isinstance(parsed, kind):
            faults.add(ACTION, f"Action {name!r}: {key} has to be {word} in JSON")


def _check_cloudformation(action: Request, faults: Faults) -> None:
    name, configuration = action["name"], action.get("configuration", {})
    for key in _MODE_NEEDS.get(configuration.get("ActionMode", ""), ()):
        if key not in configuration:
            faults.add(
                ACTION,
                f"Action configuration for action '{name}' is missing required configuration "
                f"'{key}', which ActionMode {configuration['ActionMode']} needs",
            )
    artifacts = [artifact["name"] for artifact in action.get("inputArtifacts", ())]
    for key in ("TemplatePath", "TemplateConfiguration"):
        if key in configuration:
            _check_path(name, key, configuration[key], artifacts, faults)
    if action.get("outputArtifacts") and "OutputFileName" not in configuration:
        faults.add(ACTION, f"Action {name!r}: an output artifact needs OutputFileName")


def _check_path(name: str, key: str, path: str, artifacts: list[str], faults: Faults) -> None:
    artifact, separator, file = path.partition("::")
    if not separator or not file:
        faults.add(ACTION, f"Action {name!r}: {key} is {path!r}; expected artifact::file")
    elif artifact not in artifacts:
        faults.add(
            ACTION,
            f"Action {name!r}: {key} names the artifact {artifact!r}, which is none of its input "
            f"artifacts: {', '.join(artifacts) or 'none'}",
        )


def _check_s3_deploy(action: Request, faults: Faults) -> None:
    configuration = action.get("configuration", {})
    if configuration.get("Extract") == "false" and "ObjectKey" not in configuration:
        faults.add(
            ACTION,
            f"Action configuration for action '{action['name']}' is missing required configuration "
            "'ObjectKey', which Extract false needs",
        )


def _check_codebuild(action: Request, faults: Faults) -> None:
    name, configuration = action["name"], action.get("configuration", {})
    if configuration.get("BatchEnabled") == "true" or configuration.get("CombineArtifacts"):
        faults.add_unsupported(f"Action {name!r}: batch builds are not supported by the emulator")
    if "BuildspecOverride" in configuration:
        faults.add_unsupported(
            f"Action {name!r}: BuildspecOverride is not supported by the emulator; the project's "
            "buildspec is run"
        )
    artifacts = [artifact["name"] for artifact in action.get("inputArtifacts", ())]
    primary = configuration.get("PrimarySource")
    if primary is None and len(artifacts) > 1:
        faults.add(
            ACTION,
            f"Action configuration for action '{name}' is missing required configuration "
            "'PrimarySource', which several input artifacts need",
        )
    elif primary is not None and primary not in artifacts:
        faults.add(
            ACTION,
            f"Action {name!r}: PrimarySource is {primary!r}, which is none of its input artifacts: "
            f"{', '.join(artifacts) or 'none'}",
        )


def _check_lambda(action: Request, faults: Faults) -> None:
    function = action.get("configuration", {}).get("FunctionName", "")
    if function.startswith("arn:"):
        faults.add(
            ACTION, f"Action {action['name']!r}: FunctionName is a function's name, not its ARN"
        )


_MORE: Mapping[ActionKey, Callable[[Request, Faults], None]] = {
    BUILD: _check_codebuild,
    TEST: _check_codebuild,
    CLOUDFORMATION: _check_cloudformation,
    S3_DEPLOY: _check_s3_deploy,
    LAMBDA: _check_lambda,
}
