"""The built-in algorithm: trains on the channels and saves `xgboost-model`."""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xgboost as xgb

from xgboost_image.channels import read_channel
from xgboost_image.hyperparameters import REMOVED, UserError, validate
from xgboost_image.metrics import CUSTOM_METRICS, MAXIMIZED, evaluate_custom
from xgboost_image.release import RELEASE

MODEL_FILE = "xgboost-model"
METRIC_ARGUMENT = "custom_metric" if RELEASE >= (1, 6) else "feval"
OURS = frozenset(
    {
        "num_round", "csv_weights", "early_stopping_rounds", "eval_metric",
        "_tuning_objective_metric", "save_model_on_termination",
    }
)  # fmt: skip


class MetricLines(xgb.callback.TrainingCallback):
    """Prints each round's metrics as the image's log in AWS has them, tabs written as #011."""

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:
        """Print the line; training goes on."""
        words = [f"[{epoch}]"]
        for data, metrics in evals_log.items():
            words += [f"{data}-{metric}:{values[-1]:.5f}" for metric, values in metrics.items()]
        print("#011".join(words), flush=True)
        return False


class StopOnSigterm(xgb.callback.TrainingCallback):
    """Ends training after the round in which SIGTERM came."""

    def __init__(self) -> None:
        self.is_asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, *_: object) -> None:
        self.is_asked = True

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:
        """Whether to stop."""
        return self.is_asked


class InOrder(xgb.callback.TrainingCallback):
    """Calls callbacks one after the other, and all of them.

    XGBoost 1 keeps them in a set, and the first one that stops hides the round from those behind.
    """

    def __init__(self, *callbacks: xgb.callback.TrainingCallback) -> None:
        self._callbacks = callbacks

    def before_training(self, model: Any) -> Any:
        """Hand the model from one to the next."""
        for callback in self._callbacks:
            model = callback.before_training(model)
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:
        """Whether one of them wants to stop."""
        wishes = [each.after_iteration(model, epoch, evals_log) for each in self._callbacks]
        return any(wishes)

    def after_training(self, model: Any) -> Any:
        """Hand the model from one to the next."""
        for callback in self._callbacks:
            model = callback.after_training(model)
        return model


def train(root: Path, hyperparameters: Mapping[str, Any], channels: Mapping[str, Any]) -> None:
    """Train on /opt/ml/input/data/{train,validation} and save to /opt/ml/model.

    Raises:
        UserError: With the faults of the hyperparameters, the channels or the data.
    """
    values = validate(hyperparameters)
    _check_channels(channels)
    matrices = _read(root, channels, has_weights=values.get("csv_weights") == 1)
    for name, matrix in matrices.items():
        print(f"{name.capitalize()} matrix has {matrix.num_row()} rows and "
              f"{matrix.num_col()} columns", flush=True)  # fmt: skip
    stop = StopOnSigterm()
    booster = _boost(values, matrices, stop)
    if stop.is_asked and values.get("save_model_on_termination") != "true":
        raise SystemExit(0)
    _save(booster, root / "model")


def _save(booster: xgb.Booster, model_dir: Path) -> None:
    """In the format that XGBoost has for a name without an extension, as AWS's image saves it."""
    model_dir.mkdir(parents=True, exist_ok=True)
    # By name, because a release that writes UBJSON warns of a name that does not say so.
    name = f"{MODEL_FILE}.ubj" if RELEASE >= (2, 1) else MODEL_FILE
    booster.save_model(str(model_dir / name))
    (model_dir / name).rename(model_dir / MODEL_FILE)


def _check_channels(channels: Mapping[str, Any]) -> None:
    faults = [
        f"Extraneous channel found: {name}"
        for name in channels
        if name not in ("train", "validation", "code")
    ]
    if "train" not in channels:
        faults.append("Missing required channel: train")
    if faults:
        raise UserError("; ".join(faults))


def _read(root: Path, channels: Mapping[str, Any], *, has_weights: bool) -> dict[str, xgb.DMatrix]:
    matrices = {}
    for name in ("train", "validation"):
        if name in channels:
            directory = root / "input" / "data" / name
            # In AWS too the weights' column is only that of the training channel.
            weighted = has_weights and name == "train"
            matrices[name] = read_channel(name, directory, channels[name], has_weights=weighted)
    widths = {name: matrix.num_col() for name, matrix in matrices.items()}
    if widths.get("validation", 0) > widths["train"]:
        raise UserError(f"The validation channel has more features than train: {widths}")
    return matrices


def _boost(
    values: Mapping[str, Any], matrices: Mapping[str, xgb.DMatrix], stop: StopOnSigterm
) -> xgb.Booster:
    metrics = list(values.get("eval_metric", []))
    objective_metric = values.get("_tuning_objective_metric")
    if objective_metric is not None and objective_metric.partition(":")[2] not in metrics:
        metrics.append(objective_metric.partition(":")[2])
    native = [name for name in metrics if name not in CUSTOM_METRICS]
    custom = [name for name in metrics if name in CUSTOM_METRICS]
    unknown = OURS | REMOVED if RELEASE >= (2, 0) else OURS
    parameters = {name: value for name, value in values.items() if name not in unknown}
    if parameters.get("objective") == "reg:linear":
        parameters["objective"] = "reg:squarederror"  # its name since XGBoost 0.90
    if native:
        parameters["eval_metric"] = native
    callbacks = [MetricLines(), stop]
    rounds = values.get("early_stopping_rounds")
    if rounds is not None and "validation" in matrices:
        callbacks.append(_early_stopping(rounds, metrics))
    return xgb.train(
        parameters,
        matrices["train"],
        values["num_round"],
        evals=[(matrix, name) for name, matrix in matrices.items()],
        callbacks=[InOrder(*callbacks)],
        verbose_eval=False,
        **{METRIC_ARGUMENT: evaluate_custom(custom, values) if custom else None},
    )


def _early_stopping(rounds: int, metrics: list[str]) -> xgb.callback.EarlyStopping:
    metric = metrics[-1] if metrics else None
    maximize = None if metric is None else metric.partition("@")[0] in MAXIMIZED
    return xgb.callback.EarlyStopping(
        rounds, metric_name=metric, data_name="validation", maximize=maximize, save_best=True
    )
