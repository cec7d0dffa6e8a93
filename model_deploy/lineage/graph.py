"""The part of SageMaker's lineage graph that can be reached from an entity, by QueryLineage."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

ASCENDANTS, DESCENDANTS = "Ascendants", "Descendants"
# As far as one query goes. Source: MaxDepth of QueryLineage.
_DEPTH = 10


@dataclass(frozen=True)
class Entity:
    """A vertex: what it is in SageMaker's words.

    Attributes:
        lineage_type: TrialComponent, Artifact, Context or Action.
        type: DataSet, Model, TrainingJob, ...; "" where it says none.
    """

    arn: str
    lineage_type: str
    type: str

    @property
    def name(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class Graph:
    """Entities by ARN, and the ARNs at both ends of each association."""

    entities: dict[str, Entity]
    edges: frozenset[tuple[str, str]]

    def before(self, arn: str, *types: str) -> list[Entity]:
        """What leads to an entity, of these types if any are given."""
        return self._of((source for source, end in self.edges if end == arn), types)

    def behind(self, arn: str, *types: str) -> list[Entity]:
        """What an entity leads to, of these types if any are given."""
        return self._of((end for source, end in self.edges if source == arn), types)

    def _of(self, arns: Iterable[str], types: tuple[str, ...]) -> list[Entity]:
        found = (self.entities[arn] for arn in arns if arn in self.entities)
        chosen = (entity for entity in found if not types or entity.type in types)
        return sorted(chosen, key=lambda entity: (entity.type, entity.arn))


def reachable(sagemaker: Any, start_arn: str, direction: str) -> Graph:
    """All that can be reached from an entity, however far: queries go on where one has ended."""
    entities: dict[str, Entity] = {}
    edges: set[tuple[str, str]] = set()
    left, asked = [start_arn], set[str]()
    while left:
        arn = left.pop()
        if arn in asked:
            continue
        asked.add(arn)
        found: set[tuple[str, str]] = set()
        for page in _pages(sagemaker, arn, direction):
            for vertex in page["Vertices"]:
                entity = Entity(vertex["Arn"], vertex["LineageType"], vertex.get("Type", ""))
                entities[entity.arn] = entity
            found |= {(edge["SourceArn"], edge["DestinationArn"]) for edge in page["Edges"]}
        edges |= found
        left += _at_the_end(arn, found, direction)
    return Graph(entities, frozenset(edges))


def _pages(sagemaker: Any, arn: str, direction: str) -> Iterator[dict[str, Any]]:
    request: dict[str, Any] = {
        "StartArns": [arn],
        "Direction": direction,
        "IncludeEdges": True,
        "MaxDepth": _DEPTH,
    }
    while True:
        page = sagemaker.query_lineage(**request)
        yield page
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def _at_the_end(start: str, edges: set[tuple[str, str]], direction: str) -> list[str]:
    """The entities as far away as a query goes, where the next has to begin."""
    level, seen = {start}, {start}
    for _ in range(_DEPTH):
        if direction == DESCENDANTS:
            beyond = {end for source, end in edges if source in level}
        else:
            beyond = {source for source, end in edges if end in level}
        level = beyond - seen
        seen |= level
    return sorted(level)
