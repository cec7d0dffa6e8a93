"""From an endpoint back to the package, the jobs, the data and the code that it is made of."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from model_deploy.lineage import entities as entities
from model_deploy.lineage.entities import Clients
from model_deploy.lineage.graph import ASCENDANTS, Entity, Graph, reachable
from model_deploy.lineage.nodes import ABOVE, Node, NothingRecordedError, at, known

_DEPLOYMENT = "ModelDeployment"
_SHOWN_ENDPOINTS = 10


@dataclass(frozen=True)
class Walk:
    """The way back through a graph; a thing that is reached twice is told once."""

    clients: Clients
    graph: Graph
    told: set[str] = field(default_factory=set)


Sources = Callable[[Walk, Entity], Iterator[Node]]


def of_endpoint(clients: Clients, name: str) -> Node:
    """What an endpoint serves and all that it is made of; also of one that is deleted.

    Raises:
        NothingRecordedError: There is neither such an endpoint nor a record of one.
    """
    described = entities.describe_endpoint(clients, name)
    context = _context_of(clients.sagemaker, name, described)
    graph = reachable(clients.sagemaker, context, ASCENDANTS)
    deployments = sorted(
        (
            clients.sagemaker.describe_action(ActionName=entity.arn)
            for entity in graph.before(context, _DEPLOYMENT)
        ),
        key=lambda action: action["CreationTime"],
        reverse=True,
    )
    status = described["EndpointStatus"] if described else "deleted"
    facts = known(
        status=status,
        config=described["EndpointConfigName"] if described else None,
        deployed=at(deployments[0]["CreationTime"]) if deployments else "never",
        earlier_deployments=str(len(deployments) - 1) if deployments[1:] else None,
    )
    walk = Walk(clients, graph)
    made_of = _made_of_deployment(walk, deployments[0]["ActionArn"]) if deployments else ()
    return Node("Endpoint", name, facts, tuple(made_of))


def _context_of(sagemaker: Any, name: str, described: Mapping[str, Any] | None) -> str:
    if described is not None:
        found = sagemaker.list_contexts(SourceUri=described["EndpointArn"])["ContextSummaries"]
        if found:
            return str(found[0]["ContextArn"])
        raise NothingRecordedError(
            f"Endpoint {name} has no lineage: none has been recorded of its deployment."
        )
    names = []
    pages = sagemaker.get_paginator("list_contexts").paginate(ContextType="Endpoint")
    for summary in (each for page in pages for each in page["ContextSummaries"]):
        recorded = summary["Source"]["SourceUri"].rpartition("/")[2]
        if recorded.lower() == name.lower():
            return str(summary["ContextArn"])
        names.append(recorded)
    more = f" and {len(names) - _SHOWN_ENDPOINTS} more" if names[_SHOWN_ENDPOINTS:] else ""
    known_names = ", ".join(names[:_SHOWN_ENDPOINTS]) or "none"
    raise NothingRecordedError(
        f"There is no endpoint {name}, and no record of one. Recorded are: {known_names}{more}."
    )


def _made_of_deployment(walk: Walk, action_arn: str) -> Iterator[Node]:
    """The packages that were deployed; or the model data, where there was no package."""
    artifacts = [
        (entity, entities.artifact_of(walk.clients, entity))
        for entity in walk.graph.before(action_arn, "Model")
    ]
    packages = [
        (entity, artifact)
        for entity, artifact in artifacts
        if entities.is_package(artifact["Source"]["SourceUri"])
    ]
    for entity, artifact in packages or artifacts:
        yield _of_artifact(walk, entity, artifact)


def _of_artifact(walk: Walk, entity: Entity, artifact: Mapping[str, Any], label: str = "") -> Node:
    uri = artifact["Source"]["SourceUri"]
    if entities.is_package(uri):
        node = entities.package(walk.clients, uri)
    else:
        node = entities.data(walk.clients, artifact, label)
    return _with_children(walk, node, entity, _sources_of_artifact)


def _sources_of_artifact(walk: Walk, entity: Entity) -> Iterator[Node]:
    for source in walk.graph.before(entity.arn, "Model"):
        yield _of_artifact(walk, source, entities.artifact_of(walk.clients, source))
    for source in walk.graph.before(entity.arn):
        if source.lineage_type == "TrialComponent":
            yield _of_job(walk, source)


def _of_job(walk: Walk, entity: Entity) -> Node:
    job = entities.job_of(walk.clients, entity)
    node = entities.job(walk.clients, entity, job)
    if entity.arn in walk.told:
        return replace(node, facts={"see": ABOVE})
    walk.told.add(entity.arn)
    described = (job.described if job else None) or {}
    return replace(node, children=tuple(_sources_of_job(walk, entity, described)))


def _sources_of_job(walk: Walk, entity: Entity, job: Mapping[str, Any]) -> Iterator[Node]:
    """Its code, then its data by the names of its inputs; the image is a fact of the job."""
    submitted = entities.hyperparameters(job).get("sagemaker_submit_directory", "")
    if submitted.startswith("s3://"):
        yield entities.code(walk.clients, submitted)
    for label, artifact, source in _read_by(walk, entity, _input_names(job)):
        yield _of_artifact(walk, source, artifact, label)


def _read_by(
    walk: Walk, entity: Entity, labels: Mapping[str, str]
) -> list[tuple[str, dict[str, Any], Entity]]:
    read = []
    for source in walk.graph.before(entity.arn):
        if source.lineage_type == "Artifact" and source.type != "Image":
            artifact = entities.artifact_of(walk.clients, source)
            read.append((labels.get(artifact["Source"]["SourceUri"], ""), artifact, source))

    def order(each: tuple[str, dict[str, Any], Entity]) -> tuple[bool, str]:
        label, artifact, _ = each
        return not entities.is_code(artifact["Source"]["SourceUri"], label), label

    return sorted(read, key=order)


def _input_names(job: Mapping[str, Any]) -> dict[str, str]:
    """The names of a job's inputs by their URIs."""
    channels = {
        channel["DataSource"].get("S3DataSource", {}).get("S3Uri"): channel["ChannelName"]
        for channel in job.get("InputDataConfig", ())
    }
    inputs = {
        each["S3Input"]["S3Uri"]: each["InputName"]
        for each in job.get("ProcessingInputs", ())
        if "S3Input" in each
    }
    return channels | inputs


def _with_children(walk: Walk, node: Node, entity: Entity, sources: Sources) -> Node:
    if entity.arn not in walk.told:
        walk.told.add(entity.arn)
        return replace(node, children=tuple(sources(walk, entity)))
    has_more = bool(walk.graph.before(entity.arn))
    return replace(node, facts={**node.facts, "see": ABOVE}) if has_more else node
