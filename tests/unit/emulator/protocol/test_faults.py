import pytest
from botocore.parsers import create_parser
from botocore.session import get_session

from emulator.errors import AwsError
from emulator.protocol.faults import fault

ERROR = AwsError("UnsupportedByEmulator", "<operation> & all of 'it' " + "x" * 400)


# botocore's own parsers are the clients' side of each protocol.
@pytest.mark.parametrize(
    ("protocol", "headers", "otherwise"),
    [
        ("query", {}, "query"),
        ("ec2", {}, "ec2"),
        ("rest-xml", {}, "rest-xml"),
        ("rest-json", {}, "rest-json"),
        ("json", {"x-amz-target": "TrentService.CreateKey"}, "query"),
        ("smithy-rpc-v2-cbor", {"smithy-protocol": "rpc-v2-cbor"}, "rest-json"),
    ],
)
@pytest.mark.parametrize("message", [ERROR.message, "short", "m" * 100])
def test_clients_find_code_and_message(
    protocol: str, headers: dict[str, str], otherwise: str, message: str
) -> None:
    answer = fault(headers, AwsError("UnsupportedByEmulator", message), otherwise)
    shape = get_session().get_service_model("kms").operation_model("CreateKey").output_shape
    response = {
        "status_code": answer.status,
        "headers": dict(answer.headers),
        "body": answer.body,
    }
    parsed = create_parser(protocol).parse(response, shape)
    assert parsed["Error"]["Code"] == "UnsupportedByEmulator"
    assert parsed["Error"]["Message"] == message
    assert answer.status == 400
