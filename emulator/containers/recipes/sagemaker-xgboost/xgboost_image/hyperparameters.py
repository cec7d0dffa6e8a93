"""The built-in algorithm's hyperparameters, checked as AWS documents them.

Source: "XGBoost hyperparameters" in the Amazon SageMaker AI Developer Guide.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any


class UserError(Exception):
    """A fault of the job's hyperparameters, channels or data."""


def _integer(least: float, most: float = float("inf")) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise ValueError(f"not within {least} to {most}")
        return value

    return parse


def _number(least: float, most: float = float("inf"), *, above: bool = False) -> Callable:
    def parse(text: str) -> float:
        value = float(text)
        if not least <= value <= most or (above and value == least):
            raise ValueError(f"not {'above' if above else 'from'} {least} up to {most}")
        return value

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"not one of {', '.join(choices)}")
        return text

    return parse


def _metrics(text: str) -> list[str]:
    names = [name.strip() for name in text.strip("[]").replace('"', "").split(",")]
    if not all(names):
        raise ValueError("an empty metric name")
    return names


def _constraints(text: str) -> str:
    json.loads(text.replace("(", "[").replace(")", "]"))
    return text


PARSERS: Mapping[str, Callable[[str], Any]] = {
    "num_round": _integer(1),
    "csv_weights": _integer(0, 1),
    "early_stopping_rounds": _integer(1),
    "booster": _one_of("gbtree", "gblinear", "dart"),
    "verbosity": _integer(0, 3),
    "nthread": _integer(1),
    "eta": _number(0, 1),
    "gamma": _number(0),
    "max_depth": _integer(0),
    "min_child_weight": _number(0),
    "max_delta_step": _number(0),
    "subsample": _number(0, 1, above=True),
    "colsample_bytree": _number(0, 1, above=True),
    "colsample_bylevel": _number(0, 1, above=True),
    "colsample_bynode": _number(0, 1, above=True),
    "lambda": _number(0),
    "alpha": _number(0),
    "tree_method": _one_of("auto", "exact", "approx", "hist"),
    "sketch_eps": _number(0, 1, above=True),
    "scale_pos_weight": _number(0, above=True),
    "updater": str,
    "dsplit": _one_of("row", "col"),
    "refresh_leaf": _integer(0, 1),
    "process_type": _one_of("default", "update"),
    "grow_policy": _one_of("depthwise", "lossguide"),
    "max_leaves": _integer(0),
    "max_bin": _integer(2),
    "predictor": _one_of("auto", "cpu_predictor"),
    "monotone_constraints": _constraints,
    "interaction_constraints": _constraints,
    "sample_type": _one_of("uniform", "weighted"),
    "normalize_type": _one_of("tree", "forest"),
    "rate_drop": _number(0, 1),
    "one_drop": _integer(0, 1),
    "skip_drop": _number(0, 1),
    "lambda_bias": _number(0, 1),
    "tweedie_variance_power": _number(1, 2, above=True),
    "objective": _one_of(
        "binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson", "multi:softmax",
        "multi:softprob", "rank:pairwise", "rank:ndcg", "rank:map", "reg:linear",
        "reg:squarederror", "reg:logistic", "reg:gamma", "reg:pseudohubererror",
        "reg:squaredlogerror", "reg:tweedie", "reg:absoluteerror", "survival:aft", "survival:cox",
    ),
    "num_class": _integer(2),
    "base_score": _number(0),
    "eval_metric": _metrics,
    "_tuning_objective_metric": str,
    "seed": _integer(-(2**31), 2**31 - 1),
    "num_parallel_tree": _integer(1),
    "save_model_on_termination": _one_of("true", "false"),
    "aft_loss_distribution": _one_of("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": _number(0, above=True),
    "deterministic_histogram": _one_of("true", "false"),
    "sampling_method": _one_of("uniform", "gradient_based"),
    "huber_slope": _number(0, above=True),
    "single_precision_histogram": _one_of("true", "false"),
}  # fmt: skip
# What XGBoost 2 no longer knows, and AWS still documents: without effect on the result.
REMOVED = frozenset(
    {"sketch_eps", "dsplit", "predictor", "deterministic_histogram", "single_precision_histogram"}
)
UNSUPPORTED = frozenset({"_kfold", "_num_cv_round", "use_dask_gpu_training"})


def validate(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parse the hyperparameters, whose values arrive as strings.

    Raises:
        UserError: With all faults in one message.
    """
    values, faults = {}, []
    for name, text in given.items():
        if name in UNSUPPORTED:
            faults.append(f"Hyperparameter {name} is not supported by the emulator")
        elif name not in PARSERS:
            if not name.startswith("sagemaker_"):
                faults.append(f"Extraneous hyperparameter found: {name}")
        else:
            try:
                values[name] = PARSERS[name](str(text))
            except ValueError as error:
                faults.append(f"Hyperparameter {name}: value {text!r} is invalid: {error}")
    faults += _dependency_faults(given, values)
    if faults:
        raise UserError("; ".join(faults))
    return values


def _dependency_faults(given: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    faults = []
    if "num_round" not in given:
        faults.append("Missing required hyperparameter: num_round")
    objective = str(values.get("objective", "reg:squarederror"))
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in given:
        faults.append("Require input for parameter 'num_class' for multi-classification")
    if "auc" in values.get("eval_metric", []) and not objective.startswith(
        ("binary:", "rank:", "multi:")
    ):
        faults.append("Metric 'auc' can only be applied for classification and ranking problems")
    return faults
