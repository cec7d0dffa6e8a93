"""Operation name -> handler."""

from collections.abc import Mapping

from emulator.errors import unsupported
from emulator.objects.rest import (
    attributes,
    buckets,
    configuration,
    copying,
    listing,
    listing_uploads,
    listing_versions,
    multipart,
    reading,
    tagging,
    writing,
)
from emulator.objects.rest.call import Handler

_HANDLERS: Mapping[str, Handler] = {
    **attributes.OPERATIONS,
    **buckets.OPERATIONS,
    **configuration.OPERATIONS,
    **copying.OPERATIONS,
    **listing.OPERATIONS,
    **listing_uploads.OPERATIONS,
    **listing_versions.OPERATIONS,
    **multipart.OPERATIONS,
    **reading.OPERATIONS,
    **tagging.OPERATIONS,
    **writing.OPERATIONS,
}


def find(operation: str) -> Handler:
    """The operation's handler.

    Raises:
        AwsError: UnsupportedByEmulator.
    """
    handler = _HANDLERS.get(operation)
    if handler is None:
        raise unsupported(f"S3 operation {operation} is not emulated.")
    return handler
