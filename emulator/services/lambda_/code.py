"""A function's code: a zip, kept in a bucket of Lambda's own and unpacked beside the data."""

import base64
import contextlib
import hashlib
import io
import shutil
import stat
import tempfile
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError, unsupported
from emulator.services.lambda_.names import invalid_parameter
from emulator.zip_files import UNREADABLE, write_file

# Source: the Lambda developer guide, "Lambda quotas".
ZIP_BYTES_AT_MOST = 52_428_800
UNZIPPED_BYTES_AT_MOST = 262_144_000


@dataclass(frozen=True)
class Code:
    """A function's zip.

    Attributes:
        sha256: Base64, as Lambda gives it.
        digest: The same in hexadecimal; names the unpacked directory.
    """

    content: bytes
    sha256: str
    digest: str


def read_code(context: Context, request: Mapping[str, Any]) -> Code:
    """The zip that a request carries as ZipFile, or points at as S3Bucket and S3Key.

    Raises:
        AwsError: InvalidParameterValueException when there is no usable zip.
    """
    if "ImageUri" in request:
        raise unsupported(
            "Functions from container images (ImageUri) are not emulated; give a zip."
        )
    if "ZipFile" in request:
        content = request["ZipFile"]
        if len(content) > ZIP_BYTES_AT_MOST:
            raise AwsError(
                "RequestEntityTooLargeException",
                f"The zip has {len(content)} bytes; at most {ZIP_BYTES_AT_MOST} can be sent"
                " directly, put a larger one in S3 and give S3Bucket and S3Key.",
                413,
            )
    elif "S3Bucket" in request and "S3Key" in request:
        content = _read_object(context, request["S3Bucket"], request["S3Key"])
    else:
        raise invalid_parameter("Please provide a source for function code.")
    if not content:
        raise invalid_parameter("Uploaded file must be a non-empty zip")
    digest = hashlib.sha256(content)
    return Code(content, base64.b64encode(digest.digest()).decode(), digest.hexdigest())


def _read_object(context: Context, bucket: str, key: str) -> bytes:
    try:
        return context.objects.path(bucket, key).read_bytes()
    except AwsError as error:
        raise invalid_parameter(
            f"Error occurred while GetObject. S3 Error Code: {error.code}."
            f" S3 Error Message: {error.message}"
        ) from error


def keep_code(context: Context, name: str, code: Code) -> None:
    """Unpack the code for the function and keep its zip; doing it again changes nothing.

    Raises:
        AwsError: InvalidParameterValueException when the zip cannot be unpacked safely.
    """
    directory = code_directory(context, name, code.digest)
    if not directory.is_dir():
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent) as scratch:
            unpacked = Path(scratch) / "code"
            unpack_zip(code.content, unpacked)
            try:
                unpacked.rename(directory)
            except OSError:
                if not directory.is_dir():  # else another caller has put the same code there
                    raise
    bucket = _bucket(context)
    if not context.objects.bucket_exists(bucket):
        # Another function's creation may make it in the same moment.
        with contextlib.suppress(AwsError):
            context.objects.create_bucket(bucket)
    context.objects.put_bytes(bucket, _key(context, name, code.digest), code.content)


def drop_code(context: Context, name: str, keep_digest: str | None = None) -> None:
    """Remove the function's code, all of it or all but one."""
    prefix = _key(context, name, "")
    if context.objects.bucket_exists(_bucket(context)):
        for found in list(context.objects.list(_bucket(context), prefix)):
            if keep_digest is None or found.key != prefix + keep_digest:
                context.objects.delete(_bucket(context), found.key)
    root = code_directory(context, name, "").resolve()
    for directory in root.iterdir() if root.is_dir() else ():
        if directory.name != keep_digest:
            shutil.rmtree(directory, ignore_errors=True)
    if keep_digest is None and root.is_dir():
        shutil.rmtree(root, ignore_errors=True)


def functions_with_code(context: Context) -> list[str]:
    """The names of the functions of which there is unpacked code."""
    root = context.settings.data_dir / "functions"
    return sorted(directory.name for directory in root.iterdir()) if root.is_dir() else []


def code_directory(context: Context, name: str, digest: str) -> Path:
    """Where the unpacked code lies."""
    return context.settings.data_dir.resolve() / "functions" / name / digest


def code_location(context: Context, name: str, digest: str) -> str:
    """A URL, good for ten minutes as AWS's is, from which the zip can be fetched."""
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    key = _key(context, name, digest)
    request = AWSRequest("GET", f"{context.settings.endpoint_url}/{_bucket(context)}/{key}")
    credentials = Credentials("emulator", "emulator")
    S3SigV4QueryAuth(credentials, "s3", context.settings.region, expires=600).add_auth(request)
    return str(request.url)


def _bucket(context: Context) -> str:
    return f"awslambda-{context.settings.region}-tasks"


def _key(context: Context, name: str, digest: str) -> str:
    return f"snapshots/{context.settings.account_id}/{name}/{digest}"


def unpack_zip(content: bytes, target: Path) -> None:
    """Unpack into the target, which is made; nothing can land outside it.

    Raises:
        AwsError: InvalidParameterValueException: not a zip, too large, or entries that point
            outside (each is named).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            target.mkdir(parents=True)
            for entry in entries:
                _unpack_entry(archive, entry, target)
    except (*UNREADABLE, OSError) as error:
        raise invalid_parameter(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
            f" ({error})"
        ) from error


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    refused = [entry.filename for entry in entries if not _is_inside(entry)]
    if refused:
        raise invalid_parameter(
            "Could not unzip uploaded file: entries that are links, absolute or lead out of the"
            f" folder are refused: {', '.join(repr(name) for name in refused)}"
        )
    if sum(entry.file_size for entry in entries) > UNZIPPED_BYTES_AT_MOST:
        raise invalid_parameter(
            f"Unzipped size must be smaller than {UNZIPPED_BYTES_AT_MOST} bytes"
        )


def _is_inside(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    return not (is_link or path.is_absolute() or ".." in path.parts or not path.parts)


def _unpack_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    path = target / PurePosixPath(entry.filename.replace("\\", "/"))
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    write_file(archive, entry, path)


def last_modified(epoch_seconds: float) -> str:
    """The time in the form of FunctionConfiguration.LastModified."""
    milliseconds = int(epoch_seconds * 1000) % 1000
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(epoch_seconds))
    return f"{moment}.{milliseconds:03d}+0000"
