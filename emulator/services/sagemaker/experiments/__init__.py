"""Experiments, trials and trial components, made by callers and by the jobs that run.

``entities``          what the three kinds share: names in any case, ARNs, errors, lists
``experiments``, ``trials``, ``trial_components``    their operations
``associations``      which components belong to which trials
``configs``           ExperimentConfig of jobs, PipelineExperimentConfig of executions
``job_components``    what a job's component says of the job
``recording``         observers that keep the two in step

The one rule: nobody but ``recording`` writes of a job into its component, and it writes nothing
that a caller can have logged there besides.
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.sagemaker.experiments import (
    associations,
    experiments,
    trial_components,
    trials,
)

OPERATIONS: Mapping[str, Handler] = {
    **experiments.OPERATIONS,
    **trials.OPERATIONS,
    **trial_components.OPERATIONS,
    **associations.OPERATIONS,
}
