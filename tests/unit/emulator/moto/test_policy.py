import json

import pytest

from emulator.errors import AwsError
from emulator.moto.policy import changes_state, check_supported
from emulator.moto.requests import MotoRequest


def request(service: str, operation: str, **parameters: object) -> MotoRequest:
    headers = {"x-amz-target": f"Any.{operation}"}
    return MotoRequest(service, "POST", "/", headers, json.dumps(parameters).encode())


@pytest.mark.parametrize(
    ("operation", "status", "body", "expected"),
    [
        ("CreateKey", 200, b"{}", True),
        ("PutParameter", 200, b"{}", True),
        ("CreateKey", 400, b"{}", False),  # it failed, so nothing changed
        ("GetParameter", 200, b"{}", False),
        ("ListKeys", 200, b"{}", False),
        ("Decrypt", 200, b"{}", False),
        ("ReceiveMessage", 200, b'{"Messages": [{"ReceiptHandle": "a"}]}', True),
        ("ReceiveMessage", 200, b"{}", False),  # a consumer that polls must not fill the disk
    ],
)
def test_only_what_changes_state_is_kept(
    operation: str, status: int, body: bytes, expected: bool
) -> None:
    assert changes_state(request("any", operation), (status, (), body)) is expected


@pytest.mark.parametrize("parameters", [{}, {"KeySpec": "SYMMETRIC_DEFAULT"}])
def test_symmetric_keys_can_be_made(parameters: dict[str, str]) -> None:
    check_supported(request("kms", "CreateKey", **parameters))


@pytest.mark.parametrize("member", ["KeySpec", "CustomerMasterKeySpec"])
def test_other_keys_are_refused_because_they_would_not_last(member: str) -> None:
    with pytest.raises(AwsError, match="ECC_NIST_P256") as caught:
        check_supported(request("kms", "CreateKey", **{member: "ECC_NIST_P256"}))
    assert (caught.value.code, caught.value.status) == ("UnsupportedByEmulator", 400)
