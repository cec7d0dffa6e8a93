"""EMR: clusters that this machine stands for, and their steps as real spark-submit processes.

    checks     what EMR refuses, and what the emulator cannot do
    records    the documents of clusters and steps
    clusters   operations on clusters
    instances  a cluster's fleets and groups, as they were asked for
    tags       a cluster's tags
    steps      operations on steps
    lifecycle  a cluster's thread: its steps one after the other, until it is terminated
    step_runs  one step, from its process to its logs in S3

Rule: a cluster costs nothing but its thread, and lives on when the emulator is started again; a
step that ran when the emulator ended has failed.
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.emr import clusters, instances, steps, tags
from emulator.services.emr.lifecycle import recover, shut_down

__all__ = ["OPERATIONS", "recover", "shut_down"]

OPERATIONS: Mapping[str, Handler] = {
    **clusters.OPERATIONS,
    **instances.OPERATIONS,
    **steps.OPERATIONS,
    **tags.OPERATIONS,
}
