"""Which changes of properties need a new resource.

Source: "Update behaviors of stack resources" in the CloudFormation User Guide; createOnlyProperties
of the types' schemas.
"""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources import provider_of
from emulator.services.cloudformation.resources.provider import ResourceFailed
from emulator.services.cloudformation.schemas import schema

NEVER, CONDITIONALLY, ALWAYS = "Never", "Conditionally", "Always"
_ABSENT = object()


def requires_recreation(type_name: str, name: str, before: Any, after: Any) -> str:
    """Whether another value of the top-level property needs a new resource.

    A create-only property may lie deeper, as ``VpcConfig.Subnets``: only its own change counts.
    """
    if provider_of(type_name).update is None and name != "Tags":
        return ALWAYS
    found = schema(type_name)
    for paths, answer in (
        (found.create_only, ALWAYS),
        (found.conditional_create_only, CONDITIONALLY),
    ):
        if any(_is_touched(path, name, before, after) for path in paths):
            return answer
    return NEVER


def _is_touched(path: str, name: str, before: Any, after: Any) -> bool:
    first, *deeper = path.split(".")
    return first == name and _at(before, deeper) != _at(after, deeper)


def _at(value: Any, path: list[str]) -> Any:
    for part in path:
        if not isinstance(value, Mapping):
            return value
        value = value.get(part, _ABSENT)
    return value


def changed_properties(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of the top-level properties that are not the same, in the template's order."""
    names = dict.fromkeys([*after, *before])
    return [name for name in names if before.get(name, _ABSENT) != after.get(name, _ABSENT)]


def needs_new_resource(type_name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the change of a resource's properties needs a new one.

    Raises:
        ResourceFailed: It does, and the resource has a name of its own that it would keep.
    """
    changed = changed_properties(before, after)
    is_needed = any(
        requires_recreation(type_name, name, before.get(name), after.get(name)) == ALWAYS
        for name in changed
    )
    naming = provider_of(type_name).naming
    if is_needed and naming is not None and naming.member in after and naming.member not in changed:
        raise ResourceFailed(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing."
            f" Rename {after[naming.member]} and update the stack again."
        )
    return is_needed
