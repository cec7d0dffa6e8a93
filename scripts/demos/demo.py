"""What a pipeline brings to be demonstrated."""

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

from pipelines import build

DIRECTORY = Path(__file__).parent


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that answers JSON.

    Attributes:
        user_id: Whom a recommender is asked about.
    """

    name: str
    user_id: str = "1"

    def invoke(self, body: Mapping[str, Any]) -> Any:
        """The answer to one request."""
        response = boto3.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.name, ContentType="application/json", Body=json.dumps(body)
        )
        return json.loads(response["Body"].read())


@dataclass(frozen=True)
class Demo:
    """A pipeline's data, how its evaluation reads, and a question to its endpoint.

    Attributes:
        inputs: Gives a local file for each pipeline parameter that is an S3 address.
        needs: What has to be on the machine besides Python: "java", "r".
    """

    description: str
    inputs: Callable[[], Mapping[str, Path]]
    show_evaluation: Callable[[Mapping[str, Any], Console], None]
    ask: Callable[[Endpoint, Console], None]
    needs: tuple[str, ...] = ()


def names() -> list[str]:
    """The pipelines that have a demo, by every graph of theirs that makes a model."""
    return [
        name
        for name in build.names()
        if name.rpartition(".")[2] != "endpoint" and _module(name).with_suffix(".py").is_file()
    ]


def load(name: str) -> Demo:
    """The demo of a pipeline; all of its graphs have the same."""
    demo: Demo = importlib.import_module(f"demos.{_module(name).name}").DEMO
    return demo


def _module(name: str) -> Path:
    return DIRECTORY / name.partition(".")[0]
