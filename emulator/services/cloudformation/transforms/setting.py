"""What transforms are carried out with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.scope import Scope


@dataclass(frozen=True)
class Setting:
    """What is there before a document is transformed.

    Attributes:
        scope: The pseudo parameters and the parameters' values.
        snippet: The text of an object in S3, by bucket and key; raises LookupError that says what
            is not there.
        invoke: What the function of a macro answers to a request, by the macro's name and its
            request: any JSON, or None where it fails; raises KeyError where there is no macro.
    """

    scope: Scope
    snippet: Callable[[str, str], str]
    invoke: Callable[[str, Mapping[str, Any]], Any]


def failure(name: str, reason: str) -> TemplateError:
    """A transform that could not be carried out, in AWS's words."""
    return TemplateError([f"Transform {name} failed with: {reason}"])
