"""The Lambda function that checks an endpoint: created, or updated when its code has changed."""

import base64
import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

_HANDLER = "handler.handle"
# The first moment that a zip archive can name: the same files give the same archive.
_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Function:
    """What the function is to be."""

    name: str
    role_arn: str
    runtime: str
    timeout_seconds: int
    code: bytes

    @property
    def code_sha256(self) -> str:
        """The hash as Lambda tells it."""
        return base64.b64encode(hashlib.sha256(self.code).digest()).decode("ascii")


def pack(directory: Path) -> bytes:
    """The Python files of a directory as a zip archive, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(directory.rglob("*.py")):
            member = zipfile.ZipInfo(path.relative_to(directory).as_posix(), _TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            # Lambda runs the code as another user, who must be able to read it.
            member.external_attr = 0o644 << 16
            archive.writestr(member, path.read_bytes())
    return buffer.getvalue()


def ensure(client: Any, function: Function) -> str:
    """Makes the function what it is to be; "Created", "Updated" or "Unchanged"."""
    try:
        existing = client.get_function(FunctionName=function.name)["Configuration"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        _create(client, function)
        return "Created"
    changes = _configuration_changes(existing, function)
    if changes:
        client.update_function_configuration(FunctionName=function.name, **changes)
        client.get_waiter("function_updated_v2").wait(FunctionName=function.name)
    if existing["CodeSha256"] != function.code_sha256:
        client.update_function_code(FunctionName=function.name, ZipFile=function.code)
        client.get_waiter("function_updated_v2").wait(FunctionName=function.name)
        return "Updated"
    return "Updated" if changes else "Unchanged"


def _create(client: Any, function: Function) -> None:
    client.create_function(
        FunctionName=function.name,
        Runtime=function.runtime,
        Role=function.role_arn,
        Handler=_HANDLER,
        Code={"ZipFile": function.code},
        Timeout=function.timeout_seconds,
        Description="Asks a deployed SageMaker endpoint one question and judges the answer.",
    )
    client.get_waiter("function_active_v2").wait(FunctionName=function.name)


def _configuration_changes(existing: dict[str, Any], function: Function) -> dict[str, Any]:
    wanted = {
        "Runtime": function.runtime,
        "Role": function.role_arn,
        "Handler": _HANDLER,
        "Timeout": function.timeout_seconds,
    }
    return {name: value for name, value in wanted.items() if existing.get(name) != value}
