"""Properties of resources against the schema of their type, with AWS's messages."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError

from emulator.services.cloudformation.schemas.coercion import coerced
from emulator.services.cloudformation.schemas.keywords import KEYWORDS
from emulator.services.cloudformation.schemas.types import schema


def property_faults(type_name: str, properties: Mapping[str, Any]) -> list[str]:
    """What is wrong with resolved properties, each fault with its pointer, in AWS's wording.

    What is Unknown passes. Source: the messages of CloudFormation's "Properties validation failed
    for resource", which are those of its public validator (cloudformation-resource-schema).

    Raises:
        KeyError: There is no such type.
    """
    known = schema(type_name)
    made = coerced(type_name, properties)
    faults = [
        f"#: extraneous key [{name}] is not permitted, as the service sets it"
        for name in known.read_only
        if name in made and name not in known.create_only
    ]
    for error in _validator(type_name).iter_errors(made):
        faults.extend(_told(error))
    return sorted(dict.fromkeys(faults))


@cache
def _validator(type_name: str) -> Any:
    validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, KEYWORDS)
    return validator(schema(type_name).document)


def _told(error: ValidationError) -> list[str]:
    pointer = "#" + "".join(f"/{part}" for part in error.absolute_path)
    keyword = str(error.validator)
    if keyword in ("anyOf", "oneOf") and error.context:
        return [f"{pointer}: {_choice(error)}"]
    if keyword in _MESSAGES:
        return [f"{pointer}: {_MESSAGES[keyword](error)}"]
    if keyword in KEYWORDS:
        return [f"{pointer}: {error.message}"]
    # The library's own message would show the value, which may be a secret.
    return [f"{pointer}: failed validation constraint for keyword [{keyword}]"]


def _choice(error: ValidationError) -> str:
    within = "; ".join(dict.fromkeys(text for part in error.context for text in _told(part)))
    total = len(error.validator_value)
    return f"no subschema matched out of the total {total} subschemas: {within}"


_MESSAGES: Mapping[str, Callable[[ValidationError], str]] = {
    "maxItems": lambda e: (
        f"expected maximum item count: {e.validator_value}, found: {len(e.instance)}"
    ),
    "maxLength": lambda e: f"expected maxLength: {e.validator_value}, actual: {len(e.instance)}",
    "maximum": lambda e: f"{e.instance} is not less or equal to {e.validator_value}",
    "minItems": lambda e: (
        f"expected minimum item count: {e.validator_value}, found: {len(e.instance)}"
    ),
    "minLength": lambda e: f"expected minLength: {e.validator_value}, actual: {len(e.instance)}",
    "minimum": lambda e: f"{e.instance} is not greater or equal to {e.validator_value}",
    "uniqueItems": lambda _: "array items are not unique",
}
