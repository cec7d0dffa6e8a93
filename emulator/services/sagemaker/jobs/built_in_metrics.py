"""Metrics of SageMaker's built-in algorithms, which need no MetricDefinitions.

Sources: "XGBoost hyperparameter tuning" and "Tune an Object2Vec Model", the tables of metrics
computed by the algorithm.
"""

from collections.abc import Callable, Mapping, Sequence

_XGBOOST_METRICS = (
    "accuracy",
    "auc",
    "error",
    "f1",
    "logloss",
    "mae",
    "map",
    "merror",
    "mlogloss",
    "mse",
    "ndcg",
    "r2",
    "rmse",
)
_XGBOOST_DATA = ("train", "validation")
# Each with the word that AWS's algorithms log behind its name.
_OBJECT2VEC_METRICS = {"mean_squared_error": "loss", "cross_entropy": "loss", "accuracy": "score"}
_OBJECT2VEC_DATA = ("train", "validation", "test")
_VALUE = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"


def metric_definitions(
    image_uri: str, hyperparameters: Mapping[str, str]
) -> Sequence[Mapping[str, str]]:
    """The definitions that SageMaker has for the image's built-in algorithm, if it is used.

    In script mode the algorithm is the caller's, and so are its metrics.
    """
    repository = image_uri.rpartition("/")[2].partition(":")[0]
    if repository not in _DEFINITIONS or "sagemaker_program" in hyperparameters:
        return ()
    return _DEFINITIONS[repository]()


def _xgboost() -> Sequence[Mapping[str, str]]:
    # CloudWatch shows the tab before a metric as #011; a line read as it comes has the tab. AWS's
    # regexes begin with ".*", which makes a search quadratic and matches nothing more.
    return [
        {
            "Name": f"{data}:{metric}",
            "Regex": rf"\[[0-9]+\].*(?:#011|\s){data}-{metric}:{_VALUE}",
        }
        for data in _XGBOOST_DATA
        for metric in _XGBOOST_METRICS
    ]


def _object2vec() -> Sequence[Mapping[str, str]]:
    return [
        {
            "Name": f"{data}:{metric}",
            "Regex": rf"#quality_metric: host=\S+, epoch=\S+, {data} {metric} <{kind}>=(\S+)",
        }
        for data in _OBJECT2VEC_DATA
        for metric, kind in _OBJECT2VEC_METRICS.items()
    ]


_DEFINITIONS: Mapping[str, Callable[[], Sequence[Mapping[str, str]]]] = {
    "sagemaker-xgboost": _xgboost,
    "object2vec": _object2vec,
}
