"""SageMaker's control plane, one module for each kind of resource.

A module's OPERATIONS are its handlers. What runs in processes is ended in order by ``shut_down``;
after the emulator was killed, ``recover`` ends what died with it and serves endpoints again. Jobs
come before tuning jobs and executions, which wait for them.
"""

from collections.abc import Mapping

from emulator.context import Context, Handler
from emulator.services.sagemaker import (
    endpoint_configs,
    endpoints,
    events,
    experiments,
    hyper_parameter_tuning_jobs,
    lineage,
    model_package_groups,
    model_packages,
    models,
    pipeline_executions,
    pipelines,
    processing_jobs,
    projects,
    search,
    tags,
    training_jobs,
    transform_jobs,
)
from emulator.services.sagemaker.experiments import recording

OPERATIONS: Mapping[str, Handler] = {
    **tags.OPERATIONS,
    **processing_jobs.OPERATIONS,
    **training_jobs.OPERATIONS,
    **transform_jobs.OPERATIONS,
    **hyper_parameter_tuning_jobs.OPERATIONS,
    **model_package_groups.OPERATIONS,
    **model_packages.OPERATIONS,
    **models.OPERATIONS,
    **endpoint_configs.OPERATIONS,
    **endpoints.OPERATIONS,
    **pipelines.OPERATIONS,
    **pipeline_executions.OPERATIONS,
    **projects.OPERATIONS,
    **experiments.OPERATIONS,
    **search.OPERATIONS,
    **lineage.OPERATIONS,
}

# Trial components first: lineage refers to them.
OBSERVERS = (
    *recording.OBSERVERS,
    *lineage.OBSERVERS,
    *events.OBSERVERS,
    *projects.OBSERVERS,
)

_WITH_PROCESSES = (
    processing_jobs,
    training_jobs,
    transform_jobs,
    hyper_parameter_tuning_jobs,
    endpoints,
)


def recover(context: Context) -> None:
    """End what died with the last process, and start again what has to live."""
    for module in _WITH_PROCESSES:
        module.recover(context)
    pipeline_executions.recover(context)
    projects.recover(context)


def shut_down(context: Context) -> None:
    """End every job and endpoint."""
    for module in _WITH_PROCESSES:
        module.shut_down(context)
