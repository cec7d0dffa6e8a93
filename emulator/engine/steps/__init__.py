"""What each step type does when its turn comes.

    run        what a step is given, and how it says that it failed
    resources  the API's resources: created by a step, described for others, stopped
    jobs       Processing, Training, Tuning, Transform: create the job and wait for its end
    models     Model, RegisterModel
    endpoints  EndpointConfig, Endpoint
    clusters   EMR, EMRServerless
    cluster_resources  the same of what these two run
    functions  Lambda
    callbacks  Callback
    lineage    Lineage
    outputs    the OutputParameters of these two

Condition and Fail make no call; the executor settles them itself.
"""

from collections.abc import Callable, Mapping

from emulator.engine.steps.callbacks import run_callback
from emulator.engine.steps.clusters import run_emr, run_emr_serverless
from emulator.engine.steps.endpoints import run_endpoint, run_endpoint_config
from emulator.engine.steps.functions import run_lambda
from emulator.engine.steps.jobs import run_processing, run_training, run_transform, run_tuning
from emulator.engine.steps.lineage import run_lineage
from emulator.engine.steps.models import run_model, run_register_model
from emulator.engine.steps.run import StepResult, StepRun

RUNNERS: Mapping[str, Callable[[StepRun], StepResult]] = {
    "Processing": run_processing,
    "Training": run_training,
    "Tuning": run_tuning,
    "Transform": run_transform,
    "Model": run_model,
    "RegisterModel": run_register_model,
    "EndpointConfig": run_endpoint_config,
    "Endpoint": run_endpoint,
    "EMR": run_emr,
    "EMRServerless": run_emr_serverless,
    "Lambda": run_lambda,
    "Callback": run_callback,
    "Lineage": run_lineage,
}
