"""Where an r_recommender model is deployed, and the questions that its endpoint must answer."""

from collections.abc import Mapping

from pipelines.endpoint import graph
from pipelines.endpoint.deployment import GUARDED, Check, Deployment, Stage
from pipelines.source import SourceArchive
from pipelines.target import Target

# The code that checks an endpoint is a Lambda function, so no step has code of its own.
SOURCES = ()

_READER = '{{"user_id": "{user}", "item_id": "{item}", "rating": {rating}}}'


def _question(*ratings: tuple[str, str, int]) -> str:
    """Ratings of readers whom the model has not seen; five items for each are wanted."""
    rows = (_READER.format(user=user, item=item, rating=rating) for user, item, rating in ratings)
    return f'{{"instances": [{", ".join(rows)}], "top_k": 5}}'


def _check(answers: int, *ratings: tuple[str, str, int]) -> Check:
    # A score is a mean and what neighbours add to it, so it may leave the ratings' 1 to 5 a little.
    return Check(
        "application/json",
        _question(*ratings),
        answers=answers,
        minimum=0.0,
        maximum=6.0,
        answer_key="recommendations",
        value_key="score",
    )


# Items 1, 2 and 3 are in MovieLens and in goodbooks-10k; a model of other data needs others here.
DEPLOYMENT = Deployment(
    stages={
        "staging": Stage("r-recommender-staging", "ml.t2.medium", 1, 100),
        "prod": Stage("r-recommender-prod", "ml.m5.large", 2, 20, GUARDED),
    },
    checks={
        "CheckOneReader": _check(5, ("new", "1", 5), ("new", "2", 1), ("new", "3", 4)),
        # Who likes everything alike tells nothing, and gets an answer too.
        "CheckTwoReaders": _check(10, ("one", "1", 3), ("one", "2", 3), ("two", "3", 4)),
    },
)


def definition(target: Target, sources: Mapping[str, SourceArchive]) -> str:
    """Builds the definition of the pipeline that deploys a model package."""
    return graph.definition(target, DEPLOYMENT)
