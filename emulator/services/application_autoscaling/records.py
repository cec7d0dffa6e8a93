"""Scalable targets and policies in the store, and what they are about."""

import re
from dataclasses import dataclass
from typing import Any

from emulator.context import Context, Request
from emulator.errors import AwsError, unsupported

TARGET = "ScalableTarget"
POLICY = "ScalingPolicy"
ACTIVITY = "ScalingActivity"
NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_RESOURCE = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")


@dataclass(frozen=True)
class Variant:
    """A production variant of an endpoint."""

    endpoint: str
    variant: str


def variant_of(resource_id: str) -> Variant:
    """The variant that a ResourceId names.

    Raises:
        AwsError: ValidationException.
    """
    match = _RESOURCE.fullmatch(resource_id)
    if match is None:
        raise AwsError(
            "ValidationException",
            f"Unsupported resource type: got ResourceId {resource_id!r}, expected"
            " endpoint/ENDPOINT/variant/VARIANT.",
        )
    return Variant(match["endpoint"], match["variant"])


def check_kind(request: Request) -> None:
    """Refuse what is no variant's number of instances.

    Raises:
        AwsError: UnsupportedByEmulator.
    """
    namespace, dimension = request["ServiceNamespace"], request.get("ScalableDimension", DIMENSION)
    if (namespace, dimension) != (NAMESPACE, DIMENSION):
        raise unsupported(
            f"Application Auto Scaling of {namespace} {dimension} is not emulated, only of"
            f" {NAMESPACE} {DIMENSION}."
        )


def existing_target(context: Context, resource_id: str) -> dict[str, Any]:
    """The scalable target's document.

    Raises:
        AwsError: ObjectNotFoundException.
    """
    found = context.store.get(TARGET, resource_id)
    if found is None:
        raise AwsError(
            "ObjectNotFoundException",
            f"No scalable target registered for service namespace: {NAMESPACE}, resource ID:"
            f" {resource_id}, scalable dimension: {DIMENSION}",
        )
    return found


def policy_key(resource_id: str, name: str) -> str:
    """What a policy is called in the store."""
    return f"{resource_id}|{name}"
