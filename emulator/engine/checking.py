"""The faults of a definition that show only when all of it is seen."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emulator.engine.argument_types import type_faults
from emulator.engine.arguments import argument_faults
from emulator.engine.definition import Definition, DefinitionError, Step
from emulator.engine.graph import expressions_of, find_cycle
from emulator.engine.json_paths import parse_path
from emulator.engine.properties import output_names, property_fault
from emulator.engine.reading import Reading, read_definition
from emulator.engine.references import (
    EXECUTION,
    EXECUTION_VARIABLES,
    FUNCTIONS,
    JOIN,
    JSON_GET,
    PARAMETERS,
    Reference,
    expressions,
    is_expression,
    parse_reference,
    references,
)
from emulator.errors import listed

_JOB_NAMES = {"TrainingJobName": "Training", "ProcessingJobName": "Processing"}


def load_definition(text: str) -> Definition:
    """The definition that the JSON says.

    Raises:
        DefinitionError: With every fault found.
    """
    reading = read_definition(text)
    faults = [*reading.faults, *_faults(reading)]
    if faults:
        raise DefinitionError(faults)
    return reading.definition


def _faults(reading: Reading) -> Iterator[str]:
    definition = reading.definition
    types = {step.name: step.type for step in definition.steps}
    types |= dict.fromkeys(reading.unread_steps, "")
    for step in definition.steps:
        faults = [*_dependency_faults(step, types), *_expression_faults(step, reading)]
        faults += [*_job_name_faults(step), *type_faults(step, definition)]
        for fault in [*faults, *argument_faults(step), *_property_file_faults(step)]:
            yield f"Step '{step.name}': {fault}."
    for value in expressions(definition.experiment_config):
        for fault in _value_faults(value, reading):
            yield f"PipelineExperimentConfig: {fault}."
    cycle = _cycle(definition)
    if cycle:
        yield f"Steps wait for each other in a cycle: {' -> '.join(cycle)}."


def _cycle(definition: Definition) -> tuple[str, ...] | None:
    try:
        return find_cycle(definition)
    except ValueError:  # a Get that names nothing, which is reported for its step
        return None


def _dependency_faults(step: Step, types: Mapping[str, str]) -> Iterator[str]:
    triggers: dict[str, str] = {}
    for dependency in step.depends_on:
        if dependency.step not in types:
            yield f"DependsOn '{dependency.step}': there is no such step"
        elif types[dependency.step] == "Fail":
            yield f"DependsOn '{dependency.step}': nothing runs after a Fail step"
        elif triggers.setdefault(dependency.step, dependency.trigger) != dependency.trigger:
            yield f"DependsOn '{dependency.step}' has two Triggers"


def _expression_faults(step: Step, reading: Reading) -> Iterator[str]:
    for value in expressions(expressions_of(step)):
        yield from _value_faults(value, reading)


def _job_name_faults(step: Step) -> Iterator[str]:
    try:
        found = list(references(expressions_of(step)))
    except ValueError:  # a Get that names nothing, which is reported as such
        return
    for reference in found:
        owner = _JOB_NAMES.get(reference.name) if reference.root == EXECUTION else None
        if owner not in (None, step.type):
            yield f"Get '{reference.text}' has a value in {owner} steps only"


def _value_faults(expression: Mapping[str, Any], reading: Reading) -> list[str]:
    key, argument = next(iter(expression.items()))
    checker = _CHECKERS.get(key)
    if checker is None:
        return [f"unknown function '{key}'; the functions are: Get, {', '.join(FUNCTIONS)}"]
    return checker(argument, reading)


def _plain_get_faults(text: Any, reading: Reading) -> list[str]:
    faults = _get_faults(text, reading)
    if not faults and parse_reference(text).property_file is not None:
        faults.append(f"Get '{text}' must stand in a {JSON_GET}, which reads the file")
    return faults


def _get_faults(text: Any, reading: Reading) -> list[str]:
    try:
        reference = parse_reference(text)
    except ValueError as error:
        return [str(error)]
    fault = _ROOT_CHECKERS.get(reference.root, _step_fault)(reference, reading)
    return [f"Get '{text}' not found; {fault}"] if fault else []


def _parameter_fault(reference: Reference, reading: Reading) -> str | None:
    try:
        reading.definition.parameter(reference.name)
    except KeyError:
        names = [parameter.name for parameter in reading.definition.parameters]
        return f"the pipeline has parameters: {listed(names, ', ') or 'none'}"
    return None


def _variable_fault(reference: Reference, reading: Reading) -> str | None:
    if reference.name in EXECUTION_VARIABLES:
        return None
    return f"the execution variables are: {', '.join(EXECUTION_VARIABLES)}"


def _step_fault(reference: Reference, reading: Reading) -> str | None:
    if reference.name in reading.unread_steps:
        return None
    try:
        step = reading.definition.step(reference.name)
    except KeyError:
        names = [step.name for step in reading.definition.steps]
        return f"the pipeline has steps: {listed(names, ', ')}"
    return property_fault(step, reference.path)


def _join_faults(argument: Any, reading: Reading) -> list[str]:
    if not isinstance(argument, dict) or not isinstance(argument.get("Values"), list):
        return [f"{JOIN} needs an object with 'On' and an array 'Values'"]
    faults = _unknown_member_faults(JOIN, argument, ("On", "Values"))
    if not isinstance(argument.get("On", ""), str):
        faults.append(f"{JOIN}: 'On' must be text, not {argument['On']!r}")
    for value in argument["Values"]:
        if is_expression(value):
            faults += _value_faults(value, reading)
        elif isinstance(value, (dict, list)) or value is None:
            faults.append(f"{JOIN}: {value!r} is neither a scalar nor an expression")
    return faults


def _json_get_faults(argument: Any, reading: Reading) -> list[str]:
    if not isinstance(argument, dict) or not isinstance(argument.get("Path"), str):
        return [f"{JSON_GET} needs an object with 'Path' and 'PropertyFile' or 'S3Uri'"]
    faults = _unknown_member_faults(JSON_GET, argument, ("PropertyFile", "S3Uri", "Path"))
    try:
        parse_path(argument["Path"])
    except ValueError as error:
        faults.append(f"{JSON_GET}: Path {error}")
    if ("PropertyFile" in argument) == ("S3Uri" in argument):
        faults.append(f"{JSON_GET} needs either 'PropertyFile' or 'S3Uri'")
    if "PropertyFile" in argument:
        faults += _property_file_reference_faults(argument["PropertyFile"], reading)
    elif is_expression(argument.get("S3Uri")):
        faults += _value_faults(argument["S3Uri"], reading)
    elif "S3Uri" in argument and not isinstance(argument["S3Uri"], str):
        faults.append(f"{JSON_GET}: S3Uri {argument['S3Uri']!r} is neither text nor an expression")
    return faults


def _unknown_member_faults(
    function: str, argument: Mapping[str, Any], known: tuple[str, ...]
) -> list[str]:
    return [
        f"{function}: unknown member '{key}'; the members are: {', '.join(known)}"
        for key in argument
        if key not in known
    ]


def _property_file_reference_faults(value: Any, reading: Reading) -> list[str]:
    if not isinstance(value, dict) or not isinstance(value.get("Get"), str):
        return [f"{JSON_GET}: PropertyFile must be a Get of Steps.<step>.PropertyFiles.<name>"]
    faults = _get_faults(value["Get"], reading)
    if not faults and parse_reference(value["Get"]).property_file is None:
        faults.append(f"{JSON_GET}: '{value['Get']}' is not Steps.<step>.PropertyFiles.<name>")
    return faults


def _property_file_faults(step: Step) -> Iterator[str]:
    if step.property_files and step.type != "Processing":
        yield f"PropertyFiles belong to Processing steps, not to {step.type} steps"
        return
    names = output_names(step)
    for file in step.property_files:
        if file.output_name not in names:
            yield (
                f"PropertyFile '{file.name}' is in output '{file.output_name}', but the step's"
                f" outputs are: {', '.join(map(str, names)) or 'none'}"
            )


_CHECKERS: Mapping[str, Callable[[Any, Reading], list[str]]] = {
    "Get": _plain_get_faults,
    JOIN: _join_faults,
    JSON_GET: _json_get_faults,
}
_ROOT_CHECKERS: Mapping[str, Callable[[Reference, Reading], str | None]] = {
    PARAMETERS: _parameter_fault,
    EXECUTION: _variable_fault,
}
