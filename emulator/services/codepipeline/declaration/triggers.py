"""Triggers of V2 pipelines: which pushes start an execution.

Source: "Automate starting pipelines using triggers and filtering" of the user guide.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from emulator.context import Request
from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.faults import STRUCTURE, Faults
from emulator.services.codepipeline.declaration.globs import matches, pattern
from emulator.services.codepipeline.declaration.providers import CONNECTION

PushFilters = Sequence[Mapping[str, Any]]


def check(declaration: Request, faults: Faults) -> None:
    """Add the faults of triggers."""
    connections = [
        action["name"]
        for stage in declaration["stages"][:1]
        for action in stage["actions"]
        if key_of(action) == CONNECTION
    ]
    named: set[str] = set()
    for trigger in declaration.get("triggers", ()):
        configuration = trigger["gitConfiguration"]
        source = configuration["sourceActionName"]
        if source not in connections:
            faults.add(
                STRUCTURE,
                f"Trigger for {source!r}: there is no source action CodeStarSourceConnection of "
                f"this name; there are: {', '.join(connections) or 'none'}",
            )
        if source in named:
            faults.add(STRUCTURE, f"Source action {source!r} has more than one trigger")
        named.add(source)
        _check_filters(source, configuration, faults)


def _check_filters(source: str, configuration: Request, faults: Faults) -> None:
    if configuration.get("pullRequest"):
        faults.add_unsupported(
            f"Trigger for {source!r}: pullRequest is not supported by the emulator, whose git has "
            "no pull requests; push is"
        )
    for push in configuration.get("push", ()):
        if "tags" in push and ("branches" in push or "filePaths" in push):
            faults.add(
                STRUCTURE,
                f"Trigger for {source!r}: a push filter has tags, or branches and filePaths",
            )
        elif "tags" in push:
            faults.add_unsupported(
                f"Trigger for {source!r}: a push filter with tags is not supported by the "
                "emulator; branches and filePaths are"
            )
        elif "filePaths" in push and "branches" not in push:
            faults.add(
                STRUCTURE, f"Trigger for {source!r}: a push filter with filePaths needs branches"
            )
        for member, criteria in push.items():
            _check_criteria(f"Trigger for {source!r}: {member}", criteria, faults)


def _check_criteria(where: str, criteria: Mapping[str, Sequence[str]], faults: Faults) -> None:
    if not criteria:
        faults.add(STRUCTURE, f"{where} needs includes or excludes")
    for globs in criteria.values():
        for glob in globs:
            try:
                pattern(glob)
            except ValueError as error:
                faults.add(STRUCTURE, f"{where}: {error}")


def push_filters(declaration: Request, action_name: str) -> PushFilters | None:
    """The push filters for a source action; None if no trigger names it."""
    for trigger in declaration.get("triggers", ()):
        configuration = trigger["gitConfiguration"]
        if configuration["sourceActionName"] == action_name:
            found: PushFilters = configuration.get("push", ())
            return found
    return None


def lets_through(
    filters: PushFilters, branch: str, changed_files: Callable[[], Iterable[str]]
) -> bool:
    """Whether a push passes any of the filters; files are asked for only where one needs them."""
    return any(_passes(each, branch, changed_files) for each in filters)


def _passes(
    push: Mapping[str, Any], branch: str, changed_files: Callable[[], Iterable[str]]
) -> bool:
    if "tags" in push or not matches(push.get("branches", {}), branch):
        return False
    paths = push.get("filePaths")
    return paths is None or any(matches(paths, path) for path in changed_files())
