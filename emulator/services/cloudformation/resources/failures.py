"""What a service's refusal means to CloudFormation."""

import re

from botocore.exceptions import ClientError

from emulator.errors import AwsError

_GONE_CODES = re.compile(r"NoSuch|NotFound|NotExist|NonExistent|UnknownResource|ResourceNotFound")
_GONE_MESSAGES = re.compile(r"Could not find|does not exist|not found", re.IGNORECASE)
_VALIDATION = ("ValidationException", "ValidationError", "InvalidParameterValue")


def is_gone(error: ClientError) -> bool:
    """Whether the service says that there is no such thing.

    SageMaker says so with a ValidationException, others with a code.
    """
    code = error.response["Error"].get("Code", "")
    if code == "404" or _GONE_CODES.search(code):
        return True
    return code in _VALIDATION and bool(_GONE_MESSAGES.search(message_of(error)))


def message_of(error: ClientError) -> str:
    """What the service says."""
    return str(error.response["Error"].get("Message", ""))


def reason_of(error: Exception) -> str:
    """The status reason of a resource that its service refused, in AWS's form."""
    if isinstance(error, AwsError):
        return error.message
    if not isinstance(error, ClientError):
        return str(error)
    status = error.response["ResponseMetadata"].get("HTTPStatusCode")
    code = error.response["Error"].get("Code", "")
    return f"{message_of(error)} (Status Code: {status}; Error Code: {code})"
