"""Pipelines by name."""

import pytest

from pipelines import build
from pipelines.target import Target

TARGET = Target("arn:aws:iam::123456789012:role/name", "my-bucket", "us-east-1")


def test_the_pipelines_of_the_repository_are_listed() -> None:
    assert build.names() == ["book_ratings", "endpoint"]


def test_an_unknown_pipeline_is_named_with_those_that_exist() -> None:
    with pytest.raises(build.UnknownPipelineError) as raised:
        build.build("films", TARGET)
    assert "'films'" in str(raised.value)
    assert "book_ratings, endpoint" in str(raised.value)
