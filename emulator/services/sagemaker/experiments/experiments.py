"""Experiments: trials that are compared with each other."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import validation_error
from emulator.services.sagemaker.experiments import entities
from emulator.services.sagemaker.experiments.entities import EXPERIMENT, TRIAL
from emulator.store import Document

_CHANGEABLE = ("DisplayName", "Description")


def create_experiment(context: Context, request: Request) -> Answer:
    """CreateExperiment."""
    members = {key: request[key] for key in _CHANGEABLE if key in request}
    return entities.create(context, EXPERIMENT, request, members)


def describe_experiment(context: Context, request: Request) -> Answer:
    """DescribeExperiment."""
    return entities.existing(context, EXPERIMENT, request["ExperimentName"])


def update_experiment(context: Context, request: Request) -> Answer:
    """UpdateExperiment."""
    changes = {key: request[key] for key in _CHANGEABLE if key in request}

    def change(document: Document) -> None:
        document |= changes

    return entities.update(context, EXPERIMENT, request["ExperimentName"], change)


def list_experiments(context: Context, request: Request) -> Answer:
    """ListExperiments."""
    return entities.list_page(EXPERIMENT, context.store.list(EXPERIMENT.noun), request)


def delete_experiment(context: Context, request: Request) -> Answer:
    """DeleteExperiment.

    Raises:
        AwsError: ResourceNotFound; ValidationException while it has trials. Source:
            API_DeleteExperiment, "All trials ... must be deleted first".
    """
    name = request["ExperimentName"]
    with context.store.transaction():
        experiment = entities.existing(context, EXPERIMENT, name)
        trials = [trial["TrialName"] for trial in trials_of(context, name)]
        if trials:
            raise validation_error(
                f"Experiment '{experiment['ExperimentArn']}' cannot be deleted while it has"
                f" trials: delete {', '.join(trials[:10])} first"
                f"{f' (and {len(trials) - 10} more)' if len(trials) > 10 else ''}."
            )
        return entities.delete(context, EXPERIMENT, name)


def trials_of(context: Context, experiment_name: str) -> list[Document]:
    """The experiment's trials, oldest first."""
    wanted = experiment_name.lower()
    return [
        trial
        for trial in context.store.list(TRIAL.noun)
        if trial["ExperimentName"].lower() == wanted
    ]


OPERATIONS: Mapping[str, Handler] = {
    "CreateExperiment": create_experiment,
    "DescribeExperiment": describe_experiment,
    "UpdateExperiment": update_experiment,
    "ListExperiments": list_experiments,
    "DeleteExperiment": delete_experiment,
}
