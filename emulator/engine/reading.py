"""Definition JSON into a definition; every fault of its form is kept, none stops the reading."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from emulator.engine.conditions import read_conditions
from emulator.engine.definition import (
    COMPLETED,
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_STEP_NAME_CHARACTERS,
    TRIGGERS,
    VERSION,
    Branch,
    Definition,
    DefinitionError,
    Dependency,
    OutputParameter,
    PropertyFile,
    Step,
)
from emulator.engine.members import Members
from emulator.engine.parameters import read_parameter
from emulator.engine.repeated_keys import read_definition_json
from emulator.engine.step_policies import read_cache, read_retry_policies
from emulator.engine.step_types import EMULATED, KNOWN

_TARGETS = {"FunctionArn": "Lambda", "SqsQueueUrl": "Callback"}
OUTPUT_TYPES = ("String", "Integer", "Float", "Boolean")
_STEP_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_STEP_MEMBERS = (
    "Name",
    "Type",
    "Arguments",
    "DependsOn",
    "DisplayName",
    "Description",
    "CacheConfig",
    "RetryPolicies",
    "PropertyFiles",
    "FunctionArn",
    "SqsQueueUrl",
    "OutputParameters",
)


@dataclass(frozen=True)
class Reading:
    """What could be read of a definition.

    Attributes:
        definition: Without the steps whose name or type is faulty.
        unread_steps: The names of those.
        faults: What is wrong with the definition's form.
    """

    definition: Definition
    unread_steps: frozenset[str]
    faults: tuple[str, ...]


def read_definition(text: str) -> Reading:
    """The definition and the faults of its form.

    Raises:
        DefinitionError: It is so wrong that nothing can be read: too long, not JSON, not an object
            or of another version.
    """
    document, faults = _document(text)
    pipeline = Members(document, "Pipeline", faults)
    pipeline.refuse_unknown(
        "Version", "Metadata", "Parameters", "PipelineExperimentConfig", "Steps", "MlflowConfig"
    )
    if pipeline.raw.get("MlflowConfig") is not None:
        pipeline.fault("MlflowConfig is not emulated")
    pipeline.take("Metadata", dict)
    parameters = [
        parameter
        for raw in pipeline.take("Parameters", list) or []
        if (parameter := read_parameter(raw, faults)) is not None
    ]
    _refuse_twice("Parameter", [parameter.name for parameter in parameters], faults)
    steps = _read_steps(pipeline.take("Steps", list, is_required=True), None, faults)
    if pipeline.raw.get("Steps") == []:
        faults.append("Pipeline: Steps must hold at least one step.")
    _refuse_twice("Step", [step.name for step in steps], faults)
    experiment_config = pipeline.take("PipelineExperimentConfig", dict) or {}
    definition = Definition(tuple(parameters), tuple(steps), experiment_config)
    names = _step_names(document.get("Steps"))
    unread_steps = names - {step.name for step in steps}
    return Reading(definition, frozenset(unread_steps), tuple(faults))


def _step_names(raw_steps: Any) -> set[str]:
    """Every step's name, whatever else may be wrong with the step."""
    names: set[str] = set()
    for raw in raw_steps if isinstance(raw_steps, list) else []:
        if isinstance(raw, dict):
            names.add(str(raw.get("Name")))
            arguments = raw.get("Arguments")
            inner = arguments if isinstance(arguments, dict) else {}
            names |= _step_names(inner.get("IfSteps")) | _step_names(inner.get("ElseSteps"))
    return names


def _document(text: str) -> tuple[dict[str, Any], list[str]]:
    if len(text) > MAX_CHARACTERS:
        raise DefinitionError(
            [f"The definition has {len(text)} characters; at most {MAX_CHARACTERS} are allowed."]
        )
    try:
        document, faults = read_definition_json(text)
    except ValueError as error:
        raise DefinitionError([f"The definition is not JSON: {error}."]) from error
    _refuse_half_characters(document, text)
    _refuse_depth(document)
    if not isinstance(document, dict):
        raise DefinitionError(["Expecting start of Json Object."])
    if document.get("Version") != VERSION:
        raise DefinitionError(
            [f"Version is {document.get('Version')!r}; the only version is '{VERSION}'."]
        )
    return document, faults


def _refuse_half_characters(document: Any, text: str) -> None:
    """A text that UTF-8 cannot write could reach neither a process nor a log."""
    if "\\ud" not in text.lower():
        return
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = f"U+{ord(error.object[error.start]):04X}"
        raise DefinitionError(
            [f"The definition is not valid Unicode: it holds {half}, half of a surrogate pair."]
        ) from error


def _refuse_depth(document: Any) -> None:
    """Refuse here, with a clear word, what a later stage with less stack left would fail on."""
    level = [document]
    for _ in range(MAX_DEPTH):
        containers = [
            inner.values() if isinstance(inner, dict) else inner
            for inner in level
            if isinstance(inner, (dict, list))
        ]
        level = [inner for container in containers for inner in container]
    if any(isinstance(inner, (dict, list)) for inner in level):
        raise DefinitionError([f"The definition is nested too deeply: over {MAX_DEPTH} levels."])


def _refuse_twice(noun: str, names: list[str], faults: list[str]) -> None:
    faults.extend(
        f"{noun} names must be unique: '{name}' occurs {count} times."
        for name, count in Counter(names).items()
        if count > 1
    )


def _read_steps(raw_steps: Any, branch: Branch | None, faults: list[str]) -> list[Step]:
    steps: list[Step] = []
    for raw in raw_steps if isinstance(raw_steps, list) else []:
        if isinstance(raw, dict):
            steps.extend(_read_step(raw, branch, faults))
        else:
            faults.append(f"Steps: each step must be an object, not {raw!r}.")
    return steps


def _read_step(raw: dict[str, Any], branch: Branch | None, faults: list[str]) -> list[Step]:
    """The step, and behind it those of its branches."""
    members = Members(raw, f"Step '{raw.get('Name', '?')}'", faults)
    name, step_type = _name_and_type(members)
    if name is None or step_type is None or step_type not in EMULATED:
        return []
    members.refuse_unknown(*_STEP_MEMBERS)
    if step_type == "Condition" and branch is not None:
        # Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
        members.fault(
            f"it is nested in Condition step '{branch.condition_step}'; Condition steps cannot be"
            " nested: let it stand beside that one and name a step of the branch in its DependsOn"
        )
    arguments = members.take("Arguments", dict, is_required=step_type != "Lambda") or {}
    step_arguments, nested = arguments, []
    if step_type == "Condition":
        step_arguments = {}
        for key, outcome in (("IfSteps", True), ("ElseSteps", False)):
            nested += _read_steps(arguments.get(key), Branch(name, outcome), faults)
    step = Step(
        name=name,
        type=step_type,
        arguments=step_arguments,
        depends_on=_read_dependencies(members),
        display_name=members.text("DisplayName", most_characters=256),
        description=members.text("Description", most_characters=3_072),
        branch=branch,
        cache=read_cache(members, step_type),
        retry_policies=read_retry_policies(members, step_type),
        property_files=_read_property_files(members),
        target=_read_target(members, step_type),
        output_parameters=_read_outputs(members),
        conditions=read_conditions(arguments, members) if step_type == "Condition" else (),
    )
    return [step, *nested]


def _name_and_type(members: Members) -> tuple[str | None, str | None]:
    name = members.take("Name", str, is_required=True)
    if name is not None and len(name) > MAX_STEP_NAME_CHARACTERS:
        members.fault(
            f"the name has {len(name)} characters; at most {MAX_STEP_NAME_CHARACTERS} are allowed"
        )
    elif name is not None and not _STEP_NAME.fullmatch(name):
        members.fault("the name may have letters, digits, '-' and '_' only, and at least one")
        name = None
    step_type = members.take("Type", str, is_required=True)
    if step_type is not None and step_type not in KNOWN:
        members.fault(f"unknown Type '{step_type}'; the types are: {', '.join(KNOWN)}")
    elif step_type is not None and step_type not in EMULATED:
        members.fault(
            f"Type '{step_type}' is not emulated; the emulator runs: {', '.join(EMULATED)}"
        )
    return name, step_type


def _read_dependencies(members: Members) -> tuple[Dependency, ...]:
    dependencies = []
    for raw in members.take("DependsOn", list) or []:
        if isinstance(raw, str):
            dependencies.append(Dependency(raw))
        elif isinstance(raw, dict) and isinstance(raw.get("Step"), str):
            trigger = raw.get("Trigger", COMPLETED)
            if trigger not in TRIGGERS:
                members.fault(
                    f"DependsOn '{raw['Step']}': unknown Trigger {trigger!r}; the triggers are: "
                    + ", ".join(TRIGGERS)
                )
            dependencies.append(Dependency(raw["Step"], str(trigger)))
        else:
            members.fault(f"DependsOn: {raw!r} is neither a step name nor {{'Step', 'Trigger'}}")
    return tuple(dependencies)


def _read_property_files(members: Members) -> tuple[PropertyFile, ...]:
    files = []
    for number, raw in enumerate(members.take("PropertyFiles", list) or []):
        file = members.inner(f"PropertyFiles[{number}]", raw)
        taken = [
            file.take(key, str, is_required=True)
            for key in ("PropertyFileName", "OutputName", "FilePath")
        ]
        if all(taken):
            files.append(PropertyFile(*map(str, taken)))
    members.refuse_twice("PropertyFileName", [file.name for file in files])
    return tuple(files)


def _read_target(members: Members, step_type: str) -> Any:
    for key, owner in _TARGETS.items():
        if key in members.raw and step_type != owner:
            members.fault(f"{key} belongs to steps of Type '{owner}'")
        elif step_type == owner:
            return members.value(key)
    return None


def _read_outputs(members: Members) -> tuple[OutputParameter, ...]:
    outputs = []
    for number, raw in enumerate(members.take("OutputParameters", list) or []):
        output = members.inner(f"OutputParameters[{number}]", raw)
        name = output.take("OutputName", str, is_required=True)
        output_type = output.take("OutputType", str) or "String"
        if output_type not in OUTPUT_TYPES:
            output.fault(
                f"unknown OutputType '{output_type}'; the types are: {', '.join(OUTPUT_TYPES)}"
            )
        if name is not None:
            outputs.append(OutputParameter(name, output_type))
    members.refuse_twice("OutputName", [output.name for output in outputs])
    return tuple(outputs)
