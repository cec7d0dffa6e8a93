"""Where a title_embeddings model is deployed, and the questions that its endpoint must answer."""

from collections.abc import Mapping

from pipelines.endpoint import graph
from pipelines.endpoint.deployment import GUARDED, Check, Deployment, Stage
from pipelines.source import SourceArchive
from pipelines.target import Target

# The code that checks an endpoint is a Lambda function, so no step has code of its own.
SOURCES = ()

# A title that is new to any catalogue, in words that all English vectors have: ask another of an
# endpoint with vectors of another language. A title without a word has no neighbours.
DEPLOYMENT = Deployment(
    stages={
        "staging": Stage("title-embeddings-staging", "ml.t2.medium", 1, 100),
        "prod": Stage("title-embeddings-prod", "ml.m5.large", 2, 20, GUARDED),
    },
    checks={
        "CheckNewTitle": Check(
            "application/json",
            '{"title": "the night of the white queen and her dark house", "top_k": 3}',
            answers=3,
            minimum=-1.0,
            maximum=1.0,
            answer_key="neighbours",
            value_key="similarity",
        ),
        "CheckTitleWithoutWords": Check(
            "application/json",
            '{"title": "1984", "top_k": 3}',
            answers=0,
            minimum=-1.0,
            maximum=1.0,
            answer_key="neighbours",
            value_key="similarity",
        ),
    },
)


def definition(target: Target, sources: Mapping[str, SourceArchive]) -> str:
    """Builds the definition of the pipeline that deploys a model package."""
    return graph.definition(target, DEPLOYMENT)
