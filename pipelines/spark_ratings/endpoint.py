"""Where a spark_ratings model is deployed, and the questions that its endpoint must answer."""

from collections.abc import Mapping

from pipelines.endpoint import graph
from pipelines.endpoint.deployment import GUARDED, Check, Deployment, Stage
from pipelines.source import SourceArchive
from pipelines.target import Target

# The code that checks an endpoint is a Lambda function, so no step has code of its own.
SOURCES = ()

# Users and items 1 and 0: it does not matter whether the model has seen them, because an unknown
# one must get a sensible answer too. Ratings go from 1 to 5; a regression may overshoot a little.
DEPLOYMENT = Deployment(
    stages={
        "staging": Stage("spark-ratings-staging", "ml.t2.medium", 1, 100),
        "prod": Stage("spark-ratings-prod", "ml.m5.large", 2, 20, GUARDED),
    },
    checks={
        "CheckCsv": Check("text/csv", "1,1\n0,0", answers=2, minimum=0.5, maximum=5.5),
        "CheckTopFive": Check(
            "application/json",
            '{"user_id": 1, "top_k": 5}',
            answers=5,
            minimum=0.5,
            maximum=5.5,
            answer_key="recommendations",
            value_key="score",
        ),
    },
)


def definition(target: Target, sources: Mapping[str, SourceArchive]) -> str:
    """Builds the definition of the pipeline that deploys a model package."""
    return graph.definition(target, DEPLOYMENT)
