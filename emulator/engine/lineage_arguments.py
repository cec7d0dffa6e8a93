"""The Arguments of a Lineage step: entities to create, and associations between them.

Source: `LineageStep` of SageMaker SDK v3; the limits are those of LineageMetadata in botocore,
which is what the step can say of itself.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import StructureShape

from emulator.engine.definition import Step
from emulator.engine.references import is_expression
from emulator.protocol.models import load_service
from emulator.protocol.validate import check

ENTITIES_AT_MOST, ASSOCIATIONS_AT_MOST = 5, 10
_ENDS = ("Source", "Destination")


@dataclass(frozen=True)
class LineageEntities:
    """One list of entities in the Arguments.

    Attributes:
        type: What an association calls an entity of the list.
        member: The list.
        arns: The step's property that holds the ARNs, by the entities' names.
    """

    type: str
    member: str
    arns: str

    @property
    def name_key(self) -> str:
        """The member of an entity that holds its name."""
        return f"{self.type}Name"

    @property
    def operation(self) -> str:
        """The operation that creates an entity."""
        return f"Create{self.type}"

    @property
    def shape(self) -> StructureShape:
        """What an entity in the Arguments is: the operation's input."""
        found: StructureShape = (
            load_service("sagemaker").operation_model(self.operation).input_shape
        )
        return found


# In the order in which the step creates them.
LISTS = (
    LineageEntities("Action", "Actions", "ActionArns"),
    LineageEntities("Artifact", "Artifacts", "ArtifactArns"),
    LineageEntities("Context", "Contexts", "ContextArns"),
)
_MEMBERS = (*(each.member for each in LISTS), "Associations")


def lineage_faults(step: Step) -> list[str]:
    """What is wrong with the Arguments, as far as no expression hides it."""
    arguments = step.arguments
    faults = [f"Unknown Argument member '{key}'" for key in arguments if key not in _MEMBERS]
    if not any(arguments.get(member) for member in _MEMBERS):
        faults.append(f"Arguments must hold at least one of {', '.join(_MEMBERS)}")
    for each in LISTS:
        faults += _entity_faults(each, arguments.get(each.member, []))
    associations = arguments.get("Associations", [])
    faults += _list_faults("Associations", associations, ASSOCIATIONS_AT_MOST)
    if isinstance(associations, list):
        for number, association in enumerate(associations):
            where = f"Associations[{number}]"
            faults += [f"{where}: {fault}" for fault in _association_faults(association, step)]
    return faults


def entity_names(step: Step, arns: str) -> list[str]:
    """The names of the entities whose ARNs one of the step's properties holds."""
    member = next((each for each in LISTS if each.arns == arns), None)
    entities = step.arguments.get(member.member, []) if member else []
    if member is None or not isinstance(entities, list):
        return []
    names = [each.get(member.name_key) for each in entities if isinstance(each, dict)]
    return [name for name in names if isinstance(name, str)]


def _entity_faults(each: LineageEntities, entities: Any) -> Iterator[str]:
    yield from _list_faults(each.member, entities, ENTITIES_AT_MOST)
    if not isinstance(entities, list):
        return
    for number, entity in enumerate(entities):
        where = f"{each.member}[{number}]"
        if not isinstance(entity, dict):
            yield f"{where} must be an object, not {entity!r}"
            continue
        for fault in check(each.shape, entity, is_strict=True, is_opaque=is_expression)[1]:
            yield f"{where}: {fault}"
    names = (entity.get(each.name_key) for entity in entities if isinstance(entity, dict))
    for name, count in Counter(name for name in names if isinstance(name, str)).items():
        if count > 1:
            yield f"{each.member}: {each.name_key} '{name}' occurs {count} times"


def _list_faults(member: str, value: Any, at_most: int) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"Argument '{member}' must be an array, not {value!r}"
    elif len(value) > at_most:
        yield f"Argument '{member}' has {len(value)} elements; at most {at_most} are allowed"


def _association_faults(association: Any, step: Step) -> Iterator[str]:
    if not isinstance(association, dict):
        yield f"must be an object, not {association!r}"
        return
    known = (*_ENDS, "AssociationType")
    yield from (f"unknown member '{key}'" for key in association if key not in known)
    for end in _ENDS:
        yield from (f"{end} {fault}" for fault in _end_faults(association.get(end), step))
    edge = load_service("sagemaker").shape_for("AssociationEdgeType")
    given = association.get("AssociationType")
    if given is not None and not is_expression(given) and given not in edge.enum:
        yield f"unknown AssociationType {given!r}; the types are: {', '.join(edge.enum)}"


def _end_faults(end: Any, step: Step) -> Iterator[str]:
    """An ARN, or the name and type of an entity that the step itself creates."""
    if not isinstance(end, dict) or set(end) not in ({"Arn"}, {"Name", "Type"}):
        yield "must be an object with Arn, or with Name and Type"
        return
    if "Arn" in end:
        return
    by_type: Mapping[str, LineageEntities] = {each.type: each for each in LISTS}
    if end["Type"] not in by_type:
        yield f"has the unknown Type {end['Type']!r}; the types are: {', '.join(by_type)}"
        return
    entities = by_type[end["Type"]]
    names = entity_names(step, entities.arns)
    has_hidden = len(names) < len(step.arguments.get(entities.member, []))
    if isinstance(end["Name"], str) and end["Name"] not in names and not has_hidden:
        yield (
            f"names {end['Type']} '{end['Name']}', which the step does not create; it creates:"
            f" {', '.join(names) or 'none'}"
        )
