"""Model servers with real containers, a real store and real objects, and no HTTP API around."""

import io
import json
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emulator.containers import ContainerProcess, Containers
from emulator.context import Answer, Context, Settings, TimeLimits, Workers
from emulator.objects import Objects
from emulator.services.sagemaker.serving.instances import start_instance
from emulator.services.sagemaker.serving.servers import (
    ModelServer,
    ModelServerFailed,
    PingFailed,
    ServerPlan,
    start_model_server,
    stop_grace_seconds,
)
from emulator.store import Store

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tiny-server:1"
# Answers /ping with the status PING, and every POST with its variables and files; EXIT ends it.
PROGRAM = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
if "EXIT" in os.environ:
    sys.exit(int(os.environ["EXIT"]))
class Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments): pass
    def do_GET(self):
        self.send_response(int(os.environ.get("PING", 200))); self.end_headers()
    def do_POST(self):
        root = Path(os.environ["ML_DIR"])
        found = [p for p in root.rglob("*") if p.is_file()]
        files = {str(p.relative_to(root)): p.read_text() for p in found}
        self.send_response(200); self.end_headers()
        self.wfile.write(json.dumps({"files": files, "variables": dict(os.environ)}).encode())
HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


class NoApi:
    def call(self, service: str, operation: str, **parameters: object) -> Answer:
        raise AssertionError("a model server needs no calls")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    recipe = tmp_path / "recipes" / "tiny-server"
    recipe.mkdir(parents=True)
    words = json.dumps(["python", "-c", PROGRAM.replace("{", "{{").replace("}", "}}")])
    (recipe / "recipe.toml").write_text(
        f'repositories = ["tiny-server"]\n[commands]\nserve = {words}\n'
        '[variables]\nML_DIR = "/opt/ml/"\n'
    )
    found = Context(
        settings=Settings("us-east-1", "123456789012", tmp_path, tmp_path / "cache", "http://x"),
        store=Store(tmp_path / "store.sqlite"),
        objects=Objects(tmp_path / "objects"),
        containers=Containers(tmp_path / "cache", {}, [tmp_path / "recipes"]),
        api=NoApi(),
        workers=Workers(),
        clock=time.time,
    )
    found.objects.create_bucket("models")
    yield found
    found.containers.close()
    found.objects.close()
    found.store.close()


def plan(context: Context, timeout_seconds: float | None = 30.0, **container: Any) -> ServerPlan:
    directory = context.settings.data_dir
    return ServerPlan(
        model={"PrimaryContainer": {"Image": IMAGE} | container},
        name="server",
        root=directory / "endpoints" / "ml",
        log_path=directory / "log",
        variables={"FROM_THE_SERVICE": "1", "VERSION": "0"},
        startup_timeout_seconds=timeout_seconds,
    )


def seen_by(server: ModelServer) -> dict[str, Any]:
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}/invocations", data=b"")
    with urllib.request.urlopen(request) as response:
        found: dict[str, Any] = json.load(response)
    return found


def archive(**files: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def test_the_models_variables_win_over_the_services(context: Context) -> None:
    server = start_model_server(context, plan(context, Environment={"VERSION": "2"}))
    variables = seen_by(server)["variables"]
    server.stop()

    assert variables["FROM_THE_SERVICE"] == "1"
    assert variables["VERSION"] == "2"


def test_a_source_archive_in_s3_is_unpacked_beside_the_model(context: Context) -> None:
    context.objects.put_bytes("models", "model.tar.gz", archive(weights="w"))
    context.objects.put_bytes("models", "sourcedir.tar.gz", archive(inference="code"))
    server = start_model_server(
        context,
        plan(
            context,
            ModelDataUrl="s3://models/model.tar.gz",
            Environment={"SAGEMAKER_SUBMIT_DIRECTORY": "s3://models/sourcedir.tar.gz"},
        ),
    )
    seen = seen_by(server)
    server.stop()

    submitted = Path(seen["variables"]["SAGEMAKER_SUBMIT_DIRECTORY"])
    assert seen["files"] == {"model/weights": "w", "code/inference": "code"}
    assert submitted.relative_to(seen["variables"]["ML_DIR"]) == Path("code")


def test_requirements_that_cannot_be_had_are_said_in_uvs_words(
    context: Context,
) -> None:
    requirements = "no-such-package-for-tests @ file:///does/not/exist\n"
    packed = archive(**{"code/requirements.txt": requirements})
    context.objects.put_bytes("models", "model.tar.gz", packed)

    with pytest.raises(ModelServerFailed, match="file:///does/not/exist"):
        start_model_server(context, plan(context, ModelDataUrl="s3://models/model.tar.gz"))


def test_a_container_that_never_passes_ping_is_ended_when_its_time_is_over(
    context: Context,
) -> None:
    processes: list[ContainerProcess] = []
    with pytest.raises(PingFailed, match=r"did not answer within 0\.5 seconds") as caught:
        start_model_server(
            context,
            plan(context, timeout_seconds=0.5, Environment={"PING": "503"}),
            processes.append,
        )

    assert caught.value.exit_code is None
    assert processes[0].exit_code is not None
    assert not (context.settings.data_dir / "endpoints" / "ml").exists()


def with_limits(context: Context, limits: TimeLimits) -> Context:
    return replace(context, settings=replace(context.settings, limits=limits))


def test_a_plan_without_a_time_has_the_emulators(context: Context) -> None:
    hasty = with_limits(context, TimeLimits(startup_health_check_seconds=0.5))

    with pytest.raises(PingFailed, match=r"did not answer within 0\.5 seconds"):
        start_model_server(hasty, plan(hasty, None, Environment={"PING": "503"}))


def test_an_endpoint_configs_time_goes_before_the_emulators(context: Context) -> None:
    variant = {
        "VariantName": "main",
        "ContainerStartupHealthCheckTimeoutInSeconds": 0.5,
        "_Container": {"Image": IMAGE, "Environment": {"PING": "503"}},
    }
    with pytest.raises(PingFailed, match=r"did not answer within 0\.5 seconds"):
        start_instance(context, "endpoint", variant, lambda _: None)


@pytest.mark.parametrize(("limit_seconds", "expected"), [(120.0, 30.0), (0.2, 0.2)])
def test_a_server_has_thirty_seconds_to_end_unless_the_emulator_gives_less(
    context: Context, limit_seconds: float, expected: float
) -> None:
    # Source: "How SageMaker AI Runs Your Inference Image": SIGKILL 30 seconds after SIGTERM.
    found = with_limits(context, TimeLimits(stop_grace_seconds=limit_seconds))
    assert stop_grace_seconds(found) == expected


def test_a_container_that_ends_is_not_waited_for(context: Context) -> None:
    with pytest.raises(PingFailed, match="exited with code 7") as caught:
        start_model_server(context, plan(context, 600.0, Environment={"EXIT": "7"}))

    assert caught.value.exit_code == 7


def test_stopping_the_process_ends_the_wait(context: Context) -> None:
    with pytest.raises(PingFailed):
        start_model_server(
            context,
            plan(context, 600.0, Environment={"PING": "503"}),
            lambda process: context.workers.start("stop", process.stop),
        )


def test_a_stopped_server_leaves_no_files(context: Context) -> None:
    server = start_model_server(context, plan(context))
    server.stop()

    assert server.process.exit_code is not None
    assert not server.root.exists()
