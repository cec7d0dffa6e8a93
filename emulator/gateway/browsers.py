"""Keeps web pages away: a browser can reach the loopback address for any page it shows.

A page cannot sign a request by header without asking first, which the emulator never grants. What
is left are forms and addresses presigned by query, which carry the page's Origin, and pages whose
own name resolves to the loopback address, which the Host header tells.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from emulator.errors import AwsError

_LOCAL_NAMES = frozenset({"127.0.0.1", "::1", "localhost"})
# Virtual-hosted S3 addresses have the bucket's name in front.
_LOCAL_ENDINGS = (".localhost", ".amazonaws.com")


def refuse_web_pages(headers: Mapping[str, str]) -> None:
    """Let a request pass unless a page from elsewhere sent it.

    Raises:
        AwsError: AccessDeniedException, which names the header that gave the page away.
    """
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).hostname not in _LOCAL_NAMES:
        raise _refusal("Origin", origin)
    host = headers.get("host", "")
    name = urlsplit(f"//{host}").hostname or "localhost"
    if name not in _LOCAL_NAMES and not name.endswith(_LOCAL_ENDINGS):
        raise _refusal("Host", host)


def _refusal(header: str, value: str) -> AwsError:
    return AwsError(
        "AccessDeniedException",
        f"The emulator answers programs of this machine, not web pages: the request's {header} "
        f"is {value!r}, expected 127.0.0.1 or localhost.",
        403,
    )
