"""Property names of Search, read against botocore's shape of the resource.

A name is a path through the shape: members in any case, lists passed through, and behind a map the
key, which may itself have dots. Source: API_Filter ("Metrics.<name>", "HyperParameters.<name>",
"Tags.<key>") and API_SearchRecord ("For valid property names").
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

Values = Iterator[Any]
Read = Callable[[Any], Values]


class UnknownProperty(Exception):
    """The resource has no property of that name."""

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__(f"Unknown property name: {name}{f' ({hint})' if hint else ''}")


class Kind(Enum):
    """What a property's values are, and so which operators it takes."""

    TEXT = "text"
    NUMBER = "numeric"
    TIME = "timestamp"
    BOOLEAN = "Boolean"
    # The text of a hyperparameter, or the value of a parameter: a number where it is one.
    MIXED = "numeric or text"
    STRUCTURE = "structure"


@dataclass(frozen=True)
class Property:
    """A property of a resource.

    Attributes:
        path: The members that it goes through, as botocore spells them.
        read: Its values in a record; several where the path goes through a list.
        element: The shape of a list's elements, where the property is a list of structures.
    """

    kind: Kind
    path: tuple[str, ...]
    read: Read
    element: StructureShape | None = None


_KINDS: Mapping[str, Kind] = {
    "string": Kind.TEXT,
    "timestamp": Kind.TIME,
    "boolean": Kind.BOOLEAN,
    **dict.fromkeys(("integer", "long", "float", "double"), Kind.NUMBER),
    **dict.fromkeys(("structure", "list", "map"), Kind.STRUCTURE),
}
_FINAL_METRICS, _SUMMARIES = "FinalMetricDataList", "TrialComponentMetricSummaries"
STATISTICS = ("Min", "Max", "Avg", "Last", "StdDev", "Count")
_PARAMETER_VALUES = ("NumberValue", "StringValue")


def find_property(shape: Shape, name: str) -> Property:
    """The property of that name.

    Raises:
        UnknownProperty: The resource has none.
    """
    return _walk(shape, name, name)


def _walk(shape: Shape, rest: str, name: str) -> Property:
    """What lies behind the rest of the name in the shape."""
    if not rest:
        return _end(shape)
    if isinstance(shape, ListShape):
        inner = _walk(shape.member, rest, name)
        return Property(inner.kind, inner.path, _of_each(inner.read), inner.element)
    if isinstance(shape, MapShape):
        return _entry(shape, rest, name)
    if not isinstance(shape, StructureShape):
        raise UnknownProperty(name)
    first, dot, behind = rest.partition(".")
    if dot and not behind:
        raise UnknownProperty(name)
    special = _SPECIAL.get(first.lower()) if behind else None
    found = special(shape, behind, name) if special else None
    return found or _member(shape, first, behind, name)


def _end(shape: Shape) -> Property:
    member = shape.member if isinstance(shape, ListShape) else None
    element = member if isinstance(member, StructureShape) else None
    if member is not None and element is None:  # a list of texts has the values of its elements
        return Property(_KINDS[member.type_name], (), iter)
    return Property(_KINDS[shape.type_name], (), _itself, element)


def _member(shape: StructureShape, first: str, behind: str, name: str) -> Property:
    member = next((each for each in shape.members if each.lower() == first.lower()), None)
    if member is None:
        raise UnknownProperty(name)
    inner = _walk(shape.members[member], behind, name)
    return Property(
        inner.kind, (member, *inner.path), _of_member(member, inner.read), inner.element
    )


def _entry(shape: MapShape, key: str, name: str) -> Property:
    """A map's entry: the rest of the name is its key, but for the member behind an artifact's."""
    value = shape.value
    if not isinstance(value, StructureShape):
        return Property(_KINDS[value.type_name], (key,), _of_member(key, _itself))
    if _PARAMETER_VALUES[0] in value.members:
        return Property(Kind.MIXED, (key,), _of_member(key, _first_of(_PARAMETER_VALUES)))
    start, _, last = key.rpartition(".")
    if start and last in value.members:
        inner = _walk(value, last, name)
        return Property(inner.kind, (start, *inner.path), _of_member(start, inner.read))
    return Property(Kind.STRUCTURE, (key,), _of_member(key, _itself))


def _itself(value: Any) -> Values:
    yield value


def _of_each(read: Read) -> Read:
    def of_each(values: Any) -> Values:
        for value in values:
            yield from read(value)

    return of_each


def _of_member(member: str, read: Read) -> Read:
    def of_member(value: Any) -> Values:
        found = value.get(member)
        if found is not None:
            yield from read(found)

    return of_member


def _first_of(members: tuple[str, ...]) -> Read:
    def first_of(value: Any) -> Values:
        yield from (value[member] for member in members if member in value)

    return first_of


def _named(name_key: str, name: str, value_key: str) -> Read:
    def named(items: Any) -> Values:
        for item in items:
            if item.get(name_key) == name and value_key in item:
                yield item[value_key]

    return named


def _metric(shape: StructureShape, behind: str, name: str) -> Property | None:
    """A training job's last value of a metric, or a statistic of a trial component's."""
    if _FINAL_METRICS in shape.members:
        read = _named("MetricName", behind, "Value")
        return Property(Kind.NUMBER, (_FINAL_METRICS,), _of_member(_FINAL_METRICS, read))
    metrics = shape.members.get("Metrics")
    if metrics is None or metrics.name != _SUMMARIES:
        return None
    metric, _, statistic = behind.rpartition(".")
    found = next((each for each in STATISTICS if each.lower() == statistic.lower()), None)
    if found is None or not metric:
        raise UnknownProperty(name, f"expected Metrics.<name>.{'|'.join(STATISTICS)}")
    read = _named("MetricName", metric, found)
    return Property(Kind.NUMBER, ("Metrics",), _of_member("Metrics", read))


def _hyperparameter(shape: StructureShape, behind: str, _: str) -> Property | None:
    member = "HyperParameters"
    if member not in shape.members:
        return None
    read = _of_member(member, _of_member(behind, _itself))
    return Property(Kind.MIXED, (member, behind), read)


def _tag(shape: StructureShape, behind: str, _: str) -> Property | None:
    if "Tags" not in shape.members:
        return None
    return Property(Kind.TEXT, ("Tags",), _of_member("Tags", _named("Key", behind, "Value")))


_SPECIAL: Mapping[str, Callable[[StructureShape, str, str], Property | None]] = {
    "metrics": _metric,
    "hyperparameters": _hyperparameter,
    "tags": _tag,
}


def property_names(shape: Shape) -> list[str]:
    """The names that the shape of a resource can tell, sorted.

    Without what depends on the resource: keys of maps, and names of metrics and tags.
    """
    return sorted(_names(shape, "", ()))


def _names(shape: Shape, prefix: str, outer: tuple[str, ...]) -> Iterator[str]:
    if isinstance(shape, ListShape):
        yield from _names(shape.member, prefix, outer)
    elif isinstance(shape, StructureShape):
        if shape.name not in outer:
            plain = (each for each in shape.members if each.lower() not in _SPECIAL)
            for member in plain:
                name = f"{prefix}.{member}" if prefix else member
                yield from _names(shape.members[member], name, (*outer, shape.name))
    elif prefix and not isinstance(shape, MapShape):
        yield prefix
