"""Messages to SQS queues, which moto keeps."""

import json

from emulator import moto
from emulator.context import Context
from emulator.errors import AwsError

_HTTP_OK = 200


def send_message(context: Context, queue_url: str, body: str) -> None:
    """Put a message into a queue.

    Raises:
        AwsError: The queue's refusal, most often that there is no such queue.
    """
    scope = f"local/20260101/{context.settings.region}/sqs/aws4_request"
    headers = {
        "host": f"sqs.{context.settings.region}.amazonaws.com",
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "AmazonSQS.SendMessage",
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }
    request = json.dumps({"QueueUrl": queue_url, "MessageBody": body}).encode()
    status, _, content = moto.answer(context, "sqs", "POST", "/", headers, request)
    if status != _HTTP_OK:
        raise _refusal(content)


def _refusal(content: bytes) -> AwsError:
    try:
        error = json.loads(content)
        code = str(error["__type"]).rpartition("#")[2]
        return AwsError(code, str(error.get("message") or error.get("Message") or code))
    except (ValueError, KeyError, TypeError):
        return AwsError("InternalFailure", content.decode(errors="replace")[:200])
