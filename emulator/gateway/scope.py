"""The service a request is meant for, as its signature says.

The signature itself is not checked: whoever can reach the loopback address may do everything.

Source: AWS Signature Version 4, "Credential=KEY/DATE/REGION/SERVICE/aws4_request".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from emulator.errors import AwsError

_CREDENTIAL = re.compile(r"Credential=[^/,\s]+/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")

# Source: sagemaker-metrics in botocore, which signs as SageMaker's runtime does.
_METRICS_PATHS = ("/BatchPutMetrics", "/BatchGetMetrics")
# Services that botocore calls by another name than they are signed with.
_BY_SIGNING_NAME = {"elasticmapreduce": "emr"}

# A presigned address works from any web page, so only what AWS's clients do presign is taken.
PRESIGNED_SERVICES = frozenset({"s3", "sts"})


@dataclass(frozen=True)
class CredentialScope:
    """The region and the signing name of the service."""

    region: str
    signing_name: str


def credential_scope(headers: Mapping[str, str], query: str) -> CredentialScope:
    """The scope of a signed or presigned request.

    Raises:
        AwsError: MissingAuthenticationToken, if the request is not signed with version 4, nor
            presigned for S3 with version 2.
    """
    signature = headers.get("authorization", "")
    found = _read(signature) if signature else _presigned(query)
    if found is None:
        raise AwsError(
            "MissingAuthenticationToken",
            "The request is not signed: expected an Authorization header of Signature Version 4. "
            "Any credentials will do, e.g. AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local.",
            403,
        )
    return found


def _read(signature: str) -> CredentialScope | None:
    match = _CREDENTIAL.search(signature)
    return CredentialScope(match[1], match[2]) if match else None


def _presigned(query: str) -> CredentialScope | None:
    if "AWSAccessKeyId=" in query and "Signature=" in query:
        # boto3 still presigns S3's addresses with version 2 in us-east-1, which names no region.
        return CredentialScope("us-east-1", "s3")
    credentials = parse_qs(query).get("X-Amz-Credential", [""])
    found = _read(f"Credential={credentials[0]}")
    return found if found and found.signing_name in PRESIGNED_SERVICES else None


def service_of(scope: CredentialScope, headers: Mapping[str, str], path: str) -> str:
    """Botocore's name of the service: several can share one signing name."""
    if scope.signing_name == "sagemaker" and "x-amz-target" not in headers:
        return "sagemaker-metrics" if path in _METRICS_PATHS else "sagemaker-runtime"
    return _BY_SIGNING_NAME.get(scope.signing_name, scope.signing_name)
