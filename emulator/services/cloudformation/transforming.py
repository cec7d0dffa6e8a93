"""A template's transforms carried out with the emulator's S3 and Lambda."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.clients import client
from emulator.services.cloudformation.definitions import Definition
from emulator.services.cloudformation.records import find_macro
from emulator.services.cloudformation.scopes import pseudo_parameters
from emulator.services.cloudformation.template.scope import Scope
from emulator.services.cloudformation.transforms.processing import processed
from emulator.services.cloudformation.transforms.setting import Setting

logger = logging.getLogger(__name__)


def transformed(
    context: Context, stack: Mapping[str, Any], outline: Definition, body: Mapping[str, Any]
) -> dict[str, Any]:
    """The document after its transforms, with the parameters that the outline has.

    Raises:
        AwsError: ValidationError: one of them failed.
    """
    setting = Setting(
        scope=Scope(pseudo_parameters(context, stack), parameters=outline.parameters),
        snippet=lambda bucket, key: _snippet(context, bucket, key),
        invoke=lambda name, request: _answer(context, name, request),
    )
    return processed(body, setting)


def _snippet(context: Context, bucket: str, key: str) -> str:
    """Source: the messages are AWS's."""
    try:
        answer = client(context, "s3").get_object(Bucket=bucket, Key=key)
        text: str = answer["Body"].read().decode()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            raise LookupError(f"S3 bucket [{bucket}] does not exist.") from error
        raise LookupError(f"{error.response['Error']['Message']} (s3://{bucket}/{key})") from error
    except UnicodeDecodeError as error:
        raise LookupError("The specified S3 object's content should be valid Yaml/JSON") from error
    return text


def _answer(context: Context, name: str, request: Mapping[str, Any]) -> Any:
    """Within the process: an invocation may take longer than a client waits."""
    macro = find_macro(context, name)
    if macro is None:
        raise KeyError(name)
    properties = macro["_Properties"]
    try:
        answer = context.api.call(
            "lambda",
            "Invoke",
            FunctionName=properties["FunctionName"],
            Payload=json.dumps(request).encode(),
        )
    except AwsError as error:
        _log(context, properties, request, error.message)
        return None
    if answer.get("FunctionError"):
        _log(context, properties, request, _text(answer.get("Payload")))
        return None
    return _json(answer.get("Payload"))


def _text(payload: Any) -> str:
    return payload.decode(errors="replace") if isinstance(payload, bytes) else str(payload)


def _log(
    context: Context, properties: Mapping[str, Any], request: Mapping[str, Any], message: str
) -> None:
    """Source: LogGroupName of AWS::CloudFormation::Macro, "error logging information"."""
    if "LogGroupName" not in properties:
        return
    logs = client(context, "logs")
    place = {
        "logGroupName": properties["LogGroupName"],
        "logStreamName": f"{request['transformId'].replace(':', '-')}/{request['requestId']}",
    }
    event = {"timestamp": int(context.clock() * 1000), "message": message or "no message"}
    try:
        logs.create_log_stream(**place)
        logs.put_log_events(**place, logEvents=[event])
    except ClientError:
        logger.warning("the log group %s of a macro takes no events", place["logGroupName"])


def _json(payload: Any) -> Any:
    try:
        return json.loads(payload)
    except (TypeError, ValueError):
        return None
