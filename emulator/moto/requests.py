"""A request as it is kept, and the operation it names."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

Response = tuple[int, tuple[tuple[str, str], ...], bytes]
"""Status, headers and body."""

# What moto reads. No other header is kept: a journal is no place for session tokens.
_KEPT_HEADERS = frozenset(
    {
        "accept",
        "authorization",
        "content-type",
        "host",
        "smithy-protocol",
        "x-amz-target",
        "x-amzn-query-mode",
    }
)
_SIGNATURE = re.compile(r"Signature=\w+")
_RPC_PATH = re.compile(r"/service/\w+/operation/(\w+)")


@dataclass(frozen=True)
class MotoRequest:
    """A request to one of moto's services; header names in lower case."""

    service: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def kept(
        cls, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> "MotoRequest":
        """The request with no more headers than moto needs, and without its signature."""
        found = {name.lower(): text for name, text in headers.items()}
        kept = {name: text for name, text in found.items() if name in _KEPT_HEADERS}
        if "authorization" in kept:
            kept["authorization"] = _SIGNATURE.sub("Signature=0", kept["authorization"])
        return cls(service, method, url, kept, body)

    @property
    def operation(self) -> str:
        """The operation's name, empty if the request names none.

        Source: the protocols awsJson (X-Amz-Target), awsQuery (Action) and rpcv2Cbor (the path).
        """
        target = self.headers.get("x-amz-target", "")
        if target:
            return target.rpartition(".")[2]
        path = _RPC_PATH.search(self.url)
        return path[1] if path else self.form().get("Action", "")

    def form(self) -> dict[str, str]:
        """The parameters of a request in the query protocol."""
        text = urlsplit(self.url).query
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            text = f"{text}&{self.body.decode('utf-8', 'replace')}"
        return {name: texts[-1] for name, texts in parse_qs(text).items()}


def query_request(service: str, region: str, operation: str, **parameters: str) -> MotoRequest:
    """A request of our own, in the query protocol."""
    headers = {
        **_headers(service, region),
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    }
    form = {"Action": operation, "Version": _VERSIONS[service], **parameters}
    return MotoRequest(service, "POST", "/", headers, urlencode(form).encode())


def json_request(service: str, region: str, operation: str, **parameters: object) -> MotoRequest:
    """A request of our own, in the JSON protocol."""
    headers = {
        **_headers(service, region),
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": f"{_TARGETS[service]}.{operation}",
    }
    return MotoRequest(service, "POST", "/", headers, json.dumps(parameters).encode())


def _headers(service: str, region: str) -> dict[str, str]:
    scope = f"local/20260101/{region}/{service}/aws4_request"
    return {
        "host": f"{service}.{region}.amazonaws.com",
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }


_VERSIONS = {"ec2": "2016-11-15", "iam": "2010-05-08", "monitoring": "2010-08-01"}
_TARGETS = {"ecr": "AmazonEC2ContainerRegistry_V20150921"}
