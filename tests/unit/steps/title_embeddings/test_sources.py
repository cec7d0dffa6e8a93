import http.server
import socket
import threading

import numpy as np
import pytest

from tests.unit.steps.title_embeddings.modules import BadInput, steps

sources = steps.sources
WANTED = steps.vectors.Wanted(frozenset(), 10)
FOUND = steps.vectors.WordVectors(("a",), np.ones((1, 2), np.float32))


class Files(http.server.BaseHTTPRequestHandler):
    """Has one file."""

    def do_HEAD(self):
        self.send_response(200 if self.path == "/there" else 404)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def repository():
    with http.server.HTTPServer(("127.0.0.1", 0), Files) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def refuse(reason):
    def load(channel, wanted):
        raise sources.Unavailable(reason)

    return load


def offer(channel, wanted):
    return FOUND


def test_a_file_that_is_there_can_be_fetched(repository):
    sources.check_address(f"{repository}/there", 5)


def test_a_file_that_is_not_there_is_told(repository):
    with pytest.raises(sources.Unavailable, match=r"/gone answers 404"):
        sources.check_address(f"{repository}/gone", 5)


def test_a_network_that_answers_nothing_is_told_in_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(sources.Unavailable, match="cannot be reached"):
            sources.check_address(url, 0.05)


def test_an_address_that_is_none_is_told():
    with pytest.raises(sources.Unavailable, match="cannot be reached"):
        sources.check_address("nowhere", 5)


def test_fasttext_is_not_to_be_had_from_a_mirror_that_lacks_it(repository, monkeypatch, tmp_path):
    monkeypatch.setenv("MXNET_GLUON_REPO", repository)
    with pytest.raises(BadInput, match=r"gluon/embeddings/fasttext/wiki.simple.npz answers 404"):
        sources.find_source("fasttext", tmp_path, WANTED)


def test_vectors_in_the_channel_come_first(tmp_path):
    (tmp_path / "own.vec").write_text("a 1 1\n")
    found = sources.find_source("auto", tmp_path, WANTED)
    assert (found.name, found.reason) == ("vectors of your own", "given as a channel")
    assert found.vectors.words == ("a",)


def test_the_code_in_the_channel_is_no_vectors(tmp_path):
    (tmp_path / "sourcedir.tar.gz").write_bytes(b"code")
    with pytest.raises(BadInput, match="embedding: got 'vectors', but not .* no file in channel"):
        sources.find_source("vectors", tmp_path, WANTED)


def test_vectors_with_faults_end_the_search(tmp_path):
    (tmp_path / "own.vec").write_text("a 1 nan\n")
    with pytest.raises(BadInput, match=r"own.vec line 1"):
        sources.find_source("auto", tmp_path, WANTED)


def test_the_next_source_is_taken_and_the_reasons_are_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sources._SOURCES, "fasttext", (refuse("no network"), "fastText"))
    monkeypatch.setitem(sources._SOURCES, "glove", (offer, "GloVe"))
    found = sources.find_source("auto", tmp_path, WANTED)
    assert found.name == "GloVe"
    assert found.reason == (
        "not vectors of your own: no file in channel 'vectors'; not fastText: no network"
    )


def test_a_source_that_is_named_is_not_replaced_by_another(tmp_path, monkeypatch):
    monkeypatch.setitem(sources._SOURCES, "fasttext", (refuse("no network"), "fastText"))
    monkeypatch.setitem(sources._SOURCES, "glove", (offer, "GloVe"))
    with pytest.raises(BadInput, match="embedding: got 'fasttext', but not fastText: no network"):
        sources.find_source("fasttext", tmp_path, WANTED)
