"""S3 on disk: an index of keys over plain content files.

    names       which bucket names and keys S3 takes
    records     a bucket, an object, an upload and a part as frozen data
    versions    what a write or a deletion does in a bucket that has versions
    index       SQLite: which key is which content file, and all that S3 keeps beside the content
    content     the content files: written once under a random name, never changed
    checksums   S3's checksum algorithms
    storage     Objects: buckets and objects, each change atomic and durable
    uploads     multipart uploads
    rest        S3's REST API over it, an ASGI application

Rule: a key never becomes a path. A content file is visible only once the index names it, so a
process killed at any moment leaves whole objects only; files the index does not name are removed
at the next start.
"""

from emulator.objects.records import ObjectInfo
from emulator.objects.rest import make_s3_app
from emulator.objects.storage import Objects

__all__ = ["ObjectInfo", "Objects", "make_s3_app"]
