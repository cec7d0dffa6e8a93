"""Updates of an endpoint under load: requests that are lost, and how soon an alarm takes all back.

Threads ask without a pause while the endpoint goes from one fleet to another and back, by canary,
linear, rolling and all-at-once updates in turns. Then a canary bakes, an alarm is set off, and the
time runs until the last answer of the new fleet.
"""

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.running import ROLE_ARN, Server, emulator

UPDATES = 20
THREADS = 3
ROLLBACKS = 5
_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/versions:1"
_PROGRAM = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *arguments):
        pass
    def answer(self):
        body = os.environ["VERSION"].encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = answer
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.answer()
address = ("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"]))
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer(address, Handler).serve_forever()
"""
_ENDPOINT, _ALARM = "updated", "set-off"
_ONE = {"Type": "INSTANCE_COUNT", "Value": 1}


def _blue_green(kind: str, **size: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": 0, **size}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


_POLICIES: tuple[dict[str, Any], ...] = (
    _blue_green("ALL_AT_ONCE"),
    _blue_green("CANARY", CanarySize=_ONE),
    _blue_green("LINEAR", LinearStepSize=_ONE),
    {"RollingUpdatePolicy": {"MaximumBatchSize": _ONE, "WaitIntervalInSeconds": 0}},
)


@dataclass
class _Answers:
    """When each answer of each version came last, and what was lost."""

    count: int = 0
    lost: list[str] = field(default_factory=list)
    last: dict[str, float] = field(default_factory=dict)


def measure() -> list[Figure]:
    """The requests lost in all updates, and the slowest rollback."""
    with tempfile.TemporaryDirectory() as directory:
        _write_recipe(Path(directory) / "recipes" / "versions")
        with emulator(Path(directory)) as server:
            _deploy(server)
            with _asking(server) as answers:
                for number in range(UPDATES):
                    _update(server, ("new", "old")[number % 2], _POLICIES[number % len(_POLICIES)])
                    _wait(server)
                rollbacks = [_rollback_seconds(server, answers) for _ in range(ROLLBACKS)]
    slowest = max(rollbacks)
    return [
        Figure(
            f"requests lost in {UPDATES} updates under load",
            f"{len(answers.lost)} of {answers.count}",
            answers.lost[0] if answers.lost else "",
            len(answers.lost),
            0,
        ),
        Figure(
            "from an alarm to all traffic back, slowest",
            f"{slowest:.2f} s",
            f"of {ROLLBACKS}",
            slowest,
            2.0,
        ),
    ]


def _write_recipe(directory: Path) -> None:
    directory.mkdir(parents=True)
    program = json.dumps(_PROGRAM.replace("{", "{{").replace("}", "}}"))
    (directory / "recipe.toml").write_text(
        f'repositories = ["versions"]\n[commands]\nserve = ["python", "-c", {program}]\n'
    )


def _deploy(server: Server) -> None:
    sagemaker, cloudwatch = server.client("sagemaker"), server.client("cloudwatch")
    for version in ("old", "new"):
        container = {"Image": _IMAGE, "Environment": {"VERSION": version}}
        sagemaker.create_model(
            ModelName=version, ExecutionRoleArn=ROLE_ARN, PrimaryContainer=container
        )
        variant = {"VariantName": "AllTraffic", "ModelName": version, "InitialInstanceCount": 2}
        sagemaker.create_endpoint_config(
            EndpointConfigName=version,
            ProductionVariants=[variant | {"InstanceType": "ml.t2.medium"}],
        )
    sagemaker.create_endpoint(EndpointName=_ENDPOINT, EndpointConfigName="old")
    _wait(server)
    cloudwatch.put_metric_alarm(
        AlarmName=_ALARM,
        Namespace="Benchmarks",
        MetricName="Never",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=1,
        TreatMissingData="ignore",
    )


def _update(server: Server, config: str, policy: dict[str, Any]) -> None:
    server.client("sagemaker").update_endpoint(
        EndpointName=_ENDPOINT, EndpointConfigName=config, DeploymentConfig=policy
    )


def _wait(server: Server) -> None:
    waiter = server.client("sagemaker").get_waiter("endpoint_in_service")
    waiter.wait(EndpointName=_ENDPOINT, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})


@contextmanager
def _asking(server: Server) -> Iterator[_Answers]:
    """Ask the endpoint in several threads until the block ends."""
    answers, is_over, runtime = _Answers(), threading.Event(), server.client("sagemaker-runtime")

    def ask() -> None:
        while not is_over.is_set():
            try:
                answer = runtime.invoke_endpoint(EndpointName=_ENDPOINT, Body=b"1")
                answers.last[answer["Body"].read().decode()] = time.monotonic()
            except Exception as error:  # noqa: BLE001 - whatever it is, the request is lost
                answers.lost.append(repr(error))
            answers.count += 1

    threads = [threading.Thread(target=ask) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _rollback_seconds(server: Server, answers: _Answers) -> float:
    """From SetAlarmState to the last answer of the new fleet, whose canary has half the traffic."""
    alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": _ALARM}]}}
    policy = _blue_green("CANARY", CanarySize=_ONE) | alarms
    policy["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"] = 3600
    _set(server, "OK")
    begun = time.monotonic()
    _update(server, "new", policy)
    _until(lambda: answers.last.get("new", 0) > begun)
    set_off = time.monotonic()
    _set(server, "ALARM")
    _wait(server)
    return max(answers.last["new"] - set_off, 0.0)


def _set(server: Server, state: str) -> None:
    server.client("cloudwatch").set_alarm_state(
        AlarmName=_ALARM, StateValue=state, StateReason="a benchmark"
    )


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("the canary got no traffic in 60 s")
        time.sleep(0.005)
