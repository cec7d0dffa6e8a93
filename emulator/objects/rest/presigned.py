"""Presigned addresses: they end at their time; their signature is not checked."""

from datetime import UTC, datetime

from emulator.errors import AwsError
from emulator.objects.rest.request import RestRequest

_MAXIMUM_SECONDS = 7 * 24 * 3600


def check_not_expired(request: RestRequest, now: float) -> None:
    """Refuse a presigned request after its end. ``now`` is in epoch seconds.

    Raises:
        AwsError: AccessDenied; AuthorizationQueryParametersError.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    if "X-Amz-Signature" in request.query:
        end = _version_4_end(request)
    elif "Signature" in request.query and "Expires" in request.query:
        end = float(_whole_number(request, "Expires"))
    else:
        return
    if now > end:
        raise AwsError(
            "AccessDenied",
            "Request has expired",
            403,
            Expires=datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )


def _version_4_end(request: RestRequest) -> float:
    seconds = _whole_number(request, "X-Amz-Expires")
    if seconds > _MAXIMUM_SECONDS:
        raise _invalid("X-Amz-Expires must be less than a week (in seconds)")
    try:
        start = datetime.strptime(request.query.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ")
    except ValueError as error:
        raise _invalid(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        ) from error
    return start.replace(tzinfo=UTC).timestamp() + seconds


def _whole_number(request: RestRequest, name: str) -> int:
    text = request.query.get(name, "")
    if not text.isdecimal():
        raise _invalid(f"{name} should be a number")
    return int(text)


def _invalid(message: str) -> AwsError:
    return AwsError("AuthorizationQueryParametersError", message)
