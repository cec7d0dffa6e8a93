"""CodePipeline: pipelines."""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import Naming, Provider, Work, by_name
from emulator.services.cloudformation.resources.tagging import retag

_PASSED = (
    "ArtifactStore",
    "ExecutionMode",
    "PipelineType",
    "RoleArn",
    "Stages",
    "Triggers",
    "Variables",
)
_TRANSITIONS = "DisableInboundStageTransitions"


def _declaration(work: Work, name: str) -> dict[str, Any]:
    """The pipeline as the API takes it; stores by region are a list in templates alone."""
    declared: dict[str, Any] = {"Name": name, **work.given(*_PASSED)}
    if "ArtifactStores" in work.properties:
        declared["ArtifactStores"] = {
            each["Region"]: each["ArtifactStore"] for each in work.properties["ArtifactStores"]
        }
    return declared


def _create(work: Work) -> str:
    work.call(
        "codepipeline",
        "CreatePipeline",
        Pipeline=_declaration(work, work.name),
        Tags=work.own_tag_list(),
    )
    work.made(work.name)
    _disable_transitions(work, work.name)
    return work.name


def _disable_transitions(work: Work, name: str) -> None:
    wanted = {each["StageName"]: each for each in work.properties.get(_TRANSITIONS, [])}
    before = {each["StageName"] for each in work.before.get(_TRANSITIONS, [])}
    stage = {"PipelineName": name, "TransitionType": "Inbound"}
    for each in wanted.values():
        work.call("codepipeline", "DisableStageTransition", **stage, **each)
    for gone in sorted(before - wanted.keys()):
        work.call("codepipeline", "EnableStageTransition", **stage, StageName=gone)


def _update(work: Work) -> None:
    name = work.physical_id
    if work.has_changed(*_PASSED, "ArtifactStores"):
        work.call("codepipeline", "UpdatePipeline", Pipeline=_declaration(work, name))
    if work.has_changed(_TRANSITIONS):
        _disable_transitions(work, name)
    retag(work, "codepipeline", {"ResourceArn": work.arn("codepipeline", name)}, own=True)
    if str(work.properties.get("RestartExecutionOnUpdate", False)).lower() == "true":
        work.call("codepipeline", "StartPipelineExecution", Name=name)


def _delete(work: Work) -> None:
    work.call("codepipeline", "DeletePipeline", Name=work.physical_id)


def _attributes(work: Work) -> Mapping[str, Any]:
    found = work.call("codepipeline", "GetPipeline", Name=work.physical_id)
    arn = work.arn("codepipeline", work.physical_id)
    return {"Version": str(found["pipeline"]["version"]), "Arn": arn}


PROVIDERS: Mapping[str, Provider] = {
    "AWS::CodePipeline::Pipeline": Provider(
        properties=frozenset(
            {"Name", "ArtifactStores", "RestartExecutionOnUpdate", "Tags", _TRANSITIONS, *_PASSED}
        ),
        create=_create,
        update=_update,
        delete=_delete,
        attributes=_attributes,
        naming=Naming("Name", 100),
        identity=by_name,
    )
}
