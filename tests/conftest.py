"""A running emulator and plain boto3 clients for it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/service-role/AmazonSageMaker-ExecutionRole"
ROOT = Path(__file__).resolve().parent.parent


@dataclass
class EmulatorProcess:
    """``python -m emulator up --foreground`` on a free port, with a data directory of its own."""

    data_dir: Path
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    url: str = ""
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def log_path(self) -> Path:
        """What the process says."""
        return self.data_dir.with_name(f"{self.data_dir.name}.log")

    def start(self) -> None:
        log = self.log_path.open("ab")
        command = [sys.executable, "-m", "emulator", "up", "--foreground", "--port", "0"]
        with log:
            self.process = subprocess.Popen(
                [*command, "--data", str(self.data_dir), "--region", REGION, *self.arguments],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
            )
        self.url = self._wait_for_url()
        self._clients.clear()

    def _wait_for_url(self) -> str:
        deadline = time.monotonic() + 30
        state_path = self.data_dir / "emulator.json"
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            if state_path.exists():
                state = json.loads(state_path.read_text())
                if state["pid"] == self.process.pid:
                    return str(state["url"])
            time.sleep(0.01)
        raise AssertionError(f"the emulator did not start:\n{self.log_path.read_text()}")

    def kill(self) -> None:
        """SIGKILL: what no program can prepare for."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name=REGION,
                aws_access_key_id="local",
                aws_secret_access_key="local",
                config=Config(retries={"max_attempts": 0}, read_timeout=120),
            )
        return self._clients[service]


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    """One emulator for all of a worker's tests: each test uses names of its own."""
    running = EmulatorProcess(tmp_path_factory.mktemp("emulator") / "data")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def own_emulator(tmp_path: Path) -> Iterator[EmulatorProcess]:
    """An emulator that the test may stop, kill and start again."""
    running = EmulatorProcess(tmp_path / "data")
    running.start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()


@pytest.fixture
def client(emulator: EmulatorProcess) -> Callable[[str], Any]:
    """Make a boto3 client: ``client("sagemaker")``."""
    return emulator.client


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """A resource name that no other test uses: ``unique("job")``."""
    counter = iter(range(1_000))

    def name(stem: str) -> str:
        return f"{stem}-{os.getpid()}-{time.monotonic_ns():x}-{next(counter)}"[-63:].strip("-")

    return name


@pytest.fixture
def bucket(client: Callable[[str], Any], unique: Callable[[str], str]) -> str:
    """A new bucket."""
    name = unique("bucket")
    client("s3").create_bucket(Bucket=name)
    return name
