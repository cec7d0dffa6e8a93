"""The graph that QueryLineage tells page by page, and no further than ten associations a time."""

from itertools import pairwise
from typing import Any

from model_deploy.lineage.graph import ASCENDANTS, DESCENDANTS, Entity, reachable
from tests.unit.pipelines.aws_in_memory import Client

PREFIX = "arn:aws:sagemaker:us-east-1:123456789012:artifact/"


def arn(number: int) -> str:
    return f"{PREFIX}{number:02}"


def vertex(number: int) -> dict[str, str]:
    return {"Arn": arn(number), "Type": "DataSet", "LineageType": "Artifact"}


def edge(source: int, destination: int) -> dict[str, str]:
    return {"SourceArn": arn(source), "DestinationArn": arn(destination)}


def chain(length: int) -> Client:
    """AWS with a chain 0 -> 1 -> ... in which a query reaches ten associations far."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        start = int(request["StartArns"][0].removeprefix(PREFIX))
        step = 1 if request["Direction"] == DESCENDANTS else -1
        reached = [start + step * away for away in range(request["MaxDepth"] + 1)]
        found = [number for number in reached if 0 <= number < length]
        pairs = [sorted(pair) for pair in pairwise(found)]
        return {
            "Vertices": [vertex(number) for number in found],
            "Edges": [edge(*pair) for pair in pairs],
        }

    return Client("sagemaker", {"query_lineage": answer})


def test_queries_go_on_where_the_depth_of_one_ends() -> None:
    sagemaker = chain(25)

    forth = reachable(sagemaker, arn(0), DESCENDANTS)
    back = reachable(sagemaker, arn(24), ASCENDANTS)

    assert set(forth.entities) == set(back.entities) == {arn(number) for number in range(25)}
    assert forth.edges == back.edges
    assert len(forth.edges) == 24
    assert len(sagemaker.requests) == 6


def test_pages_are_one_graph() -> None:
    sagemaker = Client(
        "sagemaker",
        {
            "query_lineage": [
                {"Vertices": [vertex(0), vertex(1)], "Edges": [edge(0, 1)], "NextToken": "t"},
                {"Vertices": [vertex(2)], "Edges": [edge(1, 2)]},
            ]
        },
    )

    graph = reachable(sagemaker, arn(0), DESCENDANTS)

    assert graph.behind(arn(1)) == [Entity(arn(2), "Artifact", "DataSet")]
    assert graph.before(arn(1), "DataSet") == [Entity(arn(0), "Artifact", "DataSet")]
    assert graph.before(arn(1), "Model") == []
    assert [request.get("NextToken") for _, request in sagemaker.requests] == [None, "t"]


def test_a_cycle_ends() -> None:
    answer = {"Vertices": [vertex(0), vertex(1)], "Edges": [edge(0, 1), edge(1, 0)]}

    graph = reachable(Client("sagemaker", {"query_lineage": answer}), arn(0), ASCENDANTS)

    assert len(graph.edges) == 2
