"""Servers for a benchmark to measure: the emulator, and moto as its peer."""

import compileall
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/sagemaker/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
ROLE_ARN = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole"


@dataclass(frozen=True)
class Server:
    """A server that answers AWS's clients.

    Attributes:
        start_seconds: From exec to the first answered call.
    """

    url: str
    pid: int
    start_seconds: float

    def client(self, service: str) -> Any:
        """A plain boto3 client for it."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"max_attempts": 0}),
        )

    def resident_megabytes(self) -> float:
        """The memory the process has now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def command_environment(self) -> dict[str, str]:
        """The environment in which a command's AWS clients talk to the server."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return ours | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
        }


def compile_emulator() -> None:
    """Do what the first start of a new checkout does once, so that no start is measured with it."""
    compileall.compile_dir(ROOT / "emulator", quiet=1)


@contextmanager
def emulator(
    data_dir: Path | None = None,
    arguments: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """An emulator on a free port, with a data directory of its own.

    ``arguments`` are further ones of ``up``; ``variables`` are added to its environment.
    """
    port = _free_port()
    with tempfile.TemporaryDirectory() as own_dir:
        data = data_dir or Path(own_dir) / "data"
        command = [sys.executable, "-m", "emulator", "up", "--foreground", *arguments]
        command += ["--port", str(port), "--data", str(data)]
        with _served(command, port, variables) as server:
            yield server


@contextmanager
def moto_server() -> Iterator[Server]:
    """Moto's server on a free port."""
    port = _free_port()
    command = [str(Path(sys.executable).parent / "moto_server"), "-p", str(port)]
    with _served(command, port) as server:
        yield server


@contextmanager
def _served(
    command: list[str], port: int, variables: Mapping[str, str] | None = None
) -> Iterator[Server]:
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **(variables or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for_first_call(url, process)
        yield Server(url, process.pid, time.perf_counter() - start)
    finally:
        process.terminate()
        process.wait()


def _wait_for_first_call(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Call ListTrainingJobs until it is answered, without a client library's own start."""
    request = urllib.request.Request(
        url,
        data=b"{}",
        headers={
            "X-Amz-Target": "SageMaker.ListTrainingJobs",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": SIGNATURE,
        },
    )
    while process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                answer.read()
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.002)
    raise RuntimeError(f"{process.args} ended with {process.returncode} before it answered")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
