import pytest
from botocore.parsers import create_parser
from botocore.session import get_session

from emulator.errors import AwsError
from emulator.moto.faults import fault
from emulator.moto.requests import MotoRequest

ERROR = AwsError("UnsupportedByEmulator", "<operation> & all of 'it' " + "x" * 400)


# botocore's own parsers are the clients' side of each protocol.
@pytest.mark.parametrize(
    ("protocol", "headers"),
    [
        ("query", {}),
        ("json", {"x-amz-target": "TrentService.CreateKey"}),
        ("smithy-rpc-v2-cbor", {"smithy-protocol": "rpc-v2-cbor"}),
    ],
)
@pytest.mark.parametrize("message", [ERROR.message, "short", "m" * 100])
def test_clients_find_code_and_message(
    protocol: str, headers: dict[str, str], message: str
) -> None:
    request = MotoRequest("kms", "POST", "/", headers, b"")
    status, answered, body = fault(request, AwsError("UnsupportedByEmulator", message))
    shape = get_session().get_service_model("kms").operation_model("CreateKey").output_shape
    response = {"status_code": status, "headers": dict(answered), "body": body}
    parsed = create_parser(protocol).parse(response, shape)
    assert parsed["Error"]["Code"] == "UnsupportedByEmulator"
    assert parsed["Error"]["Message"] == message
    assert status == 400
