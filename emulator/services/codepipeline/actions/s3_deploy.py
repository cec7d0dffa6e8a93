"""Deploy: an artifact, or the files of it, to a bucket.

Source: "Amazon S3 deploy action reference".
"""

import mimetypes
import zipfile
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.errors import AwsError
from emulator.services.clients import client
from emulator.services.codepipeline.actions.work import (
    CONFIGURATION_ERROR,
    JOB_FAILED,
    ActionFailed,
    Result,
    Work,
)

_PREFIX = "ObjectKey"


def perform(work: Work) -> Result:
    """Put the artifact at ObjectKey, or its files under that prefix."""
    artifact, bucket = work.inputs[0], work.configuration["BucketName"]
    try:
        _, stream = work.context.objects.open(artifact.bucket, artifact.key)
        with stream:
            if work.configuration["Extract"] == "false":
                _put(work, work.configuration[_PREFIX], stream)
            else:
                _put_files(work, stream)
    except (AwsError, ClientError) as error:
        raise ActionFailed(CONFIGURATION_ERROR, f"Bucket {bucket}: {error}") from error
    except zipfile.BadZipFile as error:
        raise ActionFailed(
            JOB_FAILED, f"Artifact [{artifact.name}] is not a zip file: {error}"
        ) from error
    return Result(summary=f"Deployed to bucket {bucket}")


def _put_files(work: Work, stream: Any) -> None:
    prefix = work.configuration.get(_PREFIX, "").rstrip("/")
    with zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                with archive.open(member) as content:
                    _put(work, f"{prefix}/{member.filename}".lstrip("/"), content)


def _put(work: Work, key: str, content: Any) -> None:
    kind, _ = mimetypes.guess_type(key)
    client(work.context, "s3").upload_fileobj(
        content,
        work.configuration["BucketName"],
        key,
        ExtraArgs={**({"ContentType": kind} if kind else {}), **_headers(work.configuration)},
    )


def _headers(configuration: Mapping[str, str]) -> dict[str, str]:
    told = {"CacheControl": configuration.get("CacheControl")}
    if "KMSEncryptionKeyARN" in configuration:
        told["ServerSideEncryption"] = "aws:kms"
        told["SSEKMSKeyId"] = configuration["KMSEncryptionKeyARN"]
    if "CannedACL" in configuration:
        told["ACL"] = configuration["CannedACL"]
    return {key: value for key, value in told.items() if value}
