"""The image's `serve`: where it listens, how it ends, and that one read of the model is enough."""

import http.client
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("needs_r")

SERVE = Path(__file__).resolve().parents[4] / "steps/r_recommender/serve"
READY_SECONDS = 60


@pytest.fixture
def server(tmp_path, ratings, place, run_program):
    """A server's process and port, once it answers /ping."""
    place(tmp_path, {"ratings.csv": ratings.csv()})
    assert run_program("train", tmp_path).returncode == 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [SERVE],
        env={
            "PATH": os.environ["PATH"],
            "SAGEMAKER_BASE_DIR": str(tmp_path),
            "BIND_HOST": "127.0.0.1",
            "SAGEMAKER_BIND_TO_PORT": str(port),
        },
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            status, _, _ = ask(port, "GET", "/ping")
        except OSError:
            time.sleep(0.05)
            continue
        assert status == 200
        yield process, port
        break
    else:
        pytest.fail(f"no answer to /ping; exit code {process.poll()}")
    process.kill()
    process.wait()


def ask(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_SECONDS)
    try:
        connection.request(method, path, body, {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Connection"), answer.read().decode()
    finally:
        connection.close()


def test_the_server_answers_without_the_models_file_and_ends_at_sigterm(server, tmp_path):
    process, port = server
    (tmp_path / "model/model.rds").unlink()
    body = "user_id,item_id,rating\nnew,1,5\nnew,2,3\n"
    for _ in range(2):
        status, connection, text = ask(port, "POST", "/invocations", body)
        # A kept connection would wait for the acknowledgement of each answer's first packet.
        assert (status, connection) == (200, "close")
        assert text.count('"user_id":"new"') == 5
    status, _, text = ask(port, "POST", "/invocations", "user_id,item_id,rating\n")
    assert (status, "no rows below the header" in text) == (400, True)
    process.terminate()
    # Source: SageMaker kills a container 30 seconds after SIGTERM.
    assert process.wait(timeout=30) != 0


def test_a_model_that_is_missing_ends_the_server_with_one_line(tmp_path, run_program):
    done = run_program("serve", tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"bad input: no model.rds in {tmp_path}/model, expected a trained model\n"
