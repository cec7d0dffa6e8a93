"""S3 URIs."""

from dataclasses import dataclass

from emulator.errors import validation_error


@dataclass(frozen=True)
class S3Uri:
    """A bucket and a key or key prefix in it."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}" if self.key else f"s3://{self.bucket}"

    def join(self, relative: str) -> "S3Uri":
        """The URI of something below this one taken as a folder."""
        folder = self.key.rstrip("/")
        return S3Uri(self.bucket, f"{folder}/{relative}" if folder else relative)


def parse_s3_uri(text: str) -> S3Uri:
    """Read ``s3://bucket/key``.

    Raises:
        AwsError: ValidationException, also for the https form that AWS's pattern lets through.
    """
    scheme, separator, rest = text.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not separator or not bucket:
        raise validation_error(f'Invalid S3 URI "{text}": expected s3://BUCKET/KEY')
    return S3Uri(bucket, key)
