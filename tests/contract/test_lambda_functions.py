"""Lambda functions: created from a zip, changed, listed and deleted through boto3."""

import base64
import hashlib
import io
import json
import urllib.request
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN, EmulatorProcess


def zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + ".py", text)
    return content.getvalue()


CODE = zipped(app="def handler(event, context):\n    return 'one'\n")


@pytest.fixture
def functions(client: Callable[[str], Any]) -> Any:
    return client("lambda")


def create(functions: Any, name: str, code: bytes = CODE, **members: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "Runtime": "python3.13",
        "Role": ROLE_ARN,
        "Handler": "app.handler",
        "Code": {"ZipFile": code},
    }
    answer: dict[str, Any] = functions.create_function(FunctionName=name, **settings | members)
    return answer


def test_a_new_function_is_described_with_lambdas_defaults(
    functions: Any, unique: Callable[[str], str]
) -> None:
    # Source: the API reference of CreateFunction: Timeout 3, MemorySize 128, x86_64.
    name = unique("function")
    created = create(functions, name)

    found = functions.get_function_configuration(FunctionName=name)

    assert created["FunctionArn"] == f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    assert found["Timeout"] == 3
    assert found["MemorySize"] == 128
    assert found["Architectures"] == ["x86_64"]
    assert found["State"] == "Active"
    assert found["CodeSize"] == len(CODE)
    assert found["CodeSha256"] == base64.b64encode(hashlib.sha256(CODE).digest()).decode()


@pytest.mark.parametrize(
    "form", ["{name}", "123456789012:function:{name}", "{arn}", "{arn}:$LATEST", "{name}:$LATEST"]
)
def test_a_function_is_found_by_each_form_of_its_name(
    functions: Any, unique: Callable[[str], str], form: str
) -> None:
    name = unique("function")
    arn = create(functions, name)["FunctionArn"]

    found = functions.get_function_configuration(FunctionName=form.format(name=name, arn=arn))

    assert found["FunctionName"] == name


def test_the_code_can_be_fetched_from_where_get_function_says(
    functions: Any, unique: Callable[[str], str]
) -> None:
    name = unique("function")
    create(functions, name, Tags={"team": "books"})

    answer = functions.get_function(FunctionName=name)
    with urllib.request.urlopen(answer["Code"]["Location"]) as response:
        content = response.read()

    assert content == CODE
    assert answer["Tags"] == {"team": "books"}


def test_code_can_come_from_s3(
    functions: Any, client: Callable[[str], Any], bucket: str, unique: Callable[[str], str]
) -> None:
    name = unique("function")
    client("s3").put_object(Bucket=bucket, Key="code.zip", Body=CODE)

    create(functions, name, Code={"S3Bucket": bucket, "S3Key": "code.zip"})

    assert json.loads(functions.invoke(FunctionName=name)["Payload"].read()) == "one"


def test_new_code_runs_after_an_update(functions: Any, unique: Callable[[str], str]) -> None:
    name = unique("function")
    create(functions, name)

    answer = functions.update_function_code(
        FunctionName=name, ZipFile=zipped(app="def handler(event, context):\n    return 'two'\n")
    )

    assert answer["LastUpdateStatus"] == "Successful"
    assert json.loads(functions.invoke(FunctionName=name)["Payload"].read()) == "two"


def test_an_updated_configuration_keeps_what_it_does_not_name(
    functions: Any, unique: Callable[[str], str]
) -> None:
    name = unique("function")
    create(functions, name, Timeout=7)

    functions.update_function_configuration(FunctionName=name, MemorySize=256)

    found = functions.get_function_configuration(FunctionName=name)
    assert (found["Timeout"], found["MemorySize"]) == (7, 256)


def test_an_update_of_an_old_revision_is_refused(
    functions: Any, unique: Callable[[str], str]
) -> None:
    name = unique("function")
    revision = create(functions, name)["RevisionId"]
    functions.update_function_configuration(FunctionName=name, Timeout=4, RevisionId=revision)

    with pytest.raises(functions.exceptions.PreconditionFailedException):
        functions.update_function_configuration(FunctionName=name, Timeout=5, RevisionId=revision)

    assert functions.get_function_configuration(FunctionName=name)["Timeout"] == 4


def test_functions_are_listed(functions: Any, unique: Callable[[str], str]) -> None:
    names = {unique("function"), unique("function")}
    for name in names:
        create(functions, name)

    pages = functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 1})
    found = [function["FunctionName"] for page in pages for function in page["Functions"]]

    assert names <= set(found)
    assert found == sorted(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("marker", ["a-function", "YWZ0ZXI6eA", "YWZ0ZXI6eA==\n"])
def test_a_marker_that_was_not_given_is_refused(functions: Any, marker: str) -> None:
    with pytest.raises(ClientError) as caught:
        functions.list_functions(Marker=marker)

    # Source: https://github.com/floci-io/floci/pull/2817: Lambda takes only what it has given.
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert repr(marker) in caught.value.response["Error"]["Message"]


def test_a_deleted_function_is_not_found(functions: Any, unique: Callable[[str], str]) -> None:
    name = unique("function")
    create(functions, name)
    functions.delete_function(FunctionName=name)

    with pytest.raises(functions.exceptions.ResourceNotFoundException) as caught:
        functions.get_function(FunctionName=name)

    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    assert caught.value.response["Error"]["Message"] == f"Function not found: {arn}"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_name_has_at_most_64_characters(functions: Any) -> None:
    """Source: CreateFunction, FunctionName: the name alone "is limited to 64 characters"."""
    with pytest.raises(ClientError, match="'functionName' .* less than or equal to 64") as caught:
        create(functions, "a" * 65)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_function(FunctionName="a" * 65)


def test_a_taken_name_is_a_resource_conflict(functions: Any, unique: Callable[[str], str]) -> None:
    # Source: Lambda's own message, "Function already exist: NAME".
    name = unique("function")
    create(functions, name)

    with pytest.raises(functions.exceptions.ResourceConflictException) as caught:
        create(functions, name)

    assert caught.value.response["Error"]["Message"] == f"Function already exist: {name}"


def archive_with(name: str, mode: int = 0o100644) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, "../../etc/passwd")
    return content.getvalue()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (b"not a zip", "Could not unzip uploaded file"),
        (b"", "Uploaded file must be a non-empty zip"),
        (archive_with("../outside.py"), "'../outside.py'"),
        (archive_with("/absolute.py"), "'/absolute.py'"),
        (archive_with("link", 0o120777), "'link'"),
        (CODE[:40], "Could not unzip uploaded file"),
    ],
    # A zip holds the time that it was made at: as part of a test's name it would differ by worker.
    ids=["no zip", "empty", "relative", "absolute", "link", "cut off"],
)
def test_a_zip_that_cannot_be_unpacked_safely_makes_no_function(
    functions: Any, unique: Callable[[str], str], code: bytes, said: str
) -> None:
    name = unique("function")
    with pytest.raises(functions.exceptions.InvalidParameterValueException) as caught:
        create(functions, name, code)

    assert said in caught.value.response["Error"]["Message"]
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_function(FunctionName=name)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"Role": "arn:aws:iam::123456789012:role/nobody"}, "cannot be assumed by Lambda"),
        ({"Handler": "nodot"}, "'nodot' does not name a function"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "Reserved keys used in this request"),
        ({"LoggingConfig": {"LogGroup": "../../outside"}}, "'../../outside'"),
        ({"Code": {"S3Bucket": "no-such-bucket-1", "S3Key": "k"}}, "NoSuchBucket"),
    ],
)
def test_settings_that_lambda_cannot_use_are_refused(
    functions: Any, unique: Callable[[str], str], members: dict[str, Any], said: str
) -> None:
    with pytest.raises(functions.exceptions.InvalidParameterValueException) as caught:
        create(functions, unique("function"), **members)

    assert said in caught.value.response["Error"]["Message"]


def test_all_faults_of_the_settings_are_said_at_once(
    functions: Any, unique: Callable[[str], str]
) -> None:
    with pytest.raises(functions.exceptions.InvalidParameterValueException) as caught:
        create(
            functions,
            unique("function"),
            Role="arn:aws:iam::123456789012:role/nobody",
            Handler="nodot",
        )

    assert "cannot be assumed by Lambda" in caught.value.response["Error"]["Message"]
    assert "'nodot' does not name a function" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"Runtime": "nodejs22.x"}, "nodejs22.x"),
        ({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:numpy:1"]}, "Layers"),
        ({"Code": {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/i:1"}}, "ImageUri"),
    ],
)
def test_what_is_not_emulated_is_named(
    functions: Any, unique: Callable[[str], str], members: dict[str, Any], named: str
) -> None:
    with pytest.raises(ClientError) as caught:
        create(functions, unique("function"), **members)

    assert caught.value.response["Error"]["Code"] == "UnsupportedByEmulator"
    assert named in caught.value.response["Error"]["Message"]


def test_permissions_make_up_the_policy(functions: Any, unique: Callable[[str], str]) -> None:
    name = unique("function")
    arn = create(functions, name)["FunctionArn"]
    rule = "arn:aws:events:us-east-1:123456789012:rule/approved"
    permission = {
        "FunctionName": name,
        "StatementId": "events",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": rule,
    }
    functions.add_permission(**permission)

    policy = json.loads(functions.get_policy(FunctionName=name)["Policy"])

    assert policy["Statement"] == [
        {
            "Sid": "events",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": arn,
            "Condition": {"ArnLike": {"AWS:SourceArn": rule}},
        }
    ]
    with pytest.raises(functions.exceptions.ResourceConflictException):
        functions.add_permission(**permission)
    functions.remove_permission(FunctionName=name, StatementId="events")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_policy(FunctionName=name)


def test_tags_are_set_and_removed(functions: Any, unique: Callable[[str], str]) -> None:
    arn = create(functions, unique("function"), Tags={"a": "1"})["FunctionArn"]

    functions.tag_resource(Resource=arn, Tags={"b": "2", "c": "3"})
    functions.untag_resource(Resource=arn, TagKeys=["a", "c"])

    assert functions.list_tags(Resource=arn)["Tags"] == {"b": "2"}


def test_code_that_was_replaced_is_removed_when_nobody_can_run_it(
    own_emulator: EmulatorProcess,
) -> None:
    functions = own_emulator.client("lambda")
    create(functions, "kept")
    functions.update_function_code(
        FunctionName="kept", ZipFile=zipped(app="def handler(event, context):\n    return 'two'\n")
    )
    directory = own_emulator.data_dir / "functions" / "kept"
    before = len(list(directory.iterdir()))

    own_emulator.stop()
    own_emulator.start()

    assert before == 2
    assert len(list(directory.iterdir())) == 1
    functions = own_emulator.client("lambda")
    assert (
        json.loads(functions.invoke(FunctionName="kept", Payload=b"{}")["Payload"].read()) == "two"
    )


def test_a_function_survives_kill_9(own_emulator: EmulatorProcess) -> None:
    create(own_emulator.client("lambda"), "lasting")

    own_emulator.kill()
    own_emulator.start()

    answer = own_emulator.client("lambda").invoke(FunctionName="lasting")
    assert json.loads(answer["Payload"].read()) == "one"
