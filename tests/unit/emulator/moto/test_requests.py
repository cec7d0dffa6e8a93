from emulator.moto.requests import MotoRequest

AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/iam/aws4_request, "
    "SignedHeaders=host, Signature="
)


def kept(headers: dict[str, str], url: str = "/", body: bytes = b"") -> MotoRequest:
    return MotoRequest.kept("iam", "POST", url, headers, body)


def test_a_kept_request_has_neither_signature_nor_session_token() -> None:
    headers = {"Authorization": f"{AUTHORIZATION}5eed", "X-Amz-Security-Token": "token"}
    assert kept(headers).headers == {"authorization": f"{AUTHORIZATION}0"}


def test_the_operation_of_the_json_protocol_is_in_a_header() -> None:
    assert kept({"X-Amz-Target": "TrentService.CreateKey"}).operation == "CreateKey"


def test_the_operation_of_the_query_protocol_is_a_parameter() -> None:
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert kept(form, body=b"Action=GetRole&RoleName=a").operation == "GetRole"
    assert kept({}, url="/?Action=GetRole&RoleName=a").operation == "GetRole"


def test_the_operation_of_the_cbor_protocol_is_in_the_path() -> None:
    url = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    assert kept({"smithy-protocol": "rpc-v2-cbor"}, url=url).operation == "PutMetricData"


def test_a_request_may_name_no_operation() -> None:
    assert kept({}).operation == ""
