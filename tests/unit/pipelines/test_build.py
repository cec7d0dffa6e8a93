"""Pipelines by name."""

from pathlib import Path

import pytest

import pipelines
from pipelines import build
from pipelines.target import Target

TARGET = Target("arn:aws:iam::123456789012:role/name", "my-bucket", "us-east-1")


def test_the_pipelines_of_the_repository_are_listed() -> None:
    assert {"book_ratings", "book_ratings.endpoint"} <= set(build.names())


def test_a_folder_with_a_graph_is_a_pipeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for graph in ("churn/pipeline.py", "churn/endpoint.py", "sums/pipeline.py", "sdk/jobs.py"):
        (tmp_path / graph).parent.mkdir(exist_ok=True)
        (tmp_path / graph).touch()
    graph = "SOURCES = ()\n\n\ndef definition(target, sources):\n    return ''\n"
    (tmp_path / "churn" / "on_a_cluster.py").write_text(graph, "utf-8")
    (tmp_path / "churn" / "settings.py").write_text("SOURCES = ()\n", "utf-8")
    (tmp_path / "sdk" / "session.py").write_text("def definition(build):\n    pass\n", "utf-8")
    monkeypatch.setattr(build, "PIPELINES_DIRECTORY", tmp_path)
    assert build.names() == ["churn", "churn.endpoint", "churn.on_a_cluster", "sums"]


def test_an_unknown_pipeline_is_named_with_those_that_exist() -> None:
    with pytest.raises(build.UnknownPipelineError) as raised:
        build.build("films", TARGET)
    assert "'films'" in str(raised.value)
    assert f"expected one of {', '.join(build.names())}" in str(raised.value)


def test_a_module_that_is_no_graph_is_named_with_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums" / "pipeline.py").write_text("SOURCES = ()\n", "utf-8")
    (tmp_path / "sums" / "endpoint.py").touch()
    monkeypatch.setattr(build, "PIPELINES_DIRECTORY", tmp_path)
    monkeypatch.setattr(pipelines, "__path__", [str(tmp_path)])
    with pytest.raises(build.UnknownPipelineError, match=r"pipelines/sums/pipeline.py .*: definit"):
        build.build("sums", TARGET)
    expected = r"pipelines/sums/endpoint.py .*: SOURCES, definition, DEPLOYMENT"
    with pytest.raises(build.UnknownPipelineError, match=expected):
        build.build("sums.endpoint", TARGET)


def test_a_kept_definition_is_used_until_a_file_or_the_target_changes(tmp_path: Path) -> None:
    path = build.cached_path("book_ratings", TARGET, tmp_path)
    path.write_text("kept", "utf-8")
    assert build.build("book_ratings", TARGET, tmp_path).definition == "kept"
    elsewhere = Target(TARGET.role_arn, TARGET.bucket, "eu-west-1")
    assert build.cached_path("book_ratings", elsewhere, tmp_path) != path
    assert build.cached_path("book_ratings.endpoint", TARGET, tmp_path) != path


def test_definitions_are_kept_in_the_users_cache() -> None:
    assert build.default_cache_directory({"XDG_CACHE_HOME": "/c"}) == Path(
        "/c/pipeline-definitions"
    )
