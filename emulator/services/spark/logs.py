"""Log files in S3, where EMR and EMR Serverless put them."""

import gzip
import tempfile
from collections.abc import Mapping
from pathlib import Path

from emulator.context import Context
from emulator.services.sagemaker.jobs.s3_uris import parse_s3_uri


def write_logs(context: Context, folder_s3_uri: str, files: Mapping[str, bytes]) -> None:
    """Put the files into S3, compressed, as NAME.gz; EMR's logs of a bucket that is gone are, too.

    Raises:
        AwsError: The URI is none.
    """
    uri = parse_s3_uri(folder_s3_uri.replace("s3n://", "s3://", 1))
    if not context.objects.bucket_exists(uri.bucket):
        return
    with tempfile.TemporaryDirectory(dir=context.settings.data_dir) as directory:
        for name, content in files.items():
            packed = Path(directory, f"{name}.gz")
            packed.write_bytes(gzip.compress(content, mtime=0))
            target = uri.join(packed.name)
            context.objects.put_file(target.bucket, target.key, packed)
