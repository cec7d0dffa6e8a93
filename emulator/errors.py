"""Errors as AWS answers them."""

from collections.abc import Sequence

# Ten thousand faults of one kind tell no more than the first hundred.
_SHOWN_FAULTS = 100


class AwsError(Exception):
    """An error answer in the protocol the client speaks.

    Attributes:
        code: The error's name in the service's botocore model, e.g. ``ValidationException``.
        status: The HTTP status. Never 5xx for a caller's fault: boto3 would retry it.
        members: Further members of the error's shape, e.g. ModelError's OriginalStatusCode.
    """

    def __init__(self, code: str, message: str, status: int = 400, **members: object) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


def validation_error(message: str) -> AwsError:
    """The answer to a request that is not acceptable as it stands."""
    return AwsError("ValidationException", message)


def resource_in_use(message: str) -> AwsError:
    """SageMaker's answer to a name that is taken."""
    return AwsError("ResourceInUse", message)


def resource_not_found(message: str) -> AwsError:
    """SageMaker's answer to a resource that is not there."""
    return AwsError("ResourceNotFound", message)


def unsupported(message: str) -> AwsError:
    """The answer to whatever AWS can do and the emulator cannot."""
    return AwsError("UnsupportedByEmulator", message)


def listed(faults: Sequence[str], separator: str) -> str:
    """All the faults of an input in one message; of very many, the first and how many more."""
    shown = list(faults[:_SHOWN_FAULTS])
    if len(faults) > _SHOWN_FAULTS:
        shown.append(f"... and {len(faults) - _SHOWN_FAULTS} more")
    return separator.join(shown)
