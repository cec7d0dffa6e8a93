"""Where an object2vec model is deployed, and the questions that its endpoint must answer."""

from collections.abc import Mapping

from pipelines.endpoint import graph
from pipelines.endpoint.deployment import GUARDED, Check, Deployment, Stage
from pipelines.source import SourceArchive
from pipelines.target import Target

# The code that checks an endpoint is a Lambda function, so no step has code of its own.
SOURCES = ()

# Every vocabulary has users and items 0 and 1. Ratings go from 1 to 5; a regression may overshoot
# by one.
DEPLOYMENT = Deployment(
    stages={
        "staging": Stage("object2vec-staging", "ml.t2.medium", 1, 100),
        "prod": Stage("object2vec-prod", "ml.m5.large", 2, 20, GUARDED),
    },
    checks={
        "CheckPairs": Check(
            "application/json",
            '{"instances": [{"in0": [0], "in1": [0]}, {"in0": [1], "in1": [1]}]}',
            answers=2,
            minimum=0,
            maximum=6.5,
            answer_key="predictions",
            value_key="scores",
        ),
    },
)


def definition(target: Target, sources: Mapping[str, SourceArchive]) -> str:
    """Builds the definition of the pipeline that deploys a model package."""
    return graph.definition(target, DEPLOYMENT)
