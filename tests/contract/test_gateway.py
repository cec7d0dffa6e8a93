import json
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.exceptions import ClientError

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{service}/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict]:
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_an_operation_that_is_not_emulated_is_a_4xx_that_names_it(client):
    with pytest.raises(ClientError, match="CreateNotebookInstance") as caught:
        client("sagemaker").create_notebook_instance(
            NotebookInstanceName="n",
            InstanceType="ml.t3.medium",
            RoleArn="arn:aws:iam::123456789012:role/r",
        )
    assert caught.value.response["Error"]["Code"] == "UnsupportedByEmulator"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


# One service for each protocol that clients speak.
@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("rds", "describe_db_instances", {}),  # query
        ("route53", "list_hosted_zones", {}),  # rest-xml
        ("glue", "get_databases", {}),  # json
        ("batch", "describe_jobs", {"jobs": ["j"]}),  # rest-json
    ],
)
def test_a_service_that_is_not_emulated_is_a_4xx_that_names_it(
    emulator, service, operation, parameters
):
    message = f"The emulator does not support the service '{service}'."
    with pytest.raises(ClientError) as caught:
        getattr(emulator.client(service), operation)(**parameters)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("UnsupportedByEmulator", message)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "message"),
    [
        # It signs as EventBridge does, which is emulated, and speaks another protocol.
        (
            "eventbridgev2",
            "list_event_buses",
            {},
            "The emulator speaks json as 'events', and not rpc-v2-cbor.",
        ),
        (
            "partnercentral-revenue-measurement",
            "list_marketplace_revenue_shares",
            {"Catalog": "AWS"},
            "The emulator does not support the service 'partnercentral'.",
        ),
    ],
)
def test_a_client_that_speaks_cbor_is_answered_in_cbor(
    emulator, service, operation, parameters, message
):
    with pytest.raises(ClientError) as caught:
        getattr(emulator.client(service), operation)(**parameters)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("UnsupportedByEmulator", message)


def test_all_faults_of_a_request_come_in_one_answer(client):
    with pytest.raises(ClientError) as caught:
        client("sagemaker").update_model_package(
            ModelPackageArn="nothing", ModelApprovalStatus="Perhaps"
        )
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith("2 validation errors detected: Value 'nothing' at ")
    assert "'modelApprovalStatus' failed to satisfy constraint: Member must" in error["Message"]


def test_a_body_that_is_not_json_is_refused(emulator):
    headers = {
        "Authorization": SIGNED.format(service="sagemaker"),
        "X-Amz-Target": "SageMaker.ListModels",
        "Content-Type": "application/x-amz-json-1.1",
    }
    status, body = post(emulator.url, b"{nonsense", headers)
    assert status == 400
    assert body["__type"] == "SerializationException"
    status, body = post(emulator.url, b"[]", headers)
    assert (status, body["__type"]) == (400, "SerializationException")


def test_an_operation_that_aws_does_not_know_is_refused(emulator):
    headers = {
        "Authorization": SIGNED.format(service="sagemaker"),
        "X-Amz-Target": "SageMaker.MakeCoffee",
        "Content-Type": "application/x-amz-json-1.1",
    }
    status, body = post(emulator.url, b"{}", headers)
    assert status == 400
    assert body["__type"] == "UnknownOperationException"
    assert "MakeCoffee" in body["message"]


def test_a_request_without_a_signature_is_refused(emulator):
    status, body = post(emulator.url, b"{}", {"X-Amz-Target": "SageMaker.ListModels"})
    assert status == 403
    assert body["__type"] == "MissingAuthenticationToken"


def test_a_request_signed_for_another_region_is_refused(emulator):
    elsewhere = boto3.client(
        "sagemaker",
        endpoint_url=emulator.url,
        region_name="eu-central-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    with pytest.raises(ClientError, match="us-east-1.*AWS_DEFAULT_REGION") as caught:
        elsewhere.list_models()
    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_tags_are_kept_by_arn(client, unique):
    sagemaker = client("sagemaker")
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:model/{unique('model')}"
    sagemaker.add_tags(
        ResourceArn=arn, Tags=[{"Key": "team", "Value": "a"}, {"Key": "stage", "Value": "dev"}]
    )
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "b"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["stage"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "b"}]


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:4768"},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
def test_a_web_page_cannot_call_the_emulator(emulator, header):
    signed = SIGNED.format(service="sagemaker")
    status, body = post(
        emulator.url,
        b"{}",
        {"Authorization": signed, "X-Amz-Target": "SageMaker.ListModels", **header},
    )
    assert status == 403
    assert body["__type"] == "AccessDeniedException"
    assert next(iter(header.values())) in body["message"]


def test_only_s3_takes_a_signature_in_the_address(emulator):
    query = "X-Amz-Credential=local/20260101/us-east-1/lambda/aws4_request"
    status, body = post(f"{emulator.url}/2015-03-31/functions/f/invocations?{query}", b"{}", {})
    assert status == 403
    assert body["__type"] == "MissingAuthenticationToken"
