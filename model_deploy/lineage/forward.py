"""From data forward to the jobs, the model packages and the endpoints that depend on it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from model_deploy.lineage import entities as entities
from model_deploy.lineage.entities import Clients
from model_deploy.lineage.graph import DESCENDANTS, Entity, Graph, reachable
from model_deploy.lineage.nodes import ABOVE, Node, NothingRecordedError, at

DEPENDENTS = ("Model package", "Endpoint")
_SHOWN_DATA_SETS = 10
_TOLD_OF_WAYS = (
    "content",
    "contents seen",
    "first seen",
    "status",
    "created",
    "approval",
    "deployed",
    "now",
    "see",
)


@dataclass(frozen=True)
class Walk:
    """The way forward through a graph; a thing that is reached twice is told once."""

    clients: Clients
    graph: Graph
    told: set[str] = field(default_factory=set)


def of_data(clients: Clients, s3_uri: str) -> Node:
    """What depends on what lies, or lay, under an S3 URI.

    That is every recorded artifact of the URI, one for each content that was seen there, of a
    folder around it, and, if there is none of these, of what lies within it.

    Raises:
        NothingRecordedError: No job has read or made anything there.
    """
    artifacts = _artifacts(clients.sagemaker, s3_uri)
    nodes = []
    for artifact in artifacts:
        arn = artifact["ArtifactArn"]
        walk = Walk(clients, reachable(clients.sagemaker, arn, DESCENDANTS), {arn})
        node = entities.data(clients, artifact)
        seen = {**node.facts, "first seen": at(artifact["CreationTime"])}
        nodes.append(replace(node, facts=seen, children=tuple(_led_to(walk, arn))))
    if len(nodes) == 1:
        return nodes[0]
    return Node("Data", s3_uri, {"contents seen": str(len(nodes))}, tuple(nodes))


def ways_to_models(node: Node) -> Node:
    """The report without what leads to no model package, and with what tells things apart only."""
    told = {
        (each.kind, each.name)
        for each in node.all()
        if any(below.kind in DEPENDENTS for below in each.all())
    }
    # What is told once, and referred to from elsewhere, leads there from elsewhere too.
    leading = {
        (each.kind, each.name)
        for each in node.all()
        if any((below.kind, below.name) in told for below in each.all())
    }
    return _ways(node, leading)


def _ways(node: Node, leading: set[tuple[str, str]]) -> Node:
    kept = [child for child in node.children if (child.kind, child.name) in leading]
    others = sum(1 for child in node.children if child not in kept for _ in child.all())
    facts = {name: value for name, value in node.facts.items() if name in _TOLD_OF_WAYS}
    if others:
        facts["besides"] = f"{others} that lead to no model package"
    return replace(node, facts=facts, children=tuple(_ways(child, leading) for child in kept))


def _artifacts(sagemaker: Any, s3_uri: str) -> list[dict[str, Any]]:
    found = [artifact for uri in _around(s3_uri) for artifact in _listed(sagemaker, SourceUri=uri)]
    if found:
        return found
    others = list(_listed(sagemaker, ArtifactType="DataSet"))
    folder = f"{s3_uri.rstrip('/')}/"
    within = [each for each in others if each["Source"]["SourceUri"].startswith(folder)]
    if within:
        return within
    uris = list(dict.fromkeys(each["Source"]["SourceUri"] for each in others))
    newest = "\n  ".join(uris[:_SHOWN_DATA_SETS]) or "none"
    raise NothingRecordedError(
        f"No job has read or made {s3_uri}. The data sets recorded last are:\n  {newest}"
    )


def _around(s3_uri: str) -> Iterator[str]:
    """The URI and the folders that it lies in, each as either spelling of a folder."""
    bucket, separator, key = s3_uri.removeprefix("s3://").rstrip("/").partition("/")
    parts = key.split("/") if separator else []
    for count in range(len(parts), -1, -1):
        uri = f"s3://{'/'.join([bucket, *parts[:count]])}"
        yield from (uri, f"{uri}/")


def _listed(sagemaker: Any, **filters: str) -> Iterator[dict[str, Any]]:
    pages = sagemaker.get_paginator("list_artifacts").paginate(
        **filters, SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        yield from page["ArtifactSummaries"]


def _led_to(walk: Walk, arn: str) -> Iterator[Node]:
    """What an entity leads to; a model's packages before its deployments, which they lead to."""
    behind = walk.graph.behind(arn)
    for entity in sorted(behind, key=lambda each: each.lineage_type == "Action"):
        if entity.lineage_type == "TrialComponent":
            job = entities.job_of(walk.clients, entity)
            yield _once(walk, entities.job(walk.clients, entity, job), entity)
        elif entity.lineage_type == "Artifact":
            yield _artifact(walk, entity)
        elif entity.type == "ModelDeployment":
            yield from _endpoints(walk, entity)


def _artifact(walk: Walk, entity: Entity) -> Node:
    artifact = entities.artifact_of(walk.clients, entity)
    uri = artifact["Source"]["SourceUri"]
    if entities.is_package(uri):
        return _once(walk, entities.package(walk.clients, uri), entity)
    return _once(walk, entities.data(walk.clients, artifact), entity)


def _once(walk: Walk, node: Node, entity: Entity) -> Node:
    if entity.arn not in walk.told:
        walk.told.add(entity.arn)
        return replace(node, children=tuple(_led_to(walk, entity.arn)))
    return replace(node, facts={"see": ABOVE}) if walk.graph.behind(entity.arn) else node


def _endpoints(walk: Walk, deployment: Entity) -> Iterator[Node]:
    """The endpoints of a deployment, each told once however many ways lead to it."""
    if deployment.arn in walk.told:
        return
    walk.told.add(deployment.arn)
    sagemaker = walk.clients.sagemaker
    action = sagemaker.describe_action(ActionName=deployment.arn)
    for context in walk.graph.behind(deployment.arn, "Endpoint"):
        described = sagemaker.describe_context(ContextName=context.arn)
        name = described["Source"]["SourceUri"].rpartition("/")[2]
        facts = {
            "deployed": at(action["CreationTime"]),
            "now": _present(walk.clients, name, context, deployment),
        }
        yield Node("Endpoint", name, facts)


def _present(clients: Clients, name: str, context: Entity, deployment: Entity) -> str:
    """Whether an endpoint still serves what a deployment brought."""
    endpoint = entities.describe_endpoint(clients, name)
    if endpoint is None:
        return "deleted"
    newest = clients.sagemaker.list_associations(
        DestinationArn=context.arn,
        SourceType="ModelDeployment",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )["AssociationSummaries"]
    is_newest = [each["SourceArn"] for each in newest] == [deployment.arn]
    return f"serves it, {endpoint['EndpointStatus']}" if is_newest else "serves another model"
