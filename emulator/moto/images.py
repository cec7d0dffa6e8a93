"""ECR's images: whose files a job runs, and whose can go.

Moto knows the repositories, tags and digests; the files are in the image store.
"""

import json
import re
from typing import Any

from emulator.containers.image_store import ImageStore
from emulator.containers.images import Image
from emulator.context import Context
from emulator.moto.requests import MotoRequest, json_request
from emulator.moto.state import journal_exists, state_of

# PutImage also, because a tag that moves leaves an image without one, which moto then forgets.
_MAY_REMOVE = ("BatchDeleteImage", "DeleteRepository", "PutImage")
_IMAGE_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
    r"(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def find_pushed(context: Context, image_uri: str) -> Image | None:
    """The image of a URI, where a build has pushed it to the account's own registry.

    Moto is not loaded where no build has made an image.

    Raises:
        RecipeInvalid: Its recipe has faults.
    """
    store = ImageStore(context.settings.images_dir)
    found = _IMAGE_URI.fullmatch(image_uri)
    settings = context.settings
    own = (settings.account_id, settings.region)
    if found is None or (found["account"], found["region"]) != own or store.is_empty:
        return None
    digest = _digest(context, found["repository"], found["tag"], found["digest"])
    stored = store.find(digest) if digest else None
    return stored.image(image_uri) if stored else None


def may_have_removed(request: MotoRequest) -> bool:
    """Whether the request can be the end of an image."""
    return request.service == "ecr" and request.operation in _MAY_REMOVE


def remove_unregistered(context: Context) -> None:
    """Remove the files of the images that ECR does not have any more, nor a build that runs."""
    ImageStore(context.settings.images_dir).sweep(lambda: _registered(context))


def _digest(context: Context, repository: str, tag: str | None, digest: str | None) -> str | None:
    wanted = {"imageDigest": digest} if digest else {"imageTag": tag or "latest"}
    answer = _ask(context, "DescribeImages", repositoryName=repository, imageIds=[wanted])
    return next((each["imageDigest"] for each in answer.get("imageDetails", ())), None)


def _registered(context: Context) -> set[str]:
    repositories = _ask(context, "DescribeRepositories").get("repositories", ())
    return {
        image["imageDigest"]
        for repository in repositories
        for image in _ask(
            context, "DescribeImages", repositoryName=repository["repositoryName"]
        ).get("imageDetails", ())
    }


def _ask(context: Context, operation: str, **parameters: object) -> dict[str, Any]:
    """ECR's answer; empty where it has none, such as for an image that is not there."""
    if not journal_exists(context):
        return {}
    request = json_request("ecr", context.settings.region, operation, **parameters)
    status, _, body = state_of(context).answer(request)
    found: dict[str, Any] = json.loads(body) if status == 200 else {}
    return found
