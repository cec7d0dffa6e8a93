"""What InvokeEndpoint adds to a call of the model server itself.

The model server answers at once, so that its own time does not hide the difference. Both are asked
with the same bytes over one kept-alive connection each, in turns, so that both have the same
machine.
"""

import json
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.figures import Figure
from benchmarks.running import ROLE_ARN, Server, emulator

REQUESTS_PER_ROUND = 200
ROUNDS = 15
BODY = ",".join(f"{number / 7:.4f}" for number in range(50)).encode()
_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/fixed-answer:1"
_PROGRAM = """
import asyncio, os
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
body = b'{"port": %d}' % port
head = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\n"
answer = head + b"content-length: %d\\r\\n\\r\\n" % len(body) + body
class Fixed(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(answer)
async def main():
    server = await asyncio.get_running_loop().create_server(Fixed, "127.0.0.1", port)
    await server.serve_forever()
asyncio.run(main())
"""
_SIGNED = (
    "authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/sagemaker/aws4_request,"
    " SignedHeaders=host, Signature=0\r\n"
)


def measure() -> list[Figure]:
    """The median that the gateway adds, and the two medians it is the difference of."""
    with tempfile.TemporaryDirectory() as directory:
        _write_recipe(Path(directory) / "recipes" / "fixed-answer")
        with emulator(Path(directory)) as server:
            endpoint_name = _deploy(server)
            gateway_port = int(server.url.rsplit(":", 1)[1])
            path = f"/endpoints/{endpoint_name}/invocations"
            with _caller(gateway_port, path, _SIGNED) as through:
                port = json.loads(through().partition(b"\r\n\r\n")[2])["port"]
                with _caller(port, "/invocations", "") as direct:
                    direct_ms, through_ms = _compare(direct, through)
    added_ms = through_ms - direct_ms
    return [
        Figure(
            "InvokeEndpoint through the gateway adds, p50",
            f"{added_ms:.2f} ms",
            f"{direct_ms:.2f} ms direct, {through_ms:.2f} ms through",
            added_ms,
            1.0,
        )
    ]


def _write_recipe(directory: Path) -> None:
    directory.mkdir(parents=True)
    program = json.dumps(_PROGRAM.replace("{", "{{").replace("}", "}}"))
    (directory / "recipe.toml").write_text(
        f'repositories = ["fixed-answer"]\n[commands]\nserve = ["python", "-c", {program}]\n'
    )


def _deploy(server: Server) -> str:
    sagemaker, name = server.client("sagemaker"), "fixed-answer"
    sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=ROLE_ARN, PrimaryContainer={"Image": _IMAGE}
    )
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[variant | {"InstanceType": "ml.t2.medium"}]
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    waiter = sagemaker.get_waiter("endpoint_in_service")
    waiter.wait(EndpointName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})
    return name


@contextmanager
def _caller(port: int, path: str, headers: str) -> Iterator[Callable[[], bytes]]:
    """A function that sends one request over a kept connection and gives the raw answer."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: text/csv\r\n{headers}"
        f"content-length: {len(BODY)}\r\n\r\n"
    )
    request = head.encode() + BODY
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def call() -> bytes:
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"}"):  # head and body may come apart
                answer += connection.recv(65536)
            return answer

        yield call


def _compare(direct: Callable[[], bytes], through: Callable[[], bytes]) -> tuple[float, float]:
    """The two medians in milliseconds, over rounds that take turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for call, found in zip((direct, through), times, strict=True):
            for _ in range(REQUESTS_PER_ROUND):
                start = perf_counter()
                answer = call()
                found.append((perf_counter() - start) * 1000)
            assert answer.startswith(b"HTTP/1.1 200"), answer
    return median(times[0]), median(times[1])
