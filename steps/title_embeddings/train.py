"""Training script (script mode, MXNet): the titles' embeddings, and a Gluon encoder for new titles.

    train.py --embedding auto --further_words 50000

Channels: `items` and `vocabulary` (both from prepare.py), optionally `vectors`: text files with a
word and its numbers on each line. The log tells the source of the vectors and why it was taken,
then `word coverage: 0.98;` and `title coverage: 0.99;`. The model directory has all that the
endpoint needs: the encoder as symbol and parameters, vocabulary, items, embeddings, serving code.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import numpy as np
from arguments import Parser, split_base_directory
from encoding import encode, index_titles
from faults import BadInput, report
from items import ITEMS_FILE, Items, load_items, save_items
from sources import EMBEDDINGS, Source, find_source
from vectors import Wanted, WordVectors

VOCABULARY_FILE = "vocabulary.json"
EMBEDDINGS_FILE = "embeddings.npy"
SOURCE_FILE = "source.json"
ENCODER = "encoder"
FURTHER_WORDS, FURTHER_WORDS_AT_MOST = 50_000, 5_000_000
SERVING_MODULES = (
    *("inference.py", "questions.py", "nearest.py", "encoding.py"),
    *("items.py", "words.py", "tables.py", "faults.py"),
)


@dataclass(frozen=True)
class Model:
    """What the script writes; `coverage` maps a name to a share from 0 to 1."""

    encoder: Any
    vocabulary: Any
    embeddings: Any
    coverage: dict[str, float]


def train(items: Items, vectors: WordVectors) -> Model:
    """Attaches the vectors to a vocabulary, and encodes all titles.

    Raises:
        BadInput: no word of any title has a vector.
    """
    from encoder import TitleEncoder
    from mxnet import nd

    vocabulary = attach(vectors)
    encoder = TitleEncoder(vocabulary.embedding.idx_to_vec)
    encoder.hybridize()
    known = {word: vocabulary.token_to_idx[word] for word in vectors.words}
    titles = index_titles(items.words(), known)
    embeddings = encode(
        titles,
        vectors.values.shape[1],
        lambda words, counts: encoder(nd.array(words), nd.array(counts)).asnumpy(),
    )
    # Vectors that cancel out leave a title without a direction, as one without a word.
    embedded = int((np.abs(embeddings).sum(axis=1) > 0).sum())
    if not embedded:
        raise BadInput(["no word of any title has a vector; expected vectors of the same language"])
    words = sum(map(len, items.words()))
    coverage = {
        "words": sum(map(len, titles)) / words,
        "titles": embedded / len(items.titles),
    }
    return Model(encoder, vocabulary, embeddings, coverage)


def attach(vectors: WordVectors) -> Any:
    """A gluonnlp Vocab of these words with their TokenEmbedding; all others have zeros."""
    import gluonnlp as nlp
    from mxnet import nd

    vocabulary = nlp.Vocab(
        nlp.data.count_tokens(list(vectors.words)), bos_token=None, eos_token=None
    )
    unknown = np.zeros((1, vectors.values.shape[1]), np.float32)
    embedding = nlp.embedding.TokenEmbedding(
        unknown_token=vocabulary.unknown_token,
        idx_to_token=[vocabulary.unknown_token, *vectors.words],
        idx_to_vec=nd.array(np.concatenate([unknown, vectors.values])),
    )
    vocabulary.set_embedding(embedding)
    return vocabulary


def read_words(directory: Path) -> frozenset[str]:
    """The words of the gluonnlp Vocab that prepare.py wrote, without the tokens it reserves.

    Raises:
        BadInput: no such file, or one with other content.
    """
    import gluonnlp as nlp

    path = directory / VOCABULARY_FILE
    try:
        vocabulary = nlp.Vocab.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            [f"{path}: got {type(error).__name__}: {error}; expected prepare.py's vocabulary"]
        ) from error
    reserved = [vocabulary.unknown_token, *(vocabulary.reserved_tokens or ())]
    return frozenset(vocabulary.idx_to_token).difference(reserved)


def write_model(model: Model, items: Items, source: Source, directory: Path) -> None:
    """Writes all that serving needs; a file is whole or absent."""
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=str(directory), prefix=".") as name:
        aside = Path(name)
        model.encoder.export(str(aside / ENCODER))
        np.save(aside / EMBEDDINGS_FILE, model.embeddings)
        (aside / VOCABULARY_FILE).write_text(model.vocabulary.to_json(), encoding="utf-8")
        save_items(items, aside / ITEMS_FILE)
        about = {"name": source.name, "reason": source.reason, "coverage": model.coverage}
        (aside / SOURCE_FILE).write_text(json.dumps(about, indent=2), encoding="utf-8")
        (aside / "code").mkdir()
        for module in SERVING_MODULES:
            shutil.copyfile(Path(__file__).parent / module, aside / "code" / module)
        (directory / "code").mkdir(exist_ok=True)
        for path in sorted(path for path in aside.glob("**/*") if path.is_file()):
            path.replace(directory / path.relative_to(aside))


def main(argv: Sequence[str] | None = None) -> int:
    """Trains one model; gives 1 after bad input, whose text goes to `output/failure` too."""
    base, rest = split_base_directory(argv)
    try:
        arguments = _parser().parse_args(rest)
        further = read_hyperparameters(arguments.embedding, arguments.further_words)
        items = load_items(_channel(base, "items") / ITEMS_FILE)
        title_words = read_words(_channel(base, "vocabulary"))
        source = find_source(
            arguments.embedding, _channel(base, "vectors"), Wanted(title_words, further)
        )
        words, numbers = source.vectors.values.shape
        print(f"vectors: {source.name}, {words} words of {numbers} numbers ({source.reason})")
        model = train(items, source.vectors)
    except BadInput as error:
        report(error, Path(os.environ.get("SM_OUTPUT_DIR", base / "output"), "failure"))
        return 1
    write_model(model, items, source, Path(os.environ.get("SM_MODEL_DIR", base / "model")))
    for name in ("words", "titles"):
        print(f"{name[:-1]} coverage: {model.coverage[name]:.4f};", flush=True)
    return 0


def read_hyperparameters(embedding: str, further_words: str) -> int:
    """The number of further words.

    Raises:
        BadInput: naming every value that is not allowed.
    """
    faults = []
    if embedding not in EMBEDDINGS:
        expected = ", ".join(EMBEDDINGS)
        faults.append(f"hyperparameter embedding: got {embedding!r}, expected one of {expected}")
    is_number = further_words.isdecimal() and len(further_words) < 10
    if not is_number or int(further_words) > FURTHER_WORDS_AT_MOST:
        faults.append(
            f"hyperparameter further_words: got {further_words!r}, expected an integer from 0 to "
            f"{FURTHER_WORDS_AT_MOST}"
        )
    if faults:
        raise BadInput(faults)
    return int(further_words)


def _parser() -> Parser:
    parser = Parser(__doc__.splitlines()[0])
    parser.add_argument("--embedding", default="auto", help=", ".join(EMBEDDINGS))
    parser.add_argument(
        "--further_words",
        default=str(FURTHER_WORDS),
        help="how many of the source's most frequent words new titles may have besides",
    )
    return parser


def _channel(base: Path, name: str) -> Path:
    default = base / "input/data" / name
    return Path(os.environ.get(f"SM_CHANNEL_{name.upper()}", str(default)))


if __name__ == "__main__":
    sys.exit(main())
