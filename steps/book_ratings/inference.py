"""The endpoint's model functions: ratings of pairs, and recommendations for a user.

Called by SageMaker's serving toolkits: model_fn once, then input_fn, predict_fn and output_fn for
each request. An unknown user or item is no error: it gets the answer for someone (something) not
seen in training.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from boosting import BOOSTER_FILE, load_xgboost, predict
from features import FEATURES, Fit, clip, compute_features
from neighbours import rated_by
from questions import Identifier, Pairs, RequestRefused, TopK, parse
from state import Catalogue, load_state

ANY = "*/*"


@dataclass(frozen=True)
class Model:
    """All that answering needs."""

    booster: Any
    fit: Fit
    catalogue: Catalogue


@dataclass(frozen=True)
class Ratings:
    """Predicted ratings in the order of the pairs."""

    values: npt.NDArray[np.float32]
    is_csv: bool


@dataclass(frozen=True)
class Recommendations:
    """A user's best items first, as (item id, title, score)."""

    user_id: Identifier
    items: tuple[tuple[Identifier, str | None, float], ...]


def model_fn(model_dir: str) -> Model:
    """Loads the artefact that train.py wrote.

    Raises:
        FileNotFoundError: a part is missing (a tuning job's artefact cannot serve).
        ValueError: the booster was trained on other features than this code computes.
    """
    directory = Path(model_dir)
    booster = load_booster(directory)
    fit, catalogue = load_state(directory / "state")
    return Model(booster, fit, catalogue)


def load_booster(directory: Path) -> Any:
    """Loads the part of the artefact that a training without state writes.

    Raises:
        FileNotFoundError: it is missing.
        ValueError: it was trained on other features than this code computes.
    """
    path = directory / BOOSTER_FILE
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file, expected the booster that train.py writes")
    booster = load_xgboost().Booster(model_file=str(path))
    booster.set_param({"nthread": 1})  # a request is too small to share between threads
    if tuple(booster.feature_names or ()) != FEATURES:
        raise ValueError(f"{path}: got features {booster.feature_names}, expected {FEATURES}")
    return booster


def input_fn(request_body: str | bytes | bytearray, content_type: str) -> Pairs | TopK:
    """Reads a request; see `questions.parse`."""
    return parse(request_body, content_type)


def predict_fn(request: Pairs | TopK, model: Model) -> Ratings | Recommendations:
    """Answers a request."""
    if isinstance(request, TopK):
        return _recommend(request, model)
    return Ratings(predict_ratings(model, request.users, request.items), request.is_csv)


def predict_ratings(
    model: Model, user_ids: Sequence[str], item_ids: Sequence[str]
) -> npt.NDArray[np.float32]:
    """The rating of each pair of ids, within the range of the training ratings."""
    users = model.catalogue.user_indices(user_ids)
    items = model.catalogue.item_indices(item_ids)
    features = compute_features(model.fit, users, items)
    return clip(predict(model.booster, features), model.fit)


def output_fn(prediction: Ratings | Recommendations, accept: str) -> tuple[str, str]:
    """The answer's body and content type.

    Ratings come as JSON or csv, as `accept` says; a client that accepts anything gets the form of
    its request. Recommendations are JSON.

    Raises:
        RequestRefused: 406 when `accept` names neither.
    """
    wanted = [part.split(";")[0].strip().lower() for part in (accept or ANY).split(",")]
    offered = ["application/json"]
    if isinstance(prediction, Ratings):
        offered = ["text/csv", *offered] if prediction.is_csv else [*offered, "text/csv"]
    for kind in wanted:
        match = offered[0] if kind == ANY else kind
        if match in offered:
            return _encode(prediction, match), match
    raise RequestRefused(
        HTTPStatus.NOT_ACCEPTABLE, f"accept: got {accept!r}, expected {' or '.join(offered)}"
    )


def _recommend(request: TopK, model: Model) -> Recommendations:
    user = model.catalogue.user_indices([str(request.user_id).strip()])
    items = np.arange(len(model.catalogue.item_ids))
    candidates = np.setdiff1d(items, rated_by(model.fit.neighbours, int(user[0])))
    features = compute_features(model.fit, np.repeat(user, len(candidates)), candidates)
    scores = clip(predict(model.booster, features), model.fit)
    best = np.argsort(-scores, kind="stable")[: request.top_k]
    return Recommendations(
        request.user_id,
        tuple(_item(int(candidates[place]), float(scores[place]), model) for place in best),
    )


def _item(index: int, score: float, model: Model) -> tuple[Identifier, str | None, float]:
    identifier = model.catalogue.item_ids[index]
    title = model.catalogue.titles.get(identifier)
    return int(identifier) if model.catalogue.has_integer_items else identifier, title, score


def _encode(prediction: Ratings | Recommendations, kind: str) -> str:
    if isinstance(prediction, Recommendations):
        rows = [{"item_id": i, "title": t, "score": round(s, 4)} for i, t, s in prediction.items]
        return json.dumps({"user_id": prediction.user_id, "recommendations": rows})
    numbers = [round(float(value), 4) for value in prediction.values]
    if kind == "text/csv":
        return "".join(f"{number}\n" for number in numbers)
    return json.dumps({"predictions": numbers})
