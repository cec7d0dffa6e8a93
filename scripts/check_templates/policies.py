"""Every policy of a template, found by its shape: a document of Version and Statement."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.check_templates.loading import Template
from scripts.check_templates.samples import resolve


@dataclass(frozen=True)
class Policy:
    """A policy: the resource that has it, and its document with samples for intrinsics."""

    resource: str
    resource_type: str
    document: dict[str, Any]


def policies(template: Template) -> list[Policy]:
    """The policies of all resources, in the order of the template."""
    return [
        Policy(name, resource["Type"], resolve(document, template))
        for name, resource in template["Resources"].items()
        for document in _documents(resource.get("Properties"))
    ]


def _documents(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _documents(item)
    elif isinstance(value, dict):
        if "Statement" in value:
            yield value
        else:
            for member in value.values():
                yield from _documents(member)
