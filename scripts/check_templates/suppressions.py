"""The suppressions of the templates: each in the Metadata of the resource that it is for."""

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.check_templates.findings import Suppression
from scripts.check_templates.loading import Template

# Where each checker's are: the key of Metadata, the key of the list in it, that of the reason.
_PLACES = {
    "checkov": ("checkov", "skip", "comment"),
    "cdk-nag": ("cdk_nag", "rules_to_suppress", "reason"),
    "parliament": ("parliament", "skip", "comment"),
}


def declared(templates: Mapping[str, Template]) -> set[tuple[str, Suppression]]:
    """All of them, with the checker that each is for.

    Raises:
        ValueError: naming every one without a reason.
    """
    entries = list(_entries(templates))
    silent = [f"{found} ({checker})" for checker, found, reason in entries if not reason.strip()]
    if silent:
        raise ValueError(f"Suppressions without a reason: {', '.join(silent)}")
    return {(checker, found) for checker, found, _ in entries}


def _entries(templates: Mapping[str, Template]) -> Iterator[tuple[str, Suppression, str]]:
    for path, template in templates.items():
        for name, resource in template["Resources"].items():
            metadata: dict[str, Any] = resource.get("Metadata", {})
            for checker, (key, entries, reason) in _PLACES.items():
                for entry in metadata.get(key, {}).get(entries, []):
                    yield checker, Suppression(path, name, entry["id"]), entry.get(reason, "")
