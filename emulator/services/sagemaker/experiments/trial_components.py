"""Trial components: a stage of a trial, what went in, what came out and what was measured."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import validation_error
from emulator.services.sagemaker.experiments import entities
from emulator.services.sagemaker.experiments.associations import components_of, parents_of
from emulator.services.sagemaker.experiments.entities import EXPERIMENT, TRIAL, TRIAL_COMPONENT
from emulator.store import Document

# Source: TrialComponentParameters and TrialComponentArtifacts in botocore; the limit holds for
# what a component has in all.
PARAMETERS_AT_MOST = 300
ARTIFACTS_AT_MOST = 60
_PLAIN = ("DisplayName", "Status", "StartTime", "EndTime")
_MAPS = {
    "Parameters": PARAMETERS_AT_MOST,
    "InputArtifacts": ARTIFACTS_AT_MOST,
    "OutputArtifacts": ARTIFACTS_AT_MOST,
}
_FILTERS = ("ExperimentName", "TrialName", "SourceArn")


def create_trial_component(context: Context, request: Request) -> Answer:
    """CreateTrialComponent.

    Raises:
        AwsError: ValidationException: the name is taken, or a parameter has not exactly one value.
    """
    _raise_any(_parameter_faults(request))
    keys = (*_PLAIN, *_MAPS, "MetadataProperties")
    # Empty rather than absent: the SDK's ExperimentAnalytics fails on a component without them.
    members: dict[str, Any] = {**{key: {} for key in _MAPS}, "Metrics": []}
    members |= {key: request[key] for key in keys if key in request}
    return entities.create(context, TRIAL_COMPONENT, request, members)


def describe_trial_component(context: Context, request: Request) -> Answer:
    """DescribeTrialComponent."""
    document = entities.existing(context, TRIAL_COMPONENT, request["TrialComponentName"])
    sources = {"Sources": [document["Source"]]} if "Source" in document else {}
    return {**document, **sources}


def update_trial_component(context: Context, request: Request) -> Answer:
    """UpdateTrialComponent: what is named is added or replaced, what is to be removed goes.

    Raises:
        AwsError: ResourceNotFound; ValidationException: there would be too many of something, or a
            parameter has not exactly one value.
    """
    faults = list(_parameter_faults(request))

    def change(document: Document) -> None:
        document |= {key: request[key] for key in _PLAIN if key in request}
        for key, limit in _MAPS.items():
            merged = {**document.get(key, {}), **request.get(key, {})}
            for removed in request.get(f"{key}ToRemove", ()):
                merged.pop(removed, None)
            if len(merged) > limit:
                faults.append(f"{key}: there would be {len(merged)}; at most {limit} are allowed.")
            document[key] = merged
        _raise_any(faults)

    return entities.update(context, TRIAL_COMPONENT, request["TrialComponentName"], change)


def _parameter_faults(request: Request) -> Iterator[str]:
    for name, value in request.get("Parameters", {}).items():
        if len(value) != 1:
            given = " and ".join(sorted(value)) or "neither"
            yield f"Parameter '{name}' must have either StringValue or NumberValue; got {given}."


def _raise_any(faults: Sequence[str] | Iterator[str]) -> None:
    found = list(faults)
    if found:
        raise validation_error(" ".join(found))


def list_trial_components(context: Context, request: Request) -> Answer:
    """ListTrialComponents, of one experiment, trial or source where one is named.

    Raises:
        AwsError: ResourceNotFound: what is named is not there; ValidationException: more than one
            is named. Source: API_ListTrialComponents.
    """
    given = [key for key in _FILTERS if key in request]
    if len(given) > 1:
        raise validation_error(
            f"Only one of {', '.join(_FILTERS)} can be given; got {', '.join(given)}."
        )
    return entities.list_page(
        TRIAL_COMPONENT,
        _chosen(context, request),
        request,
        "Status",
        "StartTime",
        "EndTime",
        "CreatedBy",
        "LastModifiedBy",
    )


def _chosen(context: Context, request: Request) -> list[Document]:
    for kind in (EXPERIMENT, TRIAL):
        if kind.name_key in request:
            name = request[kind.name_key]
            entities.existing(context, kind, name)
            return components_of(context, kind, name)
    components = context.store.list(TRIAL_COMPONENT.noun)
    if "SourceArn" not in request:
        return components
    # In any case: the SageMaker SDK asks for its job's component by the ARN in lower case.
    wanted = request["SourceArn"].lower()
    return [each for each in components if _source_arn(each).lower() == wanted]


def _source_arn(component: Mapping[str, Any]) -> str:
    arn: str = component.get("Source", {}).get("SourceArn", "")
    return arn


def delete_trial_component(context: Context, request: Request) -> Answer:
    """DeleteTrialComponent.

    Raises:
        AwsError: ResourceNotFound; ValidationException while it belongs to a trial. Source:
            API_DeleteTrialComponent, "must be disassociated from all trials".
    """
    name = request["TrialComponentName"]
    with context.store.transaction():
        component = entities.existing(context, TRIAL_COMPONENT, name)
        trials = [parent["TrialName"] for parent in parents_of(component)]
        if trials:
            raise validation_error(
                f"Trial Component '{component['TrialComponentArn']}' cannot be deleted while it is"
                f" associated with trials: disassociate it from {', '.join(trials)} first."
            )
        return entities.delete(context, TRIAL_COMPONENT, name)


OPERATIONS: Mapping[str, Handler] = {
    "CreateTrialComponent": create_trial_component,
    "DescribeTrialComponent": describe_trial_component,
    "UpdateTrialComponent": update_trial_component,
    "ListTrialComponents": list_trial_components,
    "DeleteTrialComponent": delete_trial_component,
}
