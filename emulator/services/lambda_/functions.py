"""Functions: their configuration, from creation to deletion."""

import re
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from emulator import moto
from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError, unsupported, validation_error
from emulator.page_tokens import NotOurs, entry_before, token_after
from emulator.services.lambda_.code import (
    Code,
    code_location,
    drop_code,
    functions_with_code,
    keep_code,
    last_modified,
    read_code,
)
from emulator.services.lambda_.names import (
    KIND,
    LATEST,
    NAME_CHARACTERS_AT_MOST,
    existing_function,
    function_arn,
    invalid_parameter,
    name_and_qualifier,
)
from emulator.services.lambda_.networks import vpc_faults, vpc_members

_LIST = "ListFunctions"
_SETTINGS = (
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "KMSKeyArn",
    "TracingConfig",
    "EphemeralStorage",
    "LoggingConfig",
    "Architectures",
)
_UNSUPPORTED = (
    "Layers",
    "FileSystemConfigs",
    "CodeSigningConfigArn",
    "ImageConfig",
    "DeadLetterConfig",
    "TenancyConfig",
    "CapacityProviderConfig",
    "DurableConfig",
    "AcceleratorConfig",
    "Publish",
)
# Source: the Lambda developer guide, "Defined runtime environment variables".
_RESERVED_VARIABLES = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
}

# A function and its code are two things on the disk: who makes, changes or removes both is alone.
_CHANGING_CODE = threading.Lock()


@blocking
def create_function(context: Context, request: Request) -> Answer:
    """Unpack the zip and keep the function; it can be invoked when this returns.

    Raises:
        AwsError: ResourceConflictException for a name that is taken;
            InvalidParameterValueException for what Lambda cannot use.
    """
    _check(context, request)
    missing = [member for member in ("Runtime", "Handler") if member not in request]
    if missing:
        raise invalid_parameter(
            f"{' and '.join(missing)} are mandatory parameters for functions created with"
            " deployment packages."
        )
    name, _ = name_and_qualifier(request["FunctionName"])
    if len(name) > NAME_CHARACTERS_AT_MOST:
        raise validation_error(
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy "
            f"constraint: Member must have length less than or equal to {NAME_CHARACTERS_AT_MOST}"
        )
    with _CHANGING_CODE:
        if context.store.get(KIND, name) is not None:
            message = f"Function already exist: {name}"
            raise AwsError("ResourceConflictException", message, 409)
        code = read_code(context, request["Code"])
        keep_code(context, name, code)
        document = _new_document(context, name, request) | _code_members(code)
        context.store.insert(KIND, name, document)
    return document


def _new_document(context: Context, name: str, request: Request) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
        "Architectures": ["x86_64"],
    }
    return {
        **defaults,
        **_settings(context, request),
        "FunctionName": name,
        "FunctionArn": function_arn(context, name),
        "Version": LATEST,
        "PackageType": "Zip",
        "State": "Active",
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "_Tags": request.get("Tags", {}),
        "_Statements": [],
        **_revision(context),
    }


def _settings(context: Context, request: Request) -> dict[str, Any]:
    """The settings that the request names, as a function shows them."""
    return {
        **{key: request[key] for key in _SETTINGS if key in request},
        **vpc_members(context, request.get("VpcConfig")),
    }


def _code_members(code: Code) -> dict[str, Any]:
    return {"CodeSize": len(code.content), "CodeSha256": code.sha256, "_Digest": code.digest}


def _revision(context: Context) -> dict[str, Any]:
    return {
        "LastModified": last_modified(context.clock()),
        "RevisionId": str(uuid.uuid4()),
        "LastUpdateStatus": "Successful",
    }


def _check(context: Context, request: Request) -> None:
    found = [member for member in _UNSUPPORTED if request.get(member)]
    if request.get("PackageType") == "Image":
        found.append("PackageType Image")
    runtime = request.get("Runtime")
    if runtime is not None and not runtime.startswith("python3"):
        found.append(f"Runtime {runtime} (python3.x runs here, on Python {sys.version.split()[0]})")
    if found:
        raise unsupported(f"Functions with {', '.join(found)} are not emulated.")
    faults = [
        *_role_faults(context, request),
        *vpc_faults(context, request.get("VpcConfig")),
        *_setting_faults(request),
    ]
    if faults:
        raise invalid_parameter(" ".join(faults))


def _role_faults(context: Context, request: Request) -> list[str]:
    role_arn = request.get("Role")
    if role_arn is None or moto.role_exists(context, role_arn):
        return []
    return [
        f"The role defined for the function cannot be assumed by Lambda. ({role_arn}) "
        f"{moto.which_roles(context)}"
    ]


def _setting_faults(request: Request) -> list[str]:
    faults = []
    handler = request.get("Handler")
    if handler is not None and not re.fullmatch(r"[^\s.]+(\.[^\s.]+)+", handler):
        faults.append(
            f"Handler {handler!r} does not name a function: expected module.function,"
            " such as lambda_function.lambda_handler."
        )
    group = request.get("LoggingConfig", {}).get("LogGroup", "")
    if ".." in group.split("/"):
        faults.append(f"LogGroup {group!r} is not the name of a log group.")
    variables = request.get("Environment", {}).get("Variables", {})
    reserved = sorted(_RESERVED_VARIABLES & variables.keys())
    if reserved:
        faults.append(
            "Lambda was unable to configure your environment variables because the environment"
            " variables you have provided contains reserved keys that are currently not supported"
            f" for modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
    return faults


def _update(
    context: Context, request: Request, change: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    name = existing_function(context, request)["FunctionName"]

    def checked(document: dict[str, Any]) -> None:
        if request.get("RevisionId", document["RevisionId"]) != document["RevisionId"]:
            raise AwsError(
                "PreconditionFailedException",
                "The Revision Id provided does not match the latest Revision Id. Call the"
                " GetFunction/GetAlias API to retrieve the latest Revision Id",
                412,
            )
        change(document)
        document |= _revision(context)

    return context.store.update(KIND, name, checked)


@blocking
def update_function_code(context: Context, request: Request) -> Answer:
    """Replace the code; invocations under way end with the code they began with."""
    _check(context, request)
    with _CHANGING_CODE:
        function = existing_function(context, request)
        code = read_code(context, request)
        if request.get("DryRun"):
            return function | _code_members(code)
        keep_code(context, function["FunctionName"], code)
        architectures = {k: request[k] for k in ("Architectures",) if k in request}
        return _update(
            context, request, lambda document: document.update(_code_members(code) | architectures)
        )


@blocking
def update_function_configuration(context: Context, request: Request) -> Answer:
    """Replace the settings that the request names."""
    _check(context, request)
    changes = _settings(context, request)
    return _update(context, request, lambda document: document.update(changes))


def get_function(context: Context, request: Request) -> Answer:
    """The configuration, the tags, and where the code can be fetched."""
    document = existing_function(context, request)
    location = code_location(context, document["FunctionName"], document["_Digest"])
    answer = {
        "Configuration": _public(document),
        "Code": {"RepositoryType": "S3", "Location": location},
    }
    return answer | ({"Tags": document["_Tags"]} if document["_Tags"] else {})


def get_function_configuration(context: Context, request: Request) -> Answer:
    """The configuration alone."""
    return existing_function(context, request)


def list_functions(context: Context, request: Request) -> Answer:
    """The functions by name, at most 50 a page."""
    after = _name_before(request["Marker"]) if "Marker" in request else ""
    documents = sorted(context.store.list(KIND), key=lambda document: document["FunctionName"])
    rest = [document for document in documents if document["FunctionName"] > after]
    size = min(int(request.get("MaxItems", 50)), 50)
    answer: Answer = {"Functions": [_public(document) for document in rest[:size]]}
    if len(rest) > size:
        answer["NextMarker"] = token_after(_LIST, rest[size - 1]["FunctionName"])
    return answer


def _name_before(marker: str) -> str:
    try:
        return entry_before(_LIST, marker)
    except NotOurs as error:
        raise invalid_parameter(f"Marker {marker!r} is none that {_LIST} gave.") from error


def list_versions_by_function(context: Context, request: Request) -> Answer:
    """The one version there is: ``$LATEST``."""
    document = _public(existing_function(context, request))
    arn = f"{document['FunctionArn']}:{LATEST}"
    return {"Versions": [document | {"FunctionArn": arn}]}


@blocking
def delete_function(context: Context, request: Request) -> Answer:
    """Remove the function and its code."""
    with _CHANGING_CODE:
        name = existing_function(context, request)["FunctionName"]
        context.store.delete(KIND, name)
        drop_code(context, name)
    return {"StatusCode": 204}


def recover(context: Context) -> None:
    """Remove the code that no function has any more: no invocation is under way at the start."""
    digests = {each["FunctionName"]: each["_Digest"] for each in context.store.list(KIND)}
    for name in functions_with_code(context):
        drop_code(context, name, digests.get(name))


def _public(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if not key.startswith("_")}


OPERATIONS: Mapping[str, Handler] = {
    "CreateFunction": create_function,
    "UpdateFunctionCode": update_function_code,
    "UpdateFunctionConfiguration": update_function_configuration,
    "GetFunction": get_function,
    "GetFunctionConfiguration": get_function_configuration,
    "ListFunctions": list_functions,
    "ListVersionsByFunction": list_versions_by_function,
    "DeleteFunction": delete_function,
}
