"""QueryLineage over a graph of a thousand entities. usage: python -m benchmarks.lineage."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.figures import Figure, median_seconds, print_figures
from benchmarks.running import compile_emulator, emulator

RUNS = 125
QUERIES = 60
# What one run of a pipeline leaves: (name, kind, type, what leads to it).
RUN = (
    ("prepare", "action", "ProcessingJob", ("raw", "image")),
    ("train_data", "artifact", "DataSet", ("prepare",)),
    ("test_data", "artifact", "DataSet", ("prepare",)),
    ("train", "action", "TrainingJob", ("train_data", "image")),
    ("model", "artifact", "Model", ("train",)),
    ("package", "artifact", "Model", ("model", "image")),
    ("deployment", "action", "ModelDeployment", ("package", "model")),
    ("endpoint", "context", "Endpoint", ("deployment",)),
)


class Graph:
    """The graph in SageMaker, and the same in two dictionaries."""

    def __init__(self, sagemaker: Any) -> None:
        self._sagemaker = sagemaker
        self.forth: dict[str, list[str]] = {}
        self.back: dict[str, list[str]] = {}
        self.data = self._create("artifact", "raw", "DataSet")
        image = self._create("artifact", "image", "Image")
        self.endpoint = ""
        for number in range(RUNS):
            arns = {"raw": self.data, "image": image}
            for name, kind, entity_type, sources in RUN:
                arns[name] = self._create(kind, f"{name.replace('_', '-')}-{number}", entity_type)
                for source in sources:
                    self._associate(arns[source], arns[name])
            self.endpoint = arns["endpoint"]

    def _create(self, kind: str, name: str, entity_type: str) -> str:
        noun = kind.capitalize()
        answer = getattr(self._sagemaker, f"create_{kind}")(
            **{f"{noun}Name": name, f"{noun}Type": entity_type},
            Source={"SourceUri": f"s3://bench/{name}"},
        )
        arn: str = answer[f"{noun}Arn"]
        self.forth[arn], self.back[arn] = [], []
        return arn

    def _associate(self, source: str, destination: str) -> None:
        self._sagemaker.add_association(
            SourceArn=source, DestinationArn=destination, AssociationType="ContributedTo"
        )
        self.forth[source].append(destination)
        self.back[destination].append(source)


def measure() -> list[Figure]:
    """From one endpoint back, and from the data forward to all that there is."""
    compile_emulator()
    with emulator() as server:
        sagemaker = server.client("sagemaker")
        graph = Graph(sagemaker)
        name = graph.endpoint.rpartition("/")[2]
        call_ms = _median_ms(lambda: sagemaker.describe_context(ContextName=name))

        def figure(name: str, start: str, direction: str, bound: float) -> Figure:
            neighbours = graph.back if direction == "Ascendants" else graph.forth
            reached = len(list(_walk(start, neighbours)))
            query_ms = _median_ms(
                lambda: sagemaker.query_lineage(
                    StartArns=[start], Direction=direction, IncludeEdges=True
                )
            )
            walk_ms = _median_ms(lambda: list(_walk(start, neighbours)))
            return Figure(
                f"{name} p50 / a Describe call's",
                f"{query_ms:.1f} ms, {reached} of {len(neighbours)} entities reached",
                f"DescribeContext {call_ms:.1f} ms; two dictionaries in memory {walk_ms:.3f} ms",
                query_ms / call_ms,
                bound,
            )

        return [
            figure("QueryLineage from an endpoint back", graph.endpoint, "Ascendants", 3),
            figure("QueryLineage from data to all of it", graph.data, "Descendants", 15),
        ]


def _median_ms(run: Callable[[], object]) -> float:
    return 1000 * median_seconds(run, QUERIES)


def _walk(start: str, neighbours: dict[str, list[str]]) -> Iterator[str]:
    """The floor: breadth first over a graph that is in memory and has no types and no pages."""
    seen, left = {start}, deque([start])
    while left:
        arn = left.popleft()
        yield arn
        for other in neighbours[arn]:
            if other not in seen:
                seen.add(other)
                left.append(other)


if __name__ == "__main__":
    print_figures(measure())
