"""AWS::LanguageExtensions: loops, functions of its own, and functions where otherwise are none.

Source: "AWS::LanguageExtensions transform" in the template reference: it is of the sections
Conditions, Resources and Outputs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from emulator.errors import listed
from emulator.services.cloudformation.template.condition_checks import condition_faults
from emulator.services.cloudformation.template.conditions import conditions
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.functions import NO_VALUE
from emulator.services.cloudformation.template.reading import outline_of
from emulator.services.cloudformation.template.scope import Scope
from emulator.services.cloudformation.transforms.declarations import EXTENSIONS
from emulator.services.cloudformation.transforms.evaluation import (
    Known,
    evaluated_members,
    without_secrets,
)
from emulator.services.cloudformation.transforms.loops import loop_faults
from emulator.services.cloudformation.transforms.setting import Setting, failure

_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")


def extend(
    body: Mapping[str, Any], parameters: Mapping[str, Any], setting: Setting
) -> dict[str, Any]:
    """The document with all that is known of its three sections.

    Raises:
        TemplateError: With everything that is wrong with them.
    """
    _raise(list(loop_faults(body)))
    scope = replace(setting.scope, mappings=_mappings(body))
    found = dict(body)
    if isinstance(body.get("Conditions"), dict):
        found["Conditions"] = _evaluated(body["Conditions"], scope)
    scope = replace(scope, conditions=_conditions(found, scope))
    for name in ("Resources", "Outputs"):
        if isinstance(body.get(name), dict):
            found[name] = _evaluated(body[name], scope)
    _raise(list(_policy_faults(body.get("Resources"), found.get("Resources"))))
    return found


def _raise(faults: list[str]) -> None:
    if faults:
        raise failure(EXTENSIONS, listed(list(dict.fromkeys(faults)), "; "))


def _evaluated(section: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    known = Known(without_secrets(scope))
    found = evaluated_members(section, known)
    _raise(known.faults)
    # A member that is null altogether is still refused when the template is read.
    return found | {name: None for name, value in section.items() if value is None}


def _mappings(body: Mapping[str, Any]) -> dict[str, Any]:
    """The mappings that are some; others are told of when the template is read."""
    section = body.get("Mappings")
    named = section.items() if isinstance(section, dict) else ()
    return {
        name: {top: second for top, second in keys.items() if isinstance(second, dict)}
        for name, keys in named
        if isinstance(keys, dict)
    }


def _conditions(body: Mapping[str, Any], scope: Scope) -> Mapping[str, bool]:
    section = body.get("Conditions")
    if not isinstance(section, dict):
        return {}
    template = replace(outline_of(body), conditions=section)
    _raise(list(condition_faults(template)))
    try:
        return conditions(template, scope)
    except TemplateError as error:
        raise failure(EXTENSIONS, error.message) from error


def _policy_faults(written: Any, found: Any) -> Iterator[str]:
    """Source: "Intrinsic function references in DeletionPolicy and UpdateReplacePolicy"."""
    if _has_no_policy(written):
        yield f"{NO_VALUE} is not supported for DeletionPolicy or UpdateReplacePolicy"
    resources = found.items() if isinstance(found, dict) else ()
    for logical_id, resource in resources:
        for name in _POLICIES:
            if isinstance(resource, dict) and not isinstance(resource.get(name, ""), str):
                yield f"Unsupported expression for {name} in resource {logical_id}"


def _has_no_policy(value: Any) -> bool:
    if isinstance(value, dict):
        if any(value.get(name) == {"Ref": NO_VALUE} for name in _POLICIES):
            return True
        value = [member for name, member in value.items() if name != "Properties"]
    return isinstance(value, list) and any(map(_has_no_policy, value))
