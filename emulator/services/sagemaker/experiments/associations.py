"""Which trial components belong to which trials.

A component's document lists its Parents, as Search answers them; that list is the association.
"""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import resource_not_found
from emulator.services.sagemaker.experiments import entities
from emulator.services.sagemaker.experiments.entities import TRIAL, TRIAL_COMPONENT
from emulator.services.sagemaker.named_resources import ResourceKind
from emulator.store import Document


def parents_of(component: Document) -> list[dict[str, str]]:
    """The trials, with their experiments, that a component belongs to."""
    parents: list[dict[str, str]] = component.get("Parents", [])
    return parents


def components_of(context: Context, kind: ResourceKind, name: str) -> list[Document]:
    """The components of a trial or of an experiment, oldest first."""
    wanted = name.lower()
    return [
        component
        for component in context.store.list(TRIAL_COMPONENT.noun)
        if any(parent[kind.name_key].lower() == wanted for parent in parents_of(component))
    ]


def add_parent(component: Document, trial: Document) -> None:
    """Make a component one of a trial's; nothing changes when it is already."""
    parent = {key: trial[key] for key in ("TrialName", "ExperimentName")}
    if parent not in parents_of(component):
        component["Parents"] = [*parents_of(component), parent]


def associate_trial_component(context: Context, request: Request) -> Answer:
    """AssociateTrialComponent; again is as well as once.

    Raises:
        AwsError: ResourceNotFound: the trial or the component is not there.
    """
    with context.store.transaction():
        trial = entities.existing(context, TRIAL, request["TrialName"])
        answer = entities.update(
            context,
            TRIAL_COMPONENT,
            request["TrialComponentName"],
            lambda component: add_parent(component, trial),
        )
    return {**answer, "TrialArn": trial["TrialArn"]}


def disassociate_trial_component(context: Context, request: Request) -> Answer:
    """DisassociateTrialComponent.

    Raises:
        AwsError: ResourceNotFound: one of them is not there, or they are not associated.
    """
    with context.store.transaction():
        trial = entities.existing(context, TRIAL, request["TrialName"])
        name = request["TrialComponentName"]
        component = entities.existing(context, TRIAL_COMPONENT, name)
        kept = [
            parent for parent in parents_of(component) if parent["TrialName"] != trial["TrialName"]
        ]
        if len(kept) == len(parents_of(component)):
            raise resource_not_found(
                f"Trial Component '{component['TrialComponentArn']}' is not associated with Trial"
                f" '{trial['TrialArn']}'."
            )
        answer = entities.update(
            context, TRIAL_COMPONENT, name, lambda document: document.update(Parents=kept)
        )
    return {**answer, "TrialArn": trial["TrialArn"]}


OPERATIONS: Mapping[str, Handler] = {
    "AssociateTrialComponent": associate_trial_component,
    "DisassociateTrialComponent": disassociate_trial_component,
}
