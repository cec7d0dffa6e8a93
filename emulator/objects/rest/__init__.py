"""S3's REST API over the objects on disk.

    request        bucket, key, query and headers of an HTTP request
    routes         which operation it asks for
    presigned      whether its address is still good
    body, chunked  its body: batches of content, or a document, checked
    members, xml   its members by botocore's model, and an answer's back
    refusals       what would be promised and not done: ACLs, locks, keys of the caller's own
    conditions     If-Match and its like
    encryption     as what an object is said to be encrypted
    handlers       operation name -> handler: buckets, configuration, reading, writing, copying,
                   listing, listing_versions, listing_uploads, tagging, multipart, attributes
    app            all of it as an ASGI application

Rule: an operation without a handler is refused by its name, never with an empty success.
"""

from emulator.objects.rest.app import make_s3_app

__all__ = ["make_s3_app"]
