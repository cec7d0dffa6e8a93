"""A lineage report in each of its forms."""

import io
import json
from pathlib import Path

from rich.console import Console

from model_deploy.lineage import views
from model_deploy.lineage.forward import ways_to_models
from model_deploy.lineage.nodes import ABOVE, Node

DATA = Node("Data", 's3://b/"raw".csv', {"content": "S3ETag abc"})
JOB = Node("Training job", "train-[1]", {"status": "Completed"}, (DATA,))
ENDPOINT = Node("Endpoint", "books", {}, (Node("Model package", "books/1", {}, (JOB,)),))


def printed(renderable: object, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(renderable)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_a_tree_shows_names_as_they_are_and_breaks_long_ones() -> None:
    text = printed(views.tree(ENDPOINT))
    assert "train-[1]" in text
    assert "content: S3ETag abc" in text
    long = Node("Data", "s3://bucket/" + "x" * 200)
    assert "".join(printed(views.tree(long)).split()).endswith("x" * 200)


def test_a_chart_leads_from_data_to_endpoints_in_either_report() -> None:
    back = views.as_mermaid(ENDPOINT, is_backward=True)
    assert back.startswith("```mermaid\nflowchart LR\n")
    assert 'n0["Endpoint<br>books"]' in back
    assert "n1 --> n0" in back
    assert "s3://b/#quot;raw#quot;.csv" in back
    forward = Node("Data", "d", {}, (Node("Endpoint", "e"),))
    assert "n0 --> n1" in views.as_mermaid(forward, is_backward=False)


def test_a_thing_that_is_told_twice_is_one_box() -> None:
    twice = Node("Endpoint", "e", {}, (JOB, Node("Data", "d", {}, (Node(JOB.kind, JOB.name),))))
    chart = views.as_mermaid(twice, is_backward=True)
    assert chart.count("train-[1]") == 1


def test_a_report_is_written_in_the_form_that_the_ending_names(tmp_path: Path) -> None:
    for ending in views.FORMS:
        views.write(ENDPOINT, tmp_path / f"report{ending}", is_backward=True)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["children"][0]["children"][0]["name"] == "train-[1]"
    assert "flowchart" in (tmp_path / "report.md").read_text()
    page = (tmp_path / "report.html").read_text()
    assert "train-[1]" in page
    assert "<script" not in page


def test_dependents_are_each_told_once_by_their_present_state() -> None:
    old = Node("Endpoint", "books", {"now": "serves another model"})
    new = Node("Endpoint", "books", {"now": "serves it, InService"})
    packages = (
        Node("Model package", "books/1", {"approval": "Approved"}, (old,)),
        Node("Model package", "books/2", {"approval": "Rejected"}, (new,)),
        Node("Model package", "books/1", {"see": ABOVE}),
    )
    table = views.dependents(Node("Data", "d", {}, packages))
    assert table is not None
    text = printed(table)
    assert text.count("books/1") == text.count("books/2") == 1
    assert "serves it, InService" in text
    assert "serves another model" not in text
    assert views.dependents(DATA) is None


def test_the_short_report_keeps_every_way_to_a_model_and_counts_the_rest() -> None:
    package = Node("Model package", "books/1", {"approval": "Approved", "note": "n"})
    train = Node("Training job", "train", {"image": "i", "status": "Completed"}, (package,))
    again = Node("Training job", "train", {"see": ABOVE})
    test = Node("Data", "test", {}, (Node("Processing job", "evaluate"),))
    root = Node(
        "Data", "d", {}, (Node("Data", "a", {}, (train,)), Node("Data", "b", {}, (again,)), test)
    )

    short = ways_to_models(root)

    assert [child.name for child in short.children] == ["a", "b"]
    assert short.facts == {"besides": "2 that lead to no model package"}
    assert short.children[0].children[0].facts == {"status": "Completed"}
    assert short.children[0].children[0].children[0].facts == {"approval": "Approved"}
    assert short.children[1].children[0].facts == {"see": ABOVE}
