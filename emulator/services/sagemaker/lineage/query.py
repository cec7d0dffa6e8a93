"""QueryLineage: what is connected to an entity, how far away, and over which associations."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import resource_not_found, unsupported, validation_error
from emulator.page_tokens import entry_before, token_after
from emulator.services.sagemaker.lineage import associations, vertices
from emulator.services.sagemaker.lineage.vertices import Vertex
from emulator.store import Document

# Source: QueryLineageMaxDepth and QueryLineageMaxResults in botocore's model: the most is 10 and
# 50; neither says a default, and the SageMaker SDK asks for a depth of 10 and for no size.
_MAX_DEPTH, _MAX_RESULTS = 10, 50
_LIST_NAME = "sagemaker/QueryLineage"


@dataclass
class Walk:
    """What was reached from the start.

    Attributes:
        depths: By ARN, the number of associations from the start.
        edges: The associations that were walked over, by their two ends.
    """

    depths: dict[str, int]
    edges: dict[tuple[str, str], Document] = field(default_factory=dict)


def query_lineage(context: Context, request: Request) -> Answer:
    """The start and what is connected to it, nearest first, by pages.

    With IncludeEdges the answer also has what lies on the way to the vertices that the filters
    want, and each association between two vertices once, with the later one.

    Raises:
        AwsError: ResourceNotFound: no such start. ValidationException: a NextToken of another
            query. UnsupportedByEmulator: no StartArns.
    """
    start = _start(context, request)
    walk = _walk(context, start, request.get("Direction", "Both"), _depth(request))
    wanted = list(_wanted(context, walk, request.get("Filters", {})))
    has_edges = bool(request.get("IncludeEdges"))
    shown = _with_way(context, walk, wanted) if has_edges else wanted
    order = sorted((walk.depths[vertex.arn], vertex.arn) for vertex in shown)
    begin = _passed(order, request.get("NextToken"))
    end = begin + min(request.get("MaxResults", _MAX_RESULTS), _MAX_RESULTS)
    by_arn = {vertex.arn: vertex for vertex in shown}
    page = [by_arn[arn] for _, arn in order[begin:end]]
    earlier = {arn for _, arn in order[:begin]}
    edges = _edges_of(walk, earlier, {vertex.arn for vertex in page}) if has_edges else []
    more = end < len(order)
    return {
        "Vertices": [_described(vertex) for vertex in page],
        "Edges": [_edge(each) for each in edges],
        "NextToken": token_after(_LIST_NAME, json.dumps(order[end - 1])) if more else None,
    }


def _start(context: Context, request: Request) -> str:
    arns = request.get("StartArns")
    if not arns:
        raise unsupported("QueryLineage without StartArns is not emulated.")
    vertex = vertices.find(context, arns[0])
    if vertex is None:
        raise resource_not_found(f"There is no lineage entity {arns[0]}.")
    return vertex.arn


def _depth(request: Request) -> int:
    depth: int = request.get("MaxDepth", _MAX_DEPTH)
    if depth < 0:
        raise validation_error(f"MaxDepth {depth} must be at least 0.")
    return depth


def _walk(context: Context, start: str, direction: str, max_depth: int) -> Walk:
    """Breadth first, level by level; Both goes over each association either way."""
    walk = Walk({start: 0})
    level = [start]
    for depth in range(1, max_depth + 1):
        reached = []
        for arn in level:
            for edge, other in _neighbours(context, arn, direction):
                walk.edges[edge["SourceArn"], edge["DestinationArn"]] = edge
                if other not in walk.depths:
                    walk.depths[other] = depth
                    reached.append(other)
        if not reached:
            break
        level = reached
    return walk


def _neighbours(context: Context, arn: str, direction: str) -> Iterator[tuple[Document, str]]:
    if direction != "Ascendants":
        for edge in associations.of_source(context, arn):
            yield edge, edge["DestinationArn"]
    if direction != "Descendants":
        for edge in associations.of_destination(context, arn):
            yield edge, edge["SourceArn"]


def _wanted(context: Context, walk: Walk, filters: Mapping[str, Any]) -> Iterator[Vertex]:
    """The reached vertices that match all filters."""
    for vertex in _found(context, walk.depths):
        if _matches(vertex, filters):
            yield vertex


def _found(context: Context, arns: Iterable[str]) -> Iterator[Vertex]:
    for arn in arns:
        vertex = vertices.find(context, arn)
        if vertex is not None:
            yield vertex


def _matches(vertex: Vertex, filters: Mapping[str, Any]) -> bool:
    """Source: QueryFilters: of several Properties any one is enough."""
    if vertex.type not in filters.get("Types", [vertex.type]):
        return False
    if vertex.lineage_type not in filters.get("LineageTypes", [vertex.lineage_type]):
        return False
    pairs = filters.get("Properties", {}).items()
    if pairs and not any(vertex.properties.get(key) == value for key, value in pairs):
        return False
    return bool(
        vertex.created >= filters.get("CreatedAfter", vertex.created)
        and vertex.created <= filters.get("CreatedBefore", vertex.created)
        and vertex.modified >= filters.get("ModifiedAfter", vertex.modified)
        and vertex.modified <= filters.get("ModifiedBefore", vertex.modified)
    )


def _with_way(context: Context, walk: Walk, wanted: list[Vertex]) -> list[Vertex]:
    """The vertices, and those on the shortest ways from the start to them.

    Source: IncludeEdges: "also the Associations and lineage entities on the path".
    """
    nearer: dict[str, list[str]] = {}
    for source, destination in walk.edges:
        for near, far in ((source, destination), (destination, source)):
            if walk.depths[near] == walk.depths[far] - 1:
                nearer.setdefault(far, []).append(near)
    kept = {vertex.arn for vertex in wanted}
    left = list(kept)
    while left:
        for near in nearer.get(left.pop(), []):
            if near not in kept:
                kept.add(near)
                left.append(near)
    known = {vertex.arn for vertex in wanted}
    return [*wanted, *_found(context, kept - known)]


def _edges_of(walk: Walk, earlier: set[str], page: set[str]) -> Iterator[Document]:
    """The associations between the page's vertices, and from these to those of earlier pages."""
    for (source, destination), edge in walk.edges.items():
        ends = {source, destination}
        if ends & page and ends <= page | earlier:
            yield edge


def _passed(order: list[tuple[int, str]], token: str | None) -> int:
    if token is None:
        return 0
    try:
        last = tuple(json.loads(entry_before(_LIST_NAME, token)))
        return sum(each <= last for each in order)
    except (ValueError, TypeError) as error:
        raise validation_error(f"NextToken {token!r} is none that this operation gave.") from error


def _described(vertex: Vertex) -> dict[str, str]:
    described = {"Arn": vertex.arn, "LineageType": vertex.lineage_type}
    return described | ({"Type": vertex.type} if vertex.type else {})


def _edge(association: Document) -> dict[str, str]:
    keys = ("SourceArn", "DestinationArn", "AssociationType")
    return {key: association[key] for key in keys if key in association}


OPERATIONS: Mapping[str, Handler] = {"QueryLineage": query_lineage}
