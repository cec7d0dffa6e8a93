"""Trials: the components that together made one model."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import validation_error
from emulator.services.sagemaker.experiments import entities
from emulator.services.sagemaker.experiments.associations import components_of, parents_of
from emulator.services.sagemaker.experiments.entities import EXPERIMENT, TRIAL, TRIAL_COMPONENT
from emulator.services.sagemaker.experiments.experiments import trials_of
from emulator.store import Document


def create_trial(context: Context, request: Request) -> Answer:
    """CreateTrial.

    Raises:
        AwsError: ResourceNotFound: there is no such experiment.
    """
    experiment = entities.existing(context, EXPERIMENT, request["ExperimentName"])
    keys = ("DisplayName", "MetadataProperties")
    members: dict[str, Any] = {key: request[key] for key in keys if key in request}
    members["ExperimentName"] = experiment["ExperimentName"]
    return entities.create(context, TRIAL, request, members)


def describe_trial(context: Context, request: Request) -> Answer:
    """DescribeTrial."""
    return entities.existing(context, TRIAL, request["TrialName"])


def update_trial(context: Context, request: Request) -> Answer:
    """UpdateTrial."""

    def change(document: Document) -> None:
        if "DisplayName" in request:
            document["DisplayName"] = request["DisplayName"]

    return entities.update(context, TRIAL, request["TrialName"], change)


def list_trials(context: Context, request: Request) -> Answer:
    """ListTrials, of an experiment or of a trial component where one is named.

    Raises:
        AwsError: ResourceNotFound: what is named is not there.
    """
    if "ExperimentName" in request:
        entities.existing(context, EXPERIMENT, request["ExperimentName"])
        trials = trials_of(context, request["ExperimentName"])
    else:
        trials = context.store.list(TRIAL.noun)
    if "TrialComponentName" in request:
        component = entities.existing(context, TRIAL_COMPONENT, request["TrialComponentName"])
        parents = {parent["TrialName"] for parent in parents_of(component)}
        trials = [trial for trial in trials if trial["TrialName"] in parents]
    return entities.list_page(TRIAL, trials, request)


def delete_trial(context: Context, request: Request) -> Answer:
    """DeleteTrial.

    Raises:
        AwsError: ResourceNotFound; ValidationException while it has components. Source:
            API_DeleteTrial, "All trial components ... must be deleted first".
    """
    name = request["TrialName"]
    with context.store.transaction():
        trial = entities.existing(context, TRIAL, name)
        components = components_of(context, TRIAL, name)
        if components:
            first = components[0]["TrialComponentName"]
            raise validation_error(
                f"Trial '{trial['TrialArn']}' cannot be deleted while it has trial components"
                f" ({len(components)}, the first of them {first}): disassociate them first."
            )
        return entities.delete(context, TRIAL, name)


OPERATIONS: Mapping[str, Handler] = {
    "CreateTrial": create_trial,
    "DescribeTrial": describe_trial,
    "UpdateTrial": update_trial,
    "ListTrials": list_trials,
    "DeleteTrial": delete_trial,
}
