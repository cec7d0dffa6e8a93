"""References to variables in the configuration of actions and rules: ``#{namespace.key}``.

Source: "Variables" of the CodePipeline user guide.
"""

import re
from collections.abc import Mapping

from emulator.context import Request
from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.artifacts import run_groups
from emulator.services.codepipeline.declaration.conditions import (
    BEFORE_ENTRY,
    ON_FAILURE,
    ON_SUCCESS,
    rules_in,
)
from emulator.services.codepipeline.declaration.faults import ACTION, STAGE, STRUCTURE, Faults
from emulator.services.codepipeline.declaration.providers import PROVIDERS

PIPELINE, VARIABLES = "codepipeline", "variables"
EXECUTION_ID = "PipelineExecutionId"
_REFERENCE = re.compile(r"#\{([^}]*)\}")
_FORM = re.compile(r"([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)")

# The keys of each namespace; None where an execution makes its own.
Namespaces = dict[str, tuple[str, ...] | None]


class Unresolved(Exception):
    """A reference for which there is no value."""


def resolve(text: str, values: Mapping[str, Mapping[str, str]]) -> str:
    """The text with each reference replaced by its value.

    Raises:
        Unresolved: There is no such value; the message names all of them.
    """
    missing: list[str] = []

    def value(match: re.Match[str]) -> str:
        namespace, _, key = match[1].partition(".")
        found = values.get(namespace, {}).get(key)
        if found is None:
            missing.append(match[0])
            return match[0]
        return found

    resolved = _REFERENCE.sub(value, text)
    if missing:
        raise Unresolved(f"no value for {', '.join(missing)}")
    return resolved


def check(declaration: Request, faults: Faults) -> None:
    """Add the faults of namespaces and of references to them, in the order actions run."""
    variables = tuple(each["name"] for each in declaration.get("variables", ()))
    known: Namespaces = {PIPELINE: (EXECUTION_ID,), VARIABLES: variables}
    for stage in declaration["stages"]:
        _check_rules(stage, known, faults, BEFORE_ENTRY)
        for group in run_groups(stage["actions"]):
            for action in group:
                _check_texts(f"Action {action['name']!r}", action, known, faults, ACTION)
            for action in group:
                _add_namespace(action, known, faults)
        _check_rules(stage, known, faults, ON_SUCCESS, ON_FAILURE)


def _check_rules(stage: Request, known: Namespaces, faults: Faults, *kinds: str) -> None:
    for rule in rules_in(stage, *kinds):
        what = f"Stage {stage['name']!r}, rule {rule['name']!r}"
        _check_texts(what, rule, known, faults, STAGE)


def _add_namespace(action: Request, known: Namespaces, faults: Faults) -> None:
    namespace = action.get("namespace")
    if namespace is None:
        return
    if namespace in known:
        faults.add(
            STRUCTURE,
            f"Namespace {namespace!r} of action {action['name']!r} is taken: namespaces are unique "
            f"in a pipeline, and {PIPELINE} and {VARIABLES} are reserved",
        )
        return
    provider = PROVIDERS.get(key_of(action))
    known[namespace] = provider.variables if provider else None


def _check_texts(
    what: str, declared: Request, known: Namespaces, faults: Faults, code: str
) -> None:
    for key, text in declared.get("configuration", {}).items():
        for reference in _REFERENCE.findall(text):
            fault = _fault(reference, known)
            if fault:
                faults.add(code, f"{what}: {key} has #{{{reference}}}: {fault}")


def _fault(reference: str, known: Namespaces) -> str | None:
    match = _FORM.fullmatch(reference)
    if match is None:
        return "expected #{namespace.key}"
    namespace, key = match.groups()
    if namespace not in known:
        return f"no earlier action has this namespace; there are: {', '.join(known)}"
    keys = known[namespace]
    if keys is not None and key not in keys:
        return f"{namespace} has: {', '.join(keys) or 'nothing'}"
    return None
