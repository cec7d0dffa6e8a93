"""A cluster's tags."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.services.emr.records import CLUSTER, existing_cluster
from emulator.store import Document


def add_tags(context: Context, request: Request) -> Answer:
    """Add tags to a cluster, or give those that it has new values."""
    existing_cluster(context, request["ResourceId"])
    added = {tag["Key"]: tag.get("Value", "") for tag in request["Tags"]}

    def add(cluster: Document) -> None:
        tags = {tag["Key"]: tag.get("Value", "") for tag in cluster["Tags"]} | added
        cluster["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]

    context.store.update(CLUSTER, request["ResourceId"], add)
    return {}


def remove_tags(context: Context, request: Request) -> Answer:
    """Remove a cluster's tags by key."""
    existing_cluster(context, request["ResourceId"])

    def remove(cluster: Document) -> None:
        cluster["Tags"] = [tag for tag in cluster["Tags"] if tag["Key"] not in request["TagKeys"]]

    context.store.update(CLUSTER, request["ResourceId"], remove)
    return {}


OPERATIONS: Mapping[str, Handler] = {"AddTags": add_tags, "RemoveTags": remove_tags}
