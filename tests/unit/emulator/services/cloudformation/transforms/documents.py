"""Documents of the tests, transformed with what each test says S3 and macros have."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from emulator.services.cloudformation.template.parameters import parameter_values
from emulator.services.cloudformation.template.reading import document_of, outline_of
from emulator.services.cloudformation.template.scope import Scope
from emulator.services.cloudformation.transforms.declarations import declared
from emulator.services.cloudformation.transforms.processing import processed
from emulator.services.cloudformation.transforms.setting import Setting
from tests.unit.emulator.services.cloudformation.template.templates import PSEUDO

Macro = Callable[[Mapping[str, Any]], Any]


def transformed(
    text: str | dict[str, Any],
    given: Mapping[str, str] | None = None,
    objects: Mapping[str, str] | None = None,
    macros: Mapping[str, Macro] | None = None,
) -> dict[str, Any]:
    """The document after its transforms; ``objects`` are of S3 by URI, macros by name."""
    body = document_of(text if isinstance(text, str) else json.dumps(text))
    declared(body)
    outline = outline_of(body)
    parameters = parameter_values(outline, given or {})

    def snippet(bucket: str, key: str) -> str:
        return (objects or {})[f"s3://{bucket}/{key}"]

    def invoke(name: str, request: Mapping[str, Any]) -> Any:
        return (macros or {})[name](json.loads(json.dumps(request)))

    return processed(body, Setting(Scope(PSEUDO, parameters=parameters), snippet, invoke))


def extended(text: str, given: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A document in YAML after AWS::LanguageExtensions."""
    return transformed(f"Transform: AWS::LanguageExtensions\n{text}", given)
