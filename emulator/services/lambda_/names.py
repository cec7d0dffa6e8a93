"""How a function is named: bare, by a part of its ARN or by all of it, with a qualifier or not."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError

KIND = "Function"
LATEST = "$LATEST"
# Source: the Lambda API reference, CreateFunction: "the length constraint ... is 64 characters".
NAME_CHARACTERS_AT_MOST = 64


def function_arn(context: Context, name: str) -> str:
    """The ARN of the function without a qualifier."""
    settings = context.settings
    return f"arn:aws:lambda:{settings.region}:{settings.account_id}:function:{name}"


def name_and_qualifier(reference: str) -> tuple[str, str | None]:
    """The two parts of ``name``, ``name:qualifier``, ``account:function:name`` or an ARN.

    Source: the Lambda API reference, name formats of the parameter FunctionName.
    """
    parts = reference.split(":")
    if "function" in parts[:-1]:
        parts = parts[parts.index("function") + 1 :]
    return parts[0], parts[1] if len(parts) > 1 else None


def existing_function(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """The document of the function that a request names by FunctionName and Qualifier.

    Raises:
        AwsError: ResourceNotFoundException for an unknown function, and for any version but
            ``$LATEST``, since the emulator publishes none.
    """
    name, qualifier = name_and_qualifier(request["FunctionName"])
    qualifier = request.get("Qualifier", qualifier)
    document = context.store.get(KIND, name)
    if document is None or qualifier not in (None, LATEST):
        arn = function_arn(context, name) + (f":{qualifier}" if qualifier else "")
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404)
    return document


def invalid_parameter(message: str) -> AwsError:
    """Lambda's answer to a value that it cannot use."""
    return AwsError("InvalidParameterValueException", message)
