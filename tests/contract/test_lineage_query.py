"""QueryLineage over graphs that are made by hand, against a running emulator.

The graph is that of the SageMaker SDK's own integration test of its visualizer, with a job:
data -> job -> model <- image; model -> deployment -> endpoint.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import ACCOUNT_ID, REGION
from tests.contract.jobs import error_of


@dataclass(frozen=True)
class Graph:
    """A client, and the ARNs of entities by the names that tests give them."""

    sagemaker: Any
    unique: Callable[[str], str]
    arns: dict[str, str]

    def artifact(self, name: str, kind: str, **members: Any) -> None:
        source = {"SourceUri": f"s3://bucket/{self.unique(name)}"}
        answer = self.sagemaker.create_artifact(Source=source, ArtifactType=kind, **members)
        self.arns[name] = answer["ArtifactArn"]

    def connect(self, source: str, destination: str, kind: str = "ContributedTo") -> None:
        self.sagemaker.add_association(
            SourceArn=self.arns[source],
            DestinationArn=self.arns[destination],
            AssociationType=kind,
        )

    def query(self, start: str, direction: str, **members: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.sagemaker.query_lineage(
            StartArns=[self.arns[start]], Direction=direction, **members
        )
        return answer

    def names(self, answer: dict[str, Any]) -> list[str]:
        by_arn = {arn: name for name, arn in self.arns.items()}
        return [by_arn[vertex["Arn"]] for vertex in answer["Vertices"]]

    def edges(self, answer: dict[str, Any]) -> set[tuple[str, str, str]]:
        by_arn = {arn: name for name, arn in self.arns.items()}
        return {
            (by_arn[e["SourceArn"]], by_arn[e["DestinationArn"]], e["AssociationType"])
            for e in answer["Edges"]
        }


@pytest.fixture
def graph(client: Callable[[str], Any], unique: Callable[[str], str]) -> Graph:
    made = Graph(client("sagemaker"), unique, {})
    made.artifact("data", "DataSet", Properties={"rows": "5", "source": "web"})
    made.artifact("image", "Image")
    made.artifact("model", "Model", Properties={"framework": "xgboost"})
    source = {"SourceUri": "uri"}
    made.arns["job"] = made.sagemaker.create_action(
        ActionName=unique("job"), Source=source, ActionType="Training"
    )["ActionArn"]
    made.arns["deployment"] = made.sagemaker.create_action(
        ActionName=unique("deployment"), Source=source, ActionType="ModelDeployment"
    )["ActionArn"]
    made.arns["endpoint"] = made.sagemaker.create_context(
        ContextName=unique("endpoint"), Source=source, ContextType="Endpoint"
    )["ContextArn"]
    made.connect("data", "job")
    made.connect("job", "model", "Produced")
    made.connect("image", "model")
    made.connect("model", "deployment")
    made.connect("deployment", "endpoint", "AssociatedWith")
    return made


@pytest.mark.parametrize(
    ("start", "direction", "reached"),
    [
        ("endpoint", "Ascendants", ["endpoint", "deployment", "model", "image|job", "data"]),
        ("data", "Descendants", ["data", "job", "model", "deployment", "endpoint"]),
        ("data", "Ascendants", ["data"]),
        ("model", "Both", ["model", "deployment|image|job", "data|endpoint"]),
        ("image", "Descendants", ["image", "model", "deployment", "endpoint"]),
    ],
)
def test_a_query_goes_one_way_or_both_nearest_first(
    graph: Graph, start: str, direction: str, reached: list[str]
) -> None:
    names = graph.names(graph.query(start, direction))

    for level in reached:
        expected = set(level.split("|"))
        assert set(names[: len(expected)]) == expected
        names = names[len(expected) :]
    assert names == []


def test_vertices_say_what_they_are(graph: Graph) -> None:
    answer = graph.query("endpoint", "Ascendants")

    described = {vertex["Arn"]: vertex for vertex in answer["Vertices"]}
    for name, kind, lineage_type in (
        ("endpoint", "Endpoint", "Context"),
        ("deployment", "ModelDeployment", "Action"),
        ("data", "DataSet", "Artifact"),
    ):
        assert described[graph.arns[name]] == {
            "Arn": graph.arns[name],
            "Type": kind,
            "LineageType": lineage_type,
        }
    assert answer["Edges"] == []


def test_depth_counts_associations(graph: Graph) -> None:
    """Source: MaxDepth: "the number of Associations from the StartArn"."""
    assert graph.names(graph.query("endpoint", "Ascendants", MaxDepth=2)) == [
        "endpoint",
        "deployment",
        "model",
    ]
    code, _ = error_of(graph.sagemaker.query_lineage, StartArns=[graph.arns["model"]], MaxDepth=11)
    assert code == "ValidationException"


def test_filters_choose_among_what_is_reached(graph: Graph) -> None:
    def chosen(**filters: Any) -> list[str]:
        return graph.names(graph.query("endpoint", "Ascendants", Filters=filters))

    data, image, model = (
        graph.sagemaker.describe_artifact(ArtifactArn=graph.arns[name])["CreationTime"]
        for name in ("data", "image", "model")
    )
    first, last = data + (image - data) / 2, image + (model - image) / 2
    graph.sagemaker.update_artifact(ArtifactArn=graph.arns["image"], ArtifactName="later")
    changed = graph.sagemaker.describe_artifact(ArtifactArn=graph.arns["image"])
    later = changed["LastModifiedTime"] - timedelta(milliseconds=1)

    assert chosen(Types=["DataSet", "ModelDeployment"]) == ["deployment", "data"]
    assert chosen(LineageTypes=["Context"]) == ["endpoint"]
    assert chosen(LineageTypes=["Action"], Types=["Training"]) == ["job"]
    assert chosen(Properties={"framework": "xgboost", "rows": "5"}) == ["model", "data"]
    assert chosen(Properties={"framework": "mxnet"}) == []
    assert chosen(CreatedBefore=first) == ["data"]
    assert chosen(CreatedAfter=last, LineageTypes=["Artifact"]) == ["model"]
    assert chosen(ModifiedAfter=later) == ["image"]
    assert chosen(ModifiedBefore=first) == ["data"]


def test_with_edges_the_way_to_what_the_filters_choose_is_shown_too(graph: Graph) -> None:
    """Source: IncludeEdges: "also the Associations and lineage entities on the path"."""
    answer = graph.query(
        "endpoint", "Ascendants", IncludeEdges=True, Filters={"Types": ["Training"]}
    )

    assert graph.names(answer) == ["endpoint", "deployment", "model", "job"]
    assert graph.edges(answer) == {
        ("deployment", "endpoint", "AssociatedWith"),
        ("model", "deployment", "ContributedTo"),
        ("job", "model", "Produced"),
    }


def test_pages_show_each_vertex_and_each_edge_once(graph: Graph) -> None:
    whole = graph.query("model", "Both", IncludeEdges=True)

    answer = graph.query("model", "Both", IncludeEdges=True, MaxResults=4)
    names, edges = graph.names(answer), answer["Edges"]
    assert len(names) == 4
    rest = graph.query(
        "model", "Both", IncludeEdges=True, MaxResults=4, NextToken=answer["NextToken"]
    )

    assert [*names, *graph.names(rest)] == graph.names(whole)
    assert len(edges) + len(rest["Edges"]) == len(whole["Edges"]) == 5
    assert graph.edges(answer) | graph.edges(rest) == graph.edges(whole)
    assert "NextToken" not in rest
    code, message = error_of(
        graph.sagemaker.query_lineage, StartArns=[graph.arns["model"]], NextToken="mine"
    )
    assert code == "ValidationException"
    assert "NextToken" in message


def test_a_cycle_ends(graph: Graph) -> None:
    graph.connect("endpoint", "data", "DerivedFrom")

    names = graph.names(graph.query("data", "Descendants"))

    assert names == ["data", "job", "model", "deployment", "endpoint"]


def test_an_unknown_start_is_not_found(graph: Graph) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:artifact/{'f' * 32}"

    code, message = error_of(graph.sagemaker.query_lineage, StartArns=[arn])

    assert (code, message) == ("ResourceNotFound", f"There is no lineage entity {arn}.")


def test_a_query_without_a_start_is_refused(graph: Graph) -> None:
    code, message = error_of(graph.sagemaker.query_lineage, Direction="Both")

    assert code == "ValidationException"
    assert "StartArns" in message
