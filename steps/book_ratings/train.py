"""Training script (script mode): XGBoost on prepared features.

    train.py --num_round 200 --eta 0.05 ...

Channels: `train`, optionally `validation` (both `features.parquet`, label first) and `state`.
XGBoost's own lines carry the metrics (`validation-rmse:0.9`). With a `state` channel the model
directory also gets the state and the serving code, so the artefact alone can answer.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from arguments import Parser, split_base_directory
from boosting import BOOSTER_FILE, load_xgboost
from faults import BadInput, report
from features import FEATURES
from state import CATALOGUE_FILE, FIT_FILE

SERVING_MODULES = (
    "inference.py",
    "questions.py",
    "boosting.py",
    "features.py",
    "state.py",
    "bias.py",
    "factors.py",
    "neighbours.py",
    "interactions.py",
)


@dataclass(frozen=True)
class Hyperparameter:
    """One number that may be set or tuned; `above` excludes the lower bound itself."""

    kind: type[int] | type[float]
    default: float
    lowest: float
    highest: float
    above: bool = False


HYPERPARAMETERS = {
    "num_round": Hyperparameter(int, 200, 1, 10_000),
    "eta": Hyperparameter(float, 0.05, 0.0, 1.0, above=True),
    "max_depth": Hyperparameter(int, 4, 1, 16),
    "min_child_weight": Hyperparameter(float, 50.0, 0.0, 1e6),
    "subsample": Hyperparameter(float, 0.8, 0.0, 1.0, above=True),
    "colsample_bytree": Hyperparameter(float, 0.6, 0.0, 1.0, above=True),
    "reg_lambda": Hyperparameter(float, 10.0, 0.0, 1e6),
    "seed": Hyperparameter(int, 0, 0, 2**31 - 1),
}


@dataclass(frozen=True)
class Features:
    """Rows to learn from or to validate on."""

    values: npt.NDArray[np.float32]
    ratings: npt.NDArray[np.float32]


def read_hyperparameters(texts: dict[str, str]) -> dict[str, float]:
    """Numbers for all HYPERPARAMETERS, the defaults where nothing is given.

    Raises:
        BadInput: naming every value that is not a number or out of its range.
    """
    values: dict[str, float] = {}
    faults: list[str] = []
    for name, rule in HYPERPARAMETERS.items():
        text = texts.get(name)
        if text is None:
            values[name] = rule.kind(rule.default)
            continue
        try:
            value = rule.kind(text)
        except ValueError:
            value = None
        if value is None or not _is_within(value, rule):
            opening = "above " if rule.above else ""
            faults.append(
                f"hyperparameter {name}: got {text!r}, expected {rule.kind.__name__} from "
                f"{opening}{rule.lowest:g} to {rule.highest:g}"
            )
        else:
            values[name] = value
    if faults:
        raise BadInput(faults)
    return values


def read_features(directory: Path, channel: str) -> Features:
    """Reads one channel's `*.parquet`.

    Raises:
        BadInput: no file, an unreadable one, no rows, or other columns than prepare writes.
    """
    paths = sorted(directory.glob("*.parquet"))
    if not paths:
        raise BadInput([f"channel '{channel}': no .parquet file in {directory}"])
    expected = ["rating", *FEATURES]
    tables = []
    for path in paths:
        try:
            table = pl.read_parquet(path)
        except pl.exceptions.PolarsError as error:
            reason = str(error).splitlines()[0]
            raise BadInput(
                [f"channel '{channel}': {path.name} is not parquet: {reason}"]
            ) from error
        if table.columns != expected:
            got = ", ".join(table.columns)
            raise BadInput(
                [f"{path.name}: got columns {got}; expected {', '.join(expected)}, from prepare.py"]
            )
        tables.append(table)
    rows = pl.concat(tables)
    if not len(rows):
        raise BadInput([f"channel '{channel}': no rows, expected at least one"])
    return Features(
        np.ascontiguousarray(rows.select(FEATURES).to_numpy(), np.float32),
        rows["rating"].to_numpy().astype(np.float32),
    )


def train(
    hyperparameters: dict[str, float],
    learn: Features,
    validate: Features | None,
    threads: int,
    quiet: bool = False,
) -> Any:
    """Fits a booster and, unless `quiet`, prints XGBoost's line of metrics after each round."""
    xgboost = load_xgboost()
    parameters: dict[str, Any] = {
        name: value for name, value in hyperparameters.items() if name != "num_round"
    }
    parameters |= {
        "objective": "reg:squarederror",
        "eval_metric": "rmse",
        "tree_method": "hist",
        "nthread": threads,
    }
    watched = {"train": learn} | ({"validation": validate} if validate else {})
    matrices = {
        name: xgboost.DMatrix(part.values, part.ratings, feature_names=list(FEATURES))
        for name, part in watched.items()
    }
    return xgboost.train(
        parameters,
        matrices["train"],
        int(hyperparameters["num_round"]),
        evals=[] if quiet else [(matrix, name) for name, matrix in matrices.items()],
    )


def write_model(booster: Any, state: Path | None, model: Path) -> None:
    """Writes the booster and, given a state, all that serving needs; a file is whole or absent."""
    model.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=model, prefix=".") as beside:
        booster.save_model(Path(beside, BOOSTER_FILE))
        if state is not None:
            _copy(state, (FIT_FILE, CATALOGUE_FILE), Path(beside, "state"))
            _copy(Path(__file__).parent, SERVING_MODULES, Path(beside, "code"))
        for path in sorted(Path(beside).glob("**/*")):
            target = model / path.relative_to(beside)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            else:
                path.replace(target)


def main(argv: Sequence[str] | None = None) -> int:
    """Trains one model; gives 1 after bad input, whose text goes to `output/failure` too."""
    base, rest = split_base_directory(argv)
    try:
        arguments = _parser().parse_args(rest)
        hyperparameters = read_hyperparameters(
            {name: text for name, text in vars(arguments).items() if text is not None}
        )
        learn = read_features(_channel(base, "train"), "train")
        validation = _channel(base, "validation")
        validate = read_features(validation, "validation") if validation.is_dir() else None
        state = _channel(base, "state") if _channel(base, "state").is_dir() else None
        if state is not None:
            _check_state(state)
    except BadInput as error:
        report(error, Path(os.environ.get("SM_OUTPUT_DIR", base / "output"), "failure"))
        return 1
    booster = train(hyperparameters, learn, validate, len(os.sched_getaffinity(0)))
    write_model(booster, state, Path(os.environ.get("SM_MODEL_DIR", base / "model")))
    return 0


def _parser() -> Parser:
    parser = Parser(__doc__.splitlines()[0])
    for name, rule in HYPERPARAMETERS.items():
        parser.add_argument(f"--{name}", help=f"default {rule.default:g}")
    parser.add_argument("--_tuning_objective_metric", help="set by SageMaker; not used here")
    return parser


def _channel(base: Path, name: str) -> Path:
    default = base / "input/data" / name
    return Path(os.environ.get(f"SM_CHANNEL_{name.upper()}", default))


def _is_within(value: float, rule: Hyperparameter) -> bool:
    is_excluded = rule.above and value == rule.lowest
    return rule.lowest <= value <= rule.highest and not is_excluded


def _check_state(state: Path) -> None:
    missing = [name for name in (FIT_FILE, CATALOGUE_FILE) if not (state / name).is_file()]
    if missing:
        raise BadInput(
            [f"channel 'state': no {' and no '.join(missing)}, expected prepare's state"]
        )


def _copy(source: Path, names: Sequence[str], target: Path) -> None:
    target.mkdir()
    for name in names:
        shutil.copyfile(source / name, target / name)


if __name__ == "__main__":
    sys.exit(main())
