"""Which of S3's operations a request asks for, by botocore's model.

Several operations share a method and a path; they differ by literal query keys in the URI
(``?tagging``) and by required members in the query or the headers (``uploadId``,
``x-amz-copy-source``). The operation with the most of them that the request has is the one.
"""

import functools
from dataclasses import dataclass

from botocore.model import OperationModel

from emulator.errors import AwsError, unsupported
from emulator.objects.rest.request import RestRequest
from emulator.protocol.models import load_service

_LEVELS = {"/": "service", "/{Bucket}": "bucket", "/{Bucket}/{Key+}": "object"}


@dataclass(frozen=True)
class _Route:
    operation: OperationModel
    query: tuple[tuple[str, str], ...]
    query_names: tuple[str, ...]
    header_names: tuple[str, ...]

    def matches(self, request: RestRequest) -> bool:
        return (
            all(request.query.get(name) == value for name, value in self.query)
            and all(name in request.query for name in self.query_names)
            and all(name in request.headers for name in self.header_names)
        )


def find_operation(request: RestRequest) -> OperationModel:
    """The operation that the request asks for.

    Raises:
        AwsError: UnsupportedByEmulator for a browser's form upload; MethodNotAllowed.
    """
    level = "object" if request.key else "bucket" if request.bucket else "service"
    for route in _routes().get((request.method, level), ()):
        if route.matches(request):
            return route.operation
    if (request.method, level) == ("POST", "bucket"):
        raise unsupported("S3 operation PostObject (upload by a browser's form) is not emulated.")
    raise AwsError(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        405,
        Method=request.method,
        ResourceType=level.upper(),
    )


@functools.cache
def _routes() -> dict[tuple[str, str], tuple[_Route, ...]]:
    model = load_service("s3")
    found: dict[tuple[str, str], list[_Route]] = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        path = operation.http["requestUri"].partition("?")[0]
        if path in _LEVELS and not operation.deprecated:
            place = (operation.http["method"], _LEVELS[path])
            found.setdefault(place, []).append(_route(operation))
    return {
        place: tuple(sorted(routes, key=_specificity, reverse=True))
        for place, routes in found.items()
    }


def _route(operation: OperationModel) -> _Route:
    query = operation.http["requestUri"].partition("?")[2]
    pairs = tuple(
        (name, value)
        for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)
    )
    names: dict[str, list[str]] = {"querystring": [], "header": []}
    shape = operation.input_shape
    for member_name in shape.required_members if shape else ():
        member = shape.members[member_name]
        location = member.serialization.get("location")
        if location in names:
            names[location].append(member.serialization.get("name", member_name))
    return _Route(
        operation,
        pairs,
        tuple(names["querystring"]),
        tuple(name.lower() for name in names["header"]),
    )


def _specificity(route: _Route) -> int:
    return len(route.query) + len(route.query_names) + len(route.header_names)
