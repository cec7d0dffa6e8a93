"""Which resource needs which, and what can be made at the same time."""

from collections.abc import Collection, Mapping

from emulator.services.cloudformation.template.document import Output, Resource, Template
from emulator.services.cloudformation.template.errors import TemplateError, raise_any
from emulator.services.cloudformation.template.references import (
    Branches,
    every_branch,
    references,
    resource_values,
    taken_branch,
)
from emulator.services.cloudformation.template.shapes import listed

Graph = Mapping[str, frozenset[str]]


def active_resources(template: Template, conditions: Mapping[str, bool]) -> tuple[str, ...]:
    """The logical ids of the resources that the conditions let be, in the template's order."""
    return tuple(
        logical_id
        for logical_id, resource in template.resources.items()
        if resource.condition is None or conditions[resource.condition]
    )


def active_outputs(template: Template, conditions: Mapping[str, bool]) -> tuple[Output, ...]:
    """The outputs that the conditions let be, in the template's order."""
    return tuple(
        output
        for output in template.outputs.values()
        if output.condition is None or conditions[output.condition]
    )


def dependencies(template: Template, conditions: Mapping[str, bool]) -> Graph:
    """What each active resource needs to be there before it, by logical id.

    Of an Fn::If only the branch taken counts, as for AWS, which evaluates conditions before
    anything else: "Conditions" in the User Guide, "before CloudFormation creates any resources".

    Raises:
        TemplateError: An active resource or output refers to a resource that the conditions leave
            out.
    """
    active = active_resources(template, conditions)
    graph = {
        logical_id: needed(template.resources[logical_id], template, taken_branch(conditions))
        for logical_id in active
    }
    of_outputs = {
        reference.name
        for output in active_outputs(template, conditions)
        for reference in references([output.value, output.export_name], taken_branch(conditions))
    }
    raise_any(
        [
            *_left_out(graph, frozenset().union(*graph.values()), "Resources"),
            *_left_out(graph, of_outputs & set(template.resources), "Outputs"),
        ]
    )
    return graph


def _left_out(graph: Graph, needs: Collection[str], block: str) -> list[str]:
    others = sorted(set(needs) - set(graph))
    if not others:
        return []
    return [
        f"Template format error: Unresolved resource dependencies {listed(others)} in the {block} "
        "block of the template"
    ]


def needed(
    resource: Resource, template: Template, branches: Branches = every_branch
) -> frozenset[str]:
    """The logical ids of the resources that one refers to or depends on."""
    referred = (reference.name for reference in references(resource_values(resource), branches))
    return frozenset(
        other for other in (*resource.depends_on, *referred) if other in template.resources
    )


def ready(graph: Graph, made: Collection[str], begun: Collection[str] = ()) -> tuple[str, ...]:
    """What can be made now: all that it needs is made, and it is neither made nor begun."""
    there = frozenset(made)
    taken = there.union(begun)
    return tuple(
        logical_id
        for logical_id, needs in graph.items()
        if logical_id not in taken and needs <= there
    )


def creation_order(graph: Graph) -> tuple[str, ...]:
    """The logical ids so that each comes after what it needs, else in the template's order.

    Raises:
        TemplateError: Resources need each other.
    """
    order: dict[str, None] = {}
    while len(order) < len(graph):
        following = ready(graph, order)
        if not following:
            # As AWS does, with those that only wait for the ones of the circle.
            rest = [logical_id for logical_id in graph if logical_id not in order]
            raise TemplateError([f"Circular dependency between resources: {listed(rest)}"])
        order.update(dict.fromkeys(following))
    return tuple(order)


def deletion_graph(graph: Graph) -> Graph:
    """What has to be gone before each: all that needs it. In the reverse of the graph's order."""
    return {
        logical_id: frozenset(other for other, needs in graph.items() if logical_id in needs)
        for logical_id in reversed(list(graph))
    }
