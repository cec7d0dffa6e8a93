"""The checking function in Lambda: created, updated, or left alone."""

import base64
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from model_deploy.check_function import Function, ensure, pack
from tests.unit.pipelines.aws_in_memory import Client, client_error

FUNCTION = Function("check", "arn:aws:iam::123456789012:role/name", "python3.12", 60, b"code")


class Lambda(Client):
    """Waits for nothing: what it would wait for is asked of Lambda itself."""

    def __init__(self, **answers: Any) -> None:
        super().__init__("lambda", answers)
        self.waited: list[str] = []

    def get_waiter(self, name: str) -> "Lambda":
        self.waited.append(name)
        return self

    def wait(self, **request: str) -> None:
        assert request == {"FunctionName": "check"}


def existing(**members: Any) -> dict[str, Any]:
    configuration = {
        "Runtime": FUNCTION.runtime,
        "Role": FUNCTION.role_arn,
        "Handler": "handler.handle",
        "Timeout": FUNCTION.timeout_seconds,
        "CodeSha256": base64.b64encode(hashlib.sha256(FUNCTION.code).digest()).decode(),
    }
    return {"Configuration": configuration | members}


def test_a_missing_function_is_created_and_waited_for() -> None:
    missing = client_error("ResourceNotFoundException", "Function not found", "GetFunction")
    client = Lambda(get_function=missing, create_function={})
    assert ensure(client, FUNCTION) == "Created"
    (request,) = client.requests_of("create_function")
    assert request["Code"] == {"ZipFile": b"code"}
    assert request["Handler"] == "handler.handle"
    assert client.waited == ["function_active_v2"]


def test_the_same_function_is_left_alone() -> None:
    client = Lambda(get_function=existing())
    assert ensure(client, FUNCTION) == "Unchanged"
    assert [name for name, _ in client.requests] == ["get_function"]


def test_other_code_is_uploaded() -> None:
    client = Lambda(get_function=existing(CodeSha256="old"), update_function_code={})
    assert ensure(client, FUNCTION) == "Updated"
    assert client.requests_of("update_function_code")[0]["ZipFile"] == b"code"
    assert client.waited == ["function_updated_v2"]


def test_another_timeout_is_configured() -> None:
    client = Lambda(get_function=existing(Timeout=3), update_function_configuration={})
    assert ensure(client, FUNCTION) == "Updated"
    assert client.requests_of("update_function_configuration") == [
        {"FunctionName": "check", "Timeout": 60}
    ]


def test_a_refusal_is_not_taken_for_a_missing_function() -> None:
    denied = client_error("AccessDeniedException", "no", "GetFunction")
    with pytest.raises(type(denied)):
        ensure(Lambda(get_function=denied), FUNCTION)


def test_the_same_files_give_the_same_archive(tmp_path: Path) -> None:
    (tmp_path / "handler.py").write_text("x = 1\n", "utf-8")
    (tmp_path / "notes.txt").write_text("left out", "utf-8")
    first = pack(tmp_path)
    (tmp_path / "handler.py").touch()
    assert pack(tmp_path) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == ["handler.py"]
        assert archive.getinfo("handler.py").external_attr >> 16 == 0o644
