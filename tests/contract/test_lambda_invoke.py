"""Invoke: real processes with Lambda's event, context, errors and logs."""

import base64
import io
import json
import os
import re
import select
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN, EmulatorProcess

Make = Callable[..., str]


@pytest.fixture
def functions(client: Callable[[str], Any]) -> Any:
    return client("lambda")


@pytest.fixture
def make(functions: Any, unique: Callable[[str], str]) -> Make:
    """Create a function whose handler has the given body, and give its name."""

    def create(body: str, before: str = "", **settings: Any) -> str:
        name = unique("function")
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("app.py", f"{before}\ndef handler(event, context):\n{lines}\n")
        members = {"Runtime": "python3.13", "Role": ROLE_ARN, "Handler": "app.handler"} | settings
        functions.create_function(
            FunctionName=name, Code={"ZipFile": content.getvalue()}, **members
        )
        return name

    return create


def call(
    functions: Any, name: str, event: Any = None, **members: Any
) -> tuple[dict[str, Any], Any]:
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event), **members)
    body = answer["Payload"].read()
    return answer, json.loads(body) if body else None


def test_the_handler_gets_the_event_and_its_value_comes_back(functions: Any, make: Make) -> None:
    answer, payload = call(functions, make("return {'echo': event}"), {"user_id": 7, "x": [1.5]})

    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert payload == {"echo": {"user_id": 7, "x": [1.5]}}


def test_an_invocation_without_payload_has_an_empty_event(functions: Any, make: Make) -> None:
    answer = functions.invoke(FunctionName=make("return event"))

    assert json.loads(answer["Payload"].read()) == {}


def test_the_context_says_who_runs_and_for_how_long(functions: Any, make: Make) -> None:
    # Source: the Lambda developer guide, "Using the Lambda context object ... Python".
    name = make(
        "return {k: getattr(context, k) for k in ('function_name', 'function_version',"
        " 'invoked_function_arn', 'memory_limit_in_mb', 'aws_request_id', 'log_group_name')}"
        " | {'left': context.get_remaining_time_in_millis()}",
        Timeout=30,
    )
    _, payload = call(functions, name)

    assert payload["function_name"] == name
    assert payload["function_version"] == "$LATEST"
    assert payload["invoked_function_arn"].endswith(f":function:{name}")
    assert payload["memory_limit_in_mb"] == "128"
    assert payload["log_group_name"] == f"/aws/lambda/{name}"
    assert len(payload["aws_request_id"]) == 36
    assert 20_000 < payload["left"] <= 30_000


def test_the_environment_has_the_functions_and_lambdas_variables(
    functions: Any, make: Make
) -> None:
    name = make(
        "import os; return dict(os.environ)", Environment={"Variables": {"STAGE": "staging"}}
    )
    _, variables = call(functions, name)

    assert variables["STAGE"] == "staging"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert variables["AWS_REGION"] == "us-east-1"
    assert variables["_HANDLER"] == "app.handler"


def test_an_invocation_finds_nothing_of_another_in_tmp(
    functions: Any, make: Make, unique: Callable[[str], str]
) -> None:
    """Source: the developer guide: a new execution environment has an empty /tmp."""
    path = f"/tmp/{unique('left')}"
    name = make(f"open({path!r}, 'x').close()\nreturn tempfile.gettempdir()", "import tempfile")

    payloads = [call(functions, name)[1] for _ in range(2)]

    assert payloads == ["/tmp", "/tmp"]
    assert not Path(path).exists()


def test_boto3_in_a_function_talks_to_the_emulator(
    functions: Any, make: Make, client: Callable[[str], Any], bucket: str
) -> None:
    client("s3").put_object(Bucket=bucket, Key="rating", Body=b"4.5")
    name = make(
        "import boto3\n"
        "body = boto3.client('s3').get_object(Bucket=event['bucket'], Key='rating')['Body']\n"
        "return body.read().decode()",
        Timeout=30,
    )

    assert call(functions, name, {"bucket": bucket})[1] == "4.5"


def test_an_exception_is_an_unhandled_function_error_with_its_trace(
    functions: Any, make: Make
) -> None:
    # Source: the Lambda developer guide, "Python function errors".
    name = make("raise ValueError('no such user')")
    answer, payload = call(functions, name)

    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorMessage"] == "no such user"
    assert payload["errorType"] == "ValueError"
    assert payload["stackTrace"] == [
        "  File \"/var/task/app.py\", line 3, in handler\n    raise ValueError('no such user')\n"
    ]


@pytest.mark.parametrize(
    ("settings", "before", "kind", "message"),
    [
        (
            {"Handler": "missing.handler"},
            "",
            "Runtime.ImportModuleError",
            "Unable to import module 'missing': No module named 'missing'",
        ),
        (
            {"Handler": "app.absent"},
            "",
            "Runtime.HandlerNotFound",
            "Handler 'absent' missing on module 'app'",
        ),
        ({}, "import no_such_package", "Runtime.ImportModuleError", "Unable to import module"),
        ({}, "a b", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ({}, "1 / 0", "ZeroDivisionError", "division by zero"),
    ],
)
def test_a_handler_that_cannot_be_loaded_is_said_to_be(
    functions: Any, make: Make, settings: dict[str, Any], before: str, kind: str, message: str
) -> None:
    answer, payload = call(functions, make("return 1", before, **settings))

    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == kind
    assert payload["errorMessage"].startswith(message)


def test_a_value_that_is_not_json_is_a_marshal_error(functions: Any, make: Make) -> None:
    answer, payload = call(functions, make("return {1, 2}"))

    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Runtime.MarshalError"
    assert payload["errorMessage"] == (
        "Unable to marshal response: Object of type set is not JSON serializable"
    )


def test_a_function_over_its_time_is_ended(functions: Any, make: Make) -> None:
    name = make("import time; time.sleep(60)", Timeout=1)
    started = time.monotonic()
    answer, payload = call(functions, name)

    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert time.monotonic() - started < 30


def test_a_function_that_ends_its_process_is_an_exit_error(functions: Any, make: Make) -> None:
    answer, payload = call(functions, make("import os; os._exit(7)"))

    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Runtime exited with error: exit status 7")


def test_the_tail_of_the_log_comes_with_the_answer(functions: Any, make: Make) -> None:
    # Source: the Lambda developer guide, "Log message formats": START, END and REPORT lines.
    answer, _ = call(functions, make("print('to be seen')"), LogType="Tail")
    log = base64.b64decode(answer["LogResult"]).decode()
    lines = log.splitlines()
    request_id = lines[1].split()[2]

    assert sys.version.split()[0] in lines[0]
    assert "python3.13" in lines[0]
    assert lines[1:4] == [
        f"START RequestId: {request_id} Version: $LATEST",
        "to be seen",
        f"END RequestId: {request_id}",
    ]
    assert lines[4].startswith(f"REPORT RequestId: {request_id}\tDuration: ")


def test_the_log_is_in_the_functions_log_group(
    functions: Any, make: Make, client: Callable[[str], Any]
) -> None:
    name = make("print('to be kept')")
    call(functions, name)
    group = f"/aws/lambda/{name}"

    (stream,) = client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    events = client("logs").get_log_events(
        logGroupName=group, logStreamName=stream["logStreamName"]
    )["events"]

    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream["logStreamName"])
    assert "to be kept" in [event["message"] for event in events]


def test_at_most_4_kb_of_the_log_come_with_the_answer(functions: Any, make: Make) -> None:
    answer, _ = call(functions, make("print('x' * 100_000)"), LogType="Tail")

    assert len(base64.b64decode(answer["LogResult"])) == 4096


def test_log_records_carry_level_and_request(functions: Any, make: Make) -> None:
    answer, _ = call(functions, make("import logging; logging.warning('low disk')"), LogType="Tail")

    (line,) = [
        line
        for line in base64.b64decode(answer["LogResult"]).decode().splitlines()
        if "low disk" in line
    ]
    assert line.startswith("[WARNING]\t")
    assert line.endswith("\tlow disk")


def test_an_event_invocation_answers_at_once_and_runs(
    functions: Any, make: Make, client: Callable[[str], Any], bucket: str
) -> None:
    name = make(
        "import boto3\n"
        "boto3.client('s3').put_object(Bucket=event['bucket'], Key='done', Body=b'yes')",
        Timeout=30,
    )
    answer, payload = call(functions, name, {"bucket": bucket}, InvocationType="Event")

    assert (answer["StatusCode"], payload) == (202, None)
    client("s3").get_waiter("object_exists").wait(
        Bucket=bucket, Key="done", WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
    )


def test_a_dry_run_runs_nothing(functions: Any, make: Make) -> None:
    answer, payload = call(functions, make("import os; os._exit(1)"), InvocationType="DryRun")

    assert (answer["StatusCode"], payload) == (204, None)


@pytest.mark.parametrize("payload", [b"{not json", b"NaN", b"\xff", b'{"a":' * 50_000])
def test_a_payload_that_is_not_json_is_refused(functions: Any, make: Make, payload: bytes) -> None:
    with pytest.raises(functions.exceptions.InvalidRequestContentException) as caught:
        functions.invoke(FunctionName=make("return event"), Payload=payload)

    assert "Could not parse request body into json" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(("kind", "limit"), [("RequestResponse", 6_291_456), ("Event", 1_048_576)])
def test_a_payload_over_the_limit_is_refused(
    functions: Any, make: Make, kind: str, limit: int
) -> None:
    with pytest.raises(functions.exceptions.RequestTooLargeException) as caught:
        functions.invoke(
            FunctionName=make("return 1"), InvocationType=kind, Payload=b'"' + b"x" * limit + b'"'
        )

    assert f"limit {limit} bytes" in caught.value.response["Error"]["Message"]


def test_functions_can_invoke_each_other_more_deeply_than_there_are_processors(
    functions: Any, make: Make
) -> None:
    name = make(
        "import boto3, json\n"
        "if event['depth'] == 0: return 0\n"
        "answer = boto3.client('lambda').invoke(FunctionName=context.function_name,"
        " Payload=json.dumps({'depth': event['depth'] - 1}))\n"
        "return 1 + json.loads(answer['Payload'].read())",
        Timeout=60,
    )

    assert call(functions, name, {"depth": 8})[1] == 8


def test_a_qualifier_that_was_never_published_is_not_found(functions: Any, make: Make) -> None:
    name = make("return 1")
    with pytest.raises(ClientError) as caught:
        functions.invoke(FunctionName=name, Qualifier="prod")

    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert caught.value.response["Error"]["Message"].endswith(f":function:{name}:prod")


def test_a_function_ends_with_an_emulator_that_is_killed(own_emulator: EmulatorProcess) -> None:
    own_emulator.client("s3").create_bucket(Bucket="pids")
    body = (
        "import boto3, os, time\n"
        "def handler(event, context):\n"
        "    boto3.client('s3').put_object(Bucket='pids', Key='pid', Body=str(os.getpid()))\n"
        "    time.sleep(60)\n"
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", body)
    own_emulator.client("lambda").create_function(
        FunctionName="sleeper",
        Runtime="python3.13",
        Role=ROLE_ARN,
        Handler="app.handler",
        Timeout=60,
        Code={"ZipFile": content.getvalue()},
    )
    own_emulator.client("lambda").invoke(FunctionName="sleeper", InvocationType="Event")
    s3 = own_emulator.client("s3")
    s3.get_waiter("object_exists").wait(
        Bucket="pids", Key="pid", WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
    )
    pid = int(s3.get_object(Bucket="pids", Key="pid")["Body"].read())
    descriptor = os.pidfd_open(pid)

    own_emulator.kill()
    ended, _, _ = select.select([descriptor], [], [], 20)
    os.close(descriptor)

    assert ended
