"""What lay under an S3 URI when a job read or wrote it, as the source types of an artifact.

SageMaker itself tracks S3 artifacts by URI alone (docs/decisions/0019-lineage-knows-contents.md).
"""

import hashlib
from itertools import islice
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.sagemaker.jobs.s3_uris import parse_s3_uri

# A listing of so many takes some 30 ms, which is what recording may cost at the very most.
_OBJECTS_AT_MOST = 10_000

SourceTypes = list[dict[str, Any]]


def source_types(context: Context, s3_uri: str) -> SourceTypes:
    """The ETag of a single object, an MD5 over the listing of a prefix, or nothing.

    Nothing where there is no object, or there are more than 10,000.
    """
    try:
        uri = parse_s3_uri(s3_uri)
        found = list(islice(context.objects.list(uri.bucket, uri.key), _OBJECTS_AT_MOST + 1))
    except AwsError:
        return []
    if not found or len(found) > _OBJECTS_AT_MOST:
        return []
    if [each.key for each in found] == [uri.key]:
        return [{"SourceIdType": "S3ETag", "Value": found[0].etag}]
    lines = "".join(f"{each.key.removeprefix(uri.key)}\t{each.etag}\n" for each in found)
    digest = hashlib.md5(lines.encode(), usedforsecurity=False).hexdigest()
    return [{"SourceIdType": "MD5Hash", "Value": digest}]
