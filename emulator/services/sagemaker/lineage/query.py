"""QueryLineage: what is connected to an entity, how far away, and over which associations."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import resource_not_found, validation_error
from emulator.page_tokens import entry_before, token_after
from emulator.services.sagemaker.lineage import associations, vertices
from emulator.services.sagemaker.lineage.vertices import Vertex
from emulator.store import Document

# Source: QueryLineageMaxDepth and QueryLineageMaxResults in botocore's model: the most is 10 and
# 50; neither says a default, and the SageMaker SDK asks for a depth of 10 and for no size.
_MAX_DEPTH, _MAX_RESULTS = 10, 50
_LIST_NAME = "sagemaker/QueryLineage"


@dataclass(frozen=True)
class Reached:
    """A vertex that the walk came to; associations tell its type, so none is read for it.

    Attributes:
        depth: The number of associations from the start.
    """

    arn: str
    type: str | None
    depth: int


@dataclass
class Walk:
    """What was reached from the start.

    Attributes:
        vertices: By ARN.
        edges: The associations that were walked over, by their two ends.
    """

    vertices: dict[str, Reached]
    edges: dict[tuple[str, str], Document] = field(default_factory=dict)


def query_lineage(context: Context, request: Request) -> Answer:
    """The start and what is connected to it, nearest first, by pages.

    With IncludeEdges the answer also has what lies on the way to the vertices that the filters
    want, and each association between two vertices once, with the later one.

    Raises:
        AwsError: ResourceNotFound: no such start. ValidationException: no StartArns, or a
            NextToken of another query.
    """
    start = _start(context, request)
    walk = _walk(context, start, request.get("Direction", "Both"), _depth(request))
    filters = request.get("Filters", {})
    shown = {arn for arn, each in walk.vertices.items() if _is_wanted(context, each, filters)}
    has_edges = bool(request.get("IncludeEdges"))
    if has_edges:
        shown |= _ways_to(walk, shown)
    order = sorted((walk.vertices[arn].depth, arn) for arn in shown)
    begin = _passed(order, request.get("NextToken"))
    end = begin + min(request.get("MaxResults", _MAX_RESULTS), _MAX_RESULTS)
    page = {arn for _, arn in order[begin:end]}
    earlier = {arn for _, arn in order[:begin]}
    more = end < len(order)
    return {
        "Vertices": [_described(walk.vertices[arn]) for _, arn in order[begin:end]],
        "Edges": [_edge(each) for each in _edges_of(walk, earlier, page)] if has_edges else [],
        "NextToken": token_after(_LIST_NAME, json.dumps(order[end - 1])) if more else None,
    }


def _start(context: Context, request: Request) -> Vertex:
    arns = request.get("StartArns")
    if not arns:
        raise validation_error("QueryLineage needs StartArns: the ARN of one lineage entity.")
    vertex = vertices.find(context, arns[0])
    if vertex is None:
        raise resource_not_found(f"There is no lineage entity {arns[0]}.")
    return vertex


def _depth(request: Request) -> int:
    depth: int = request.get("MaxDepth", _MAX_DEPTH)
    if depth < 0:
        raise validation_error(f"MaxDepth {depth} must be at least 0.")
    return depth


def _walk(context: Context, start: Vertex, direction: str, max_depth: int) -> Walk:
    """Breadth first, level by level; Both goes over each association either way."""
    walk = Walk({start.arn: Reached(start.arn, start.type, 0)})
    level = [start.arn]
    for depth in range(1, max_depth + 1):
        reached = []
        for edge in _edges_at(context, level, direction):
            walk.edges[edge["SourceArn"], edge["DestinationArn"]] = edge
            for end in ("Source", "Destination"):
                arn = edge[f"{end}Arn"]
                if arn not in walk.vertices:
                    walk.vertices[arn] = Reached(arn, edge.get(f"{end}Type"), depth)
                    reached.append(arn)
        if not reached:
            break
        level = reached
    return walk


def _edges_at(context: Context, level: list[str], direction: str) -> Iterator[Document]:
    if direction != "Ascendants":
        yield from associations.of_sources(context, level)
    if direction != "Descendants":
        yield from associations.of_destinations(context, level)


def _is_wanted(context: Context, reached: Reached, filters: Mapping[str, Any]) -> bool:
    if reached.type not in filters.get("Types", [reached.type]):
        return False
    lineage_type = vertices.lineage_type_of(reached.arn)
    if lineage_type not in filters.get("LineageTypes", [lineage_type]):
        return False
    if not filters.keys() - {"Types", "LineageTypes"}:
        return True
    vertex = vertices.find(context, reached.arn)
    return vertex is not None and _matches(vertex, filters)


def _matches(vertex: Vertex, filters: Mapping[str, Any]) -> bool:
    """Source: QueryFilters: of several Properties any one is enough."""
    pairs = filters.get("Properties", {}).items()
    if pairs and not any(vertex.properties.get(key) == value for key, value in pairs):
        return False
    return bool(
        vertex.created >= filters.get("CreatedAfter", vertex.created)
        and vertex.created <= filters.get("CreatedBefore", vertex.created)
        and vertex.modified >= filters.get("ModifiedAfter", vertex.modified)
        and vertex.modified <= filters.get("ModifiedBefore", vertex.modified)
    )


def _ways_to(walk: Walk, wanted: set[str]) -> set[str]:
    """What lies on the shortest ways from the start to the vertices.

    Source: IncludeEdges: "also the Associations and lineage entities on the path".
    """
    if len(wanted) == len(walk.vertices):
        return wanted
    nearer: dict[str, list[str]] = {}
    for source, destination in walk.edges:
        for near, far in ((source, destination), (destination, source)):
            if walk.vertices[near].depth == walk.vertices[far].depth - 1:
                nearer.setdefault(far, []).append(near)
    kept, left = set(wanted), list(wanted)
    while left:
        for near in nearer.get(left.pop(), []):
            if near not in kept:
                kept.add(near)
                left.append(near)
    return kept


def _edges_of(walk: Walk, earlier: set[str], page: set[str]) -> Iterator[Document]:
    """The associations between the page's vertices, and from these to those of earlier pages."""
    for (source, destination), edge in walk.edges.items():
        if source in page:
            if destination in page or destination in earlier:
                yield edge
        elif destination in page and source in earlier:
            yield edge


def _passed(order: list[tuple[int, str]], token: str | None) -> int:
    if token is None:
        return 0
    try:
        last = tuple(json.loads(entry_before(_LIST_NAME, token)))
        return sum(each <= last for each in order)
    except (ValueError, TypeError) as error:
        raise validation_error(f"NextToken {token!r} is none that this operation gave.") from error


def _described(reached: Reached) -> dict[str, str | None]:
    described = {"Arn": reached.arn, "LineageType": vertices.lineage_type_of(reached.arn)}
    return described | ({"Type": reached.type} if reached.type else {})


def _edge(association: Document) -> dict[str, str]:
    keys = ("SourceArn", "DestinationArn", "AssociationType")
    return {key: association[key] for key in keys if key in association}


OPERATIONS: Mapping[str, Handler] = {"QueryLineage": query_lineage}
