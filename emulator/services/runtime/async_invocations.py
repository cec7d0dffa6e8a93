"""InvokeEndpointAsync: a request is kept, and where its answer will be is told.

Source: InvokeEndpointAsync in the API reference; "Invoke an asynchronous endpoint" in the developer
guide.
"""

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import unsupported
from emulator.services.runtime.async_requests import queues_of
from emulator.services.runtime.invocations import sent_headers
from emulator.services.runtime.questions import validation_error

# Source: RequestTTLSeconds and InvocationTimeoutSeconds of InvokeEndpointAsync, their defaults.
_TTL_SECONDS = 21_600
_TIMEOUT_SECONDS = 900
_SERVING = ("InService", "Updating", "RollingBack", "UpdateRollbackFailed")
_KEPT = ("ContentType", "Accept", "CustomAttributes", "InputLocation")


def invoke_endpoint_async(context: Context, request: Request) -> Answer:
    """Keep a request for one of the endpoint's instances, or for the first that there will be.

    Raises:
        AwsError: ValidationError: the endpoint is not there, does not serve or is no asynchronous
            one; not exactly one of InputLocation and Body. UnsupportedByEmulator.
    """
    name = request["EndpointName"]
    output = _output_config(context, name)
    body = request.get("Body")
    if bool(body) == ("InputLocation" in request):
        raise validation_error("Exactly one of InputLocation and Body must be given.")
    if not request.get("InputLocation", "s3://").startswith("s3://"):
        raise unsupported("InputLocation as an https URL is not emulated: give s3://bucket/key.")
    inference_id = request.get("InferenceId", str(uuid.uuid4()))
    sent_headers(request)
    stem = request.get("Filename", f"{inference_id}.out")
    extension = request.get("S3OutputPathExtension")
    kept = {key: request[key] for key in _KEPT if key in request} | {
        "EndpointName": name,
        "InferenceId": inference_id,
        "ReceivedTime": context.clock(),
        "RequestTTLSeconds": request.get("RequestTTLSeconds", _TTL_SECONDS),
        "InvocationTimeoutSeconds": request.get("InvocationTimeoutSeconds", _TIMEOUT_SECONDS),
        "OutputLocation": _location(output.get("S3OutputPath"), extension, stem),
        "FailureLocation": _location(output.get("S3FailurePath"), extension, _failed(stem)),
        "NotificationConfig": output.get("NotificationConfig", {}),
    }
    if body:
        kept["Body"] = base64.b64encode(body).decode()
    queues_of(context).add(context, name, kept)
    return {key: kept[key] for key in ("InferenceId", "OutputLocation", "FailureLocation")}


def _output_config(context: Context, name: str) -> Mapping[str, Any]:
    document = context.store.get("Endpoint", name)
    status = None if document is None else document["EndpointStatus"]
    if document is None or status not in _SERVING:
        told = "" if status is None else f" Its status is {status}: it serves when it is InService."
        account_id = context.settings.account_id
        raise validation_error(f"Endpoint {name} of account {account_id} not found.{told}")
    config = document["_Deployment"].get("AsyncInferenceConfig")
    if config is None:
        raise validation_error(
            f"Endpoint {name} is not an asynchronous endpoint: use InvokeEndpoint, or give its"
            " endpoint config an AsyncInferenceConfig."
        )
    output: Mapping[str, Any] = config["OutputConfig"]
    return output


def _location(path: str | None, extension: str | None, file_name: str) -> str | None:
    if path is None:
        return None
    parts = (path.rstrip("/"), *((extension.strip("/"),) if extension else ()), file_name)
    return "/".join(parts)


def _failed(file_name: str) -> str:
    stem, dot, suffix = file_name.rpartition(".")
    return f"{stem}-error{dot}{suffix}" if dot else f"{file_name}-error"


OPERATIONS: Mapping[str, Handler] = {"InvokeEndpointAsync": invoke_endpoint_async}
