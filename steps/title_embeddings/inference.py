"""The endpoint's model functions: the titles nearest to a title, known or new.

Called by SageMaker's serving toolkit: model_fn once, then transform_fn for each request.

    {"title": "The Wind in the Willows", "top_k": 3}   or   {"titles": ["...", "..."]}

One title is answered by an object, a list by `{"answers": [object, ...]}`:

    title          as it was given
    is_known       whether the catalogue has it; a title is not among its own neighbours
    unknown_words  its words without a vector, which do not count
    neighbours     item_id, title, similarity (cosine, from -1 to 1), the nearest first
    reason         only when there are no neighbours: why

A title without a word that has a vector (empty, numbers alone, a foreign language) is no error: who
asks cannot know the words, and one such title in a list must not cost the others their answers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Callable, Mapping

import numpy as np
from encoding import encode, index_titles
from items import ITEMS_FILE, Identifier, load_items
from nearest import nearest
from questions import Question, RequestRefused, parse
from words import title_key, title_words

JSON = "application/json"
UNKNOWN_WORDS_SHOWN = 20


@dataclass(frozen=True)
class Model:
    """All that answering needs.

    `encoder` maps padded words and counts to unit vectors; `places` has the rows of each title key.
    """

    encoder: Callable[[Any, Any], Any]
    vocabulary: Mapping[str, int]
    ids: tuple[Identifier, ...]
    titles: tuple[str, ...]
    embeddings: Any
    without_vector: Any
    places: Mapping[str, tuple[int, ...]]


def model_fn(model_dir: str) -> Model:
    """Loads the artefact that train.py wrote.

    Raises:
        FileNotFoundError: a part is missing.
    """
    directory = Path(model_dir)
    names = ("embeddings.npy", "vocabulary.json", ITEMS_FILE)
    names = (*names, "encoder-symbol.json", "encoder-0000.params")
    missing = [name for name in names if not (directory / name).is_file()]
    if missing:
        raise FileNotFoundError(f"{directory}: no {', '.join(missing)}; expected train.py's model")
    items = load_items(directory / ITEMS_FILE)
    embeddings = np.load(directory / "embeddings.npy", allow_pickle=False)
    content = json.loads((directory / "vocabulary.json").read_text(encoding="utf-8"))
    return make_model(
        load_encoder(directory),
        content["token_to_idx"],  # its reserved tokens ("<unk>") can be no title's words
        items.ids,
        items.titles,
        embeddings,
    )


def make_model(
    encoder: Callable[[Any, Any], Any],
    vocabulary: Mapping[str, int],
    ids: tuple[Identifier, ...],
    titles: tuple[str, ...],
    embeddings: Any,
) -> Model:
    """A model whose known titles can be found by their text."""
    places: dict[str, tuple[int, ...]] = {}
    for place, title in enumerate(titles):
        key = title_key(title)
        places[key] = (*places.get(key, ()), place)
    without_vector = np.flatnonzero(~embeddings.any(axis=1))
    return Model(encoder, vocabulary, ids, titles, embeddings, without_vector, places)


def load_encoder(directory: Path) -> Callable[[Any, Any], Any]:
    """The block that train.py exported, run on the processor."""
    import mxnet as mx

    block = mx.gluon.SymbolBlock.imports(
        str(directory / "encoder-symbol.json"),
        ["data0", "data1"],
        str(directory / "encoder-0000.params"),
        ctx=mx.cpu(),
    )
    block.hybridize()

    def run(words: Any, counts: Any) -> Any:
        return block(mx.nd.array(words), mx.nd.array(counts)).asnumpy()

    run(np.zeros((1, 1), np.float32), np.ones(1, np.float32))  # the first call is the slow one
    return run


def transform_fn(
    model: Model, body: str | bytes | bytearray, content_type: str, accept: str
) -> tuple[str, str]:
    """Answers a request; see the module.

    Raises:
        RequestRefused: 415, 400 (see `questions.parse`), or 406 when `accept` is not JSON.
    """
    question = parse(body, content_type)
    wanted = [part.partition(";")[0].strip().lower() for part in (accept or "*/*").split(",")]
    if not {JSON, "application/*", "*/*"}.intersection(wanted):
        raise RequestRefused(HTTPStatus.NOT_ACCEPTABLE, f"accept: got {accept!r}, expected {JSON}")
    answers = answer(model, question)
    content = {"answers": answers} if question.is_list else answers[0]
    return json.dumps(content, ensure_ascii=False), JSON


def answer(model: Model, question: Question) -> list[dict[str, Any]]:
    """One answer for each title, in order."""
    words = [title_words(title) for title in question.titles]
    known = index_titles(words, model.vocabulary)
    vectors = encode(known, model.embeddings.shape[1], model.encoder)
    return [
        _answer(model, title, words[place], vectors[place], question.top_k)
        for place, title in enumerate(question.titles)
    ]


def _answer(model: Model, title: str, words: list[str], vector: Any, top_k: int) -> dict[str, Any]:
    own = model.places.get(title_key(title), ())
    unknown = [word for word in dict.fromkeys(words) if word not in model.vocabulary]
    found: dict[str, Any] = {
        "title": title,
        "is_known": bool(own),
        "unknown_words": unknown[:UNKNOWN_WORDS_SHOWN],
        "neighbours": [],
    }
    if not vector.any():
        why = "no word of the title has a vector" if words else "the title has no word of letters"
        return {**found, "reason": why}
    similarities = model.embeddings @ vector
    similarities[list(own)] = -np.inf
    similarities[model.without_vector] = -np.inf
    found["neighbours"] = [
        {
            "item_id": model.ids[place],
            "title": model.titles[place],
            "similarity": round(float(similarities[place]), 4),
        }
        for place in nearest(similarities, top_k)
    ]
    if not found["neighbours"]:
        found["reason"] = "the catalogue has no other title with a vector"
    return found
