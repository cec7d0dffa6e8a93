"""What there is to remove of a project, in the order in which it can be removed.

A project's stack does not hold what its pipelines have made: endpoints, model packages, objects,
SageMaker pipelines, experiments, logs.

`kind`       a removal, and how those of a kind are found and done
`running`    executions and builds, which are stopped
`resources`  stacks, pipelines, model packages, and what the project's stack retains
`records`    models of steps, and experiments
"""

from collections.abc import Mapping

from project.names import Project
from project.removals import records, resources, running
from project.removals.kind import Kind, MakeClient, Removal, RemovalFailed
from project.removals.resources import wait_until_made

__all__ = ["KINDS", "MakeClient", "Removal", "RemovalFailed", "find_all", "wait_until_made"]

# In this order: what runs would make more of the rest; models are found by their pipeline's steps;
# an endpoint's stack needs the project's roles to be deleted; the pipelines of the project's stack
# write to its bucket as long as they are there; and what that stack retains goes last, because it
# has somebody's work in it.
KINDS: Mapping[str, Kind] = {
    **running.KINDS,
    **resources.STACKS,
    **records.KINDS,
    **resources.PIPELINES,
    **resources.RETAINED,
}


def find_all(make: MakeClient, project: Project) -> tuple[Removal, ...]:
    """All that there is to remove, in the order to do it in."""
    return tuple(removal for kind in KINDS.values() for removal in kind.find(make, project))
