"""References to variables in an action's configuration: ``#{namespace.key}``.

Source: "Variables" of the CodePipeline user guide.
"""

import re
from collections.abc import Mapping

from emulator.context import Request
from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.artifacts import run_groups
from emulator.services.codepipeline.declaration.faults import ACTION, STRUCTURE, Faults
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
        for group in run_groups(stage["actions"]):
            for action in group:
                _check_action(action, known, faults)
            for action in group:
                _add_namespace(action, known, faults)


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


def _check_action(action: Request, known: Namespaces, faults: Faults) -> None:
    for key, text in action.get("configuration", {}).items():
        for reference in _REFERENCE.findall(text):
            fault = _fault(reference, known)
            if fault:
                faults.add(
                    ACTION, f"Action {action['name']!r}: {key} has #{{{reference}}}: {fault}"
                )


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
