"""Tags of a resource that is there already, put as they are to be."""

from typing import Any

from emulator.services.cloudformation.resources.provider import Work


def retag(
    work: Work,
    service: str,
    resource: dict[str, Any],
    put: tuple[str, str] = ("TagResource", "Tags"),
    remove: tuple[str, str] = ("UntagResource", "TagKeys"),
    *,
    as_map: bool = False,
    own: bool = False,
) -> None:
    """Add and overwrite the tags that are to be, and remove those that are no more.

    Args:
        work: With the tags as they are to be and as they were.
        service: Botocore's name.
        resource: The member that names the resource, with its value.
        put: The operation that adds, with the member that takes the tags.
        remove: The operation that removes, with the member that takes the keys.
        as_map: Whether the service takes tags by key and not as a list.
        own: Whether the service refuses the tags that only AWS may give.
    """
    if work.removed_tags():
        work.call(service, remove[0], **resource, **{remove[1]: work.removed_tags()})
    if work.tags and work.tags != work.tags_before:
        chosen = work.own_tags() if own else dict(work.tags)
        tags = chosen if as_map else [{"Key": k, "Value": v} for k, v in chosen.items()]
        work.call(service, put[0], **resource, **{put[1]: tags})
