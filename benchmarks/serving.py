"""One row through a served XGBoost model, against parse and predict in one process.

The median latency at one connection and the rate at several, each as a ratio to the floor that is
measured just before, in the image's own environment:

    python -m benchmarks.serving [--columns 50] [--trees 200] [--connections 16] [--seconds 3]
"""

import argparse
import asyncio
import json
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import uvloop

from benchmarks.figures import Figure, print_figures
from emulator.commands.directories import default_cache_dir
from emulator.containers import (
    ContainerJob,
    ContainerProcess,
    Containers,
    ContainerServer,
    Environment,
    Image,
)

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
READY_SECONDS = 60
FIELD = "0.25"

# Runs in the image's environment: trains the model, then measures the floor.
FLOOR = """
import json, os, sys, time
import numpy as np, xgboost as xgb
columns, trees, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
random = np.random.default_rng(0)
features = random.normal(size=(5000, columns)).astype(np.float32)
label = features @ random.normal(size=columns) + random.normal(size=5000)
booster = xgb.train({"max_depth": 6, "nthread": 2}, xgb.DMatrix(features, label=label), trees)
os.makedirs("/opt/ml/model", exist_ok=True)
booster.save_model("/opt/ml/model/model.ubj")
os.rename("/opt/ml/model/model.ubj", "/opt/ml/model/xgboost-model")
booster.set_param({"nthread": 1})
body = sys.argv[4].encode()
def predict():
    row = np.fromstring(body, np.float32, sep=",").reshape(1, -1)
    return ",".join(map(str, booster.inplace_predict(row).tolist()))
for _ in range(200):
    answer = predict()
taken, end = [], time.perf_counter() + seconds
while time.perf_counter() < end:
    began = time.perf_counter()
    predict()
    taken.append(time.perf_counter() - began)
taken.sort()
p50, rate = taken[len(taken) // 2], len(taken) / sum(taken)
print(json.dumps({"p50": p50, "rate": rate, "answer": answer}))
"""


@dataclass(frozen=True)
class Load:
    """What is served and how hard it is asked."""

    columns: int = 50
    trees: int = 200
    connections: int = 16
    seconds: float = 3.0
    rounds: int = 3

    @property
    def body(self) -> str:
        """One row as text/csv."""
        return ",".join([FIELD] * self.columns)


@dataclass(frozen=True)
class Round:
    """One measurement of the floor and, right after it, of the server."""

    floor_p50_seconds: float
    floor_rate: float
    p50_seconds: float
    rate: float


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--columns", type=int, default=Load.columns)
    parser.add_argument("--trees", type=int, default=Load.trees)
    parser.add_argument("--connections", type=int, default=Load.connections)
    parser.add_argument("--seconds", type=float, default=Load.seconds, help="of a measurement")
    parser.add_argument("--rounds", type=int, default=Load.rounds, help="whose median is taken")
    print_figures(measure(Load(**vars(parser.parse_args(argv)))))
    return 0


def measure(load: Load = Load()) -> list[Figure]:
    """Latency at one connection and rate at several, each against the floor."""
    with tempfile.TemporaryDirectory() as directory, _containers() as containers:
        image = containers.resolve(IMAGE)
        environment = containers.environment(image, None, lambda line: print(line, file=sys.stderr))
        root = Path(directory) / "ml"
        root.mkdir()
        rounds = [_round(containers, image, environment, root, load) for _ in range(load.rounds)]
    return [
        Figure(
            f"one row, {load.columns} columns, {load.trees} trees, 1 connection: p50 / in process",
            f"{median(each.p50_seconds for each in rounds) * 1000:.3f} ms",
            f"{median(each.floor_p50_seconds for each in rounds) * 1000:.3f} ms",
            median(each.p50_seconds / each.floor_p50_seconds for each in rounds),
            2.0,
        ),
        Figure(
            f"the same, {load.connections} connections: rate / in process",
            f"{median(each.rate for each in rounds):.0f}/s",
            f"{median(each.floor_rate for each in rounds):.0f}/s",
            median(each.rate / each.floor_rate for each in rounds),
            0.55,
            at_least=True,
        ),
    ]


def _round(
    containers: Containers, image: Image, environment: Environment, root: Path, load: Load
) -> Round:
    floor = _floor(containers, image, environment, root, load)
    server = _server(containers, image, environment, root)
    try:
        request = _request(load.body)
        p50_seconds = _latency(server, request, load.seconds, floor["answer"])
        rate = uvloop.run(_rate(server, request, load.connections, load.seconds))
    finally:
        server.stop(5)
    return Round(float(floor["p50"]), float(floor["rate"]), p50_seconds, rate)


@contextmanager
def _containers() -> Iterator[Containers]:
    containers = Containers(default_cache_dir(), {})
    try:
        yield containers
    finally:
        containers.close()


def _floor(
    containers: Containers,
    image: Image,
    environment: Environment,
    root: Path,
    load: Load,
) -> dict[str, float | str]:
    lines: list[str] = []
    arguments = (str(load.columns), str(load.trees), str(load.seconds), load.body)
    command = ("python", "-W", "ignore", "-c", FLOOR)
    log_path = root.parent / "floor.log"
    job = ContainerJob(
        "floor", image, environment, command, arguments, {}, root, (), log_path, lines.append
    )
    if containers.run(job).wait() != 0:
        raise SystemExit("\n".join(lines))
    return json.loads(lines[-1])


def _server(
    containers: Containers, image: Image, environment: Environment, root: Path
) -> ContainerProcess:
    log_path = root.parent / "server.log"
    server = containers.serve(ContainerServer("serving", image, environment, {}, root, log_path))
    if not server.wait_ready(READY_SECONDS):
        server.stop(5)
        raise SystemExit(f"the server did not answer /ping:\n{log_path.read_text()}")
    return server


def _request(body: str) -> bytes:
    return (
        f"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _latency(
    server: ContainerProcess, request: bytes, seconds: float, expected: float | str
) -> float:
    taken = []
    with socket.create_connection(("127.0.0.1", server.port or 0)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            began = time.perf_counter()
            connection.sendall(request)
            answer = connection.recv(65536)
            taken.append(time.perf_counter() - began)
            assert answer.startswith(b"HTTP/1.1 200"), answer
        assert answer.endswith(str(expected).encode()), (answer, expected)
    return median(taken)


class _Client(asyncio.Protocol):
    """Sends the next request as soon as the last is answered."""

    answered = 0

    def __init__(self, request: bytes) -> None:
        self._request = request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        assert data.startswith(b"HTTP/1.1 200"), data
        self.answered += 1
        self._transport.write(self._request)  # type: ignore[attr-defined]


async def _rate(
    server: ContainerProcess, request: bytes, connections: int, seconds: float
) -> float:
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(lambda: _Client(request), "127.0.0.1", server.port)
        clients.append(client)
    before, began = sum(client.answered for client in clients), time.perf_counter()
    await asyncio.sleep(seconds)
    answered = sum(client.answered for client in clients) - before
    rate = answered / (time.perf_counter() - began)
    for client in clients:
        client._transport.abort()
    return rate


if __name__ == "__main__":
    sys.exit(main())
