"""The evaluation: the JSON file of a step that the quality gate and the registry read."""

from typing import Any

from pipelines.sdk import processing, values
from pipelines.sdk.jobs import Channel
from pipelines.sdk.session import Build

NAME = "evaluation"
FILE = "evaluation.json"
# For the step that writes it, so that `number` can read it.
PROPERTY_FILES = {NAME: (NAME, FILE)}


def output(build: Build) -> Channel:
    """The output /opt/ml/processing/evaluation, which a script writes evaluation.json to."""
    s3_uri = values.execution_s3_uri(build.target.bucket, "evaluate", NAME)
    return Channel(NAME, s3_uri, f"/opt/ml/processing/{NAME}")


def number(step: Any, path: str) -> Any:
    """A number of the evaluation, by its JSON path, when the pipeline runs."""
    return values.json_value(step, NAME, path)


def s3_uri(step: Any) -> Any:
    """The address of evaluation.json itself."""
    return values.join("/", processing.output_s3_uri(step, NAME), FILE)
