"""Lambda: functions and the permissions to invoke them."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources.inline_code import CFNRESPONSE
from emulator.services.cloudformation.resources.provider import (
    Naming,
    Provider,
    ResourceFailed,
    Work,
    by_name,
)
from emulator.services.cloudformation.resources.tagging import retag

_CONFIGURATION = (
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "VpcConfig",
    "Environment",
    "TracingConfig",
    "EphemeralStorage",
    "LoggingConfig",
    "Layers",
    "FileSystemConfigs",
    "DeadLetterConfig",
    "ImageConfig",
)
_AT_CREATION = ("Architectures", "PackageType")
_PERMISSION = (
    "FunctionName",
    "Action",
    "Principal",
    "SourceArn",
    "SourceAccount",
    "EventSourceToken",
    "FunctionUrlAuthType",
    "PrincipalOrgID",
)
# Any moment will do, as long as the same text makes the same zip.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def _code(work: Work) -> dict[str, Any]:
    """The code as the API takes it: the template's ZipFile is the text of a module named index."""
    code = dict(work.properties["Code"])
    if "ZipFile" in code:
        runtime = str(work.properties.get("Runtime", ""))
        if not runtime.startswith("python"):
            raise ResourceFailed(f"Inline code is emulated for Python alone, not for {runtime}.")
        code["ZipFile"] = _zip({"index.py": code["ZipFile"], "cfnresponse.py": CFNRESPONSE})
    return code


def _zip(files: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), text)
    return content.getvalue()


def _create_function(work: Work) -> str:
    work.call(
        "lambda",
        "CreateFunction",
        FunctionName=work.name,
        Code=_code(work),
        **work.given(*_CONFIGURATION, *_AT_CREATION, "KmsKeyArn"),
        Tags=dict(work.tags),
    )
    return work.name


def _update_function(work: Work) -> None:
    function = {"FunctionName": work.physical_id}
    if work.has_changed("Code", "Architectures"):
        code = _code(work) | work.given("Architectures")
        work.call("lambda", "UpdateFunctionCode", **function, **code)
    if work.has_changed(*_CONFIGURATION, "KmsKeyArn"):
        work.call(
            "lambda",
            "UpdateFunctionConfiguration",
            **function,
            **_defaults(work),
            **work.given(*_CONFIGURATION, "KmsKeyArn"),
        )
    arn = _function_attributes(work)["Arn"]
    retag(work, "lambda", {"Resource": arn}, as_map=True)


def _defaults(work: Work) -> dict[str, Any]:
    """What a function has that the template says nothing of any more."""
    defaults = {
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Environment": {},
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
    }
    return {
        name: value
        for name, value in defaults.items()
        if name in work.before and name not in work.properties
    }


def _delete_function(work: Work) -> None:
    work.call("lambda", "DeleteFunction", FunctionName=work.physical_id)


def _function_attributes(work: Work) -> Mapping[str, Any]:
    answer = work.call("lambda", "GetFunction", FunctionName=work.physical_id)
    configuration = answer["Configuration"]
    snap_start = configuration.get("SnapStart", {})
    return {"Arn": configuration["FunctionArn"], "SnapStartResponse": snap_start}


def _create_permission(work: Work) -> str:
    work.call("lambda", "AddPermission", StatementId=work.name, **work.given(*_PERMISSION))
    return work.name


def _delete_permission(work: Work) -> None:
    work.call(
        "lambda",
        "RemovePermission",
        FunctionName=work.properties["FunctionName"],
        StatementId=work.physical_id,
    )


PROVIDERS: Mapping[str, Provider] = {
    "AWS::Lambda::Function": Provider(
        properties=frozenset(
            {"FunctionName", "Code", "KmsKeyArn", "Tags", *_CONFIGURATION, *_AT_CREATION}
        ),
        create=_create_function,
        update=_update_function,
        delete=_delete_function,
        attributes=_function_attributes,
        naming=Naming("FunctionName", 64),
        identity=by_name,
    ),
    "AWS::Lambda::Permission": Provider(
        properties=frozenset(_PERMISSION),
        create=_create_permission,
        delete=_delete_permission,
        attributes=lambda work: {"Id": work.physical_id},
        naming=Naming("", 100),
    ),
}
