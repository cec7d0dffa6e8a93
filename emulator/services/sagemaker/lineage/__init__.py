"""Lineage: what made what, as a graph of entities and associations.

``kinds``         artifacts, contexts and actions: names, ARNs, and which artifact is which
``vertices``      what an ARN stands for in the graph; jobs are trial components
``entities``      create, describe, update, list, delete, the same for the three kinds
``artifacts``, ``contexts``, ``actions``, ``groups``  their operations
``associations``  the edges, from either end
``query``         QueryLineage
``contents``      what lay under an S3 URI, as the source types of its artifact
``recording``     entities that SageMaker records by itself, new or reused
``job_records``, ``model_records``  when it records which

What is recorded by itself is written within the transaction of the change that it follows from,
and never fails that change.
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.sagemaker.lineage import (
    actions,
    artifacts,
    associations,
    contexts,
    groups,
    job_records,
    model_records,
    query,
)
from emulator.services.sagemaker.lineage.recording import Observer

OPERATIONS: Mapping[str, Handler] = {
    **artifacts.OPERATIONS,
    **contexts.OPERATIONS,
    **actions.OPERATIONS,
    **associations.OPERATIONS,
    **groups.OPERATIONS,
    **query.OPERATIONS,
}
OBSERVERS: tuple[tuple[str, Observer], ...] = (
    *job_records.OBSERVERS,
    *model_records.OBSERVERS,
)
