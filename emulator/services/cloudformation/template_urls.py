"""Templates that lie in S3.

Source: TemplateURL of CreateStack: "The location must point to a template that's located in an
Amazon S3 bucket".
"""

import re
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from emulator.context import Context
from emulator.services.clients import client
from emulator.services.cloudformation.records import stack_error

# s3.amazonaws.com, s3.us-east-1.amazonaws.com, s3-us-west-2.amazonaws.com and dual-stack forms.
_PATH_STYLE = re.compile(r"s3([.-][a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
_HOST_STYLE = re.compile(rf"(?P<bucket>.+?)\.{_PATH_STYLE.pattern}")


def fetch(context: Context, url: str) -> str:
    """The text of the template.

    Raises:
        AwsError: ValidationError: the address is none of S3's, or nothing is there.
    """
    bucket, key = _place(context, url)
    try:
        answer = client(context, "s3").get_object(Bucket=bucket, Key=key)
        text: str = answer["Body"].read().decode()
    except ClientError as error:
        raise stack_error(f"S3 error: {error.response['Error']['Message']} ({url})") from error
    except UnicodeDecodeError as error:
        raise stack_error(f"The template at {url} is no text in UTF-8: {error}") from error
    return text


def _place(context: Context, url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    host, path = parts.netloc.lower(), unquote(parts.path.lstrip("/"))
    ours = urlsplit(context.settings.endpoint_url)
    by_host = _HOST_STYLE.fullmatch(host)
    if parts.scheme == "https" and by_host and path:
        return by_host["bucket"], path
    is_path_style = parts.scheme == "https" and _PATH_STYLE.fullmatch(host)
    is_ours = parts.scheme == ours.scheme and parts.port == ours.port and _is_local(parts.hostname)
    bucket, slash, key = path.partition("/")
    if not ((is_path_style or is_ours) and slash and bucket and key):
        raise stack_error(
            f"TemplateURL must be a supported URL: got {url}, expected "
            f"https://BUCKET.s3.amazonaws.com/KEY, or {context.settings.endpoint_url}/BUCKET/KEY."
        )
    return bucket, key


def _is_local(host: str | None) -> bool:
    return host in ("127.0.0.1", "localhost")
