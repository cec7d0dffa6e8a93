"""A model container for tests: a recipe whose server needs nothing but the standard library."""

import io
import json
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import ROLE_ARN, EmulatorProcess

REPOSITORY = "echo-model"
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{REPOSITORY}:1"

# GET /ping as PING says; POST /invocations answers a body that stands in ANSWERS (JSON, answers by
# body) as that says, else does what its JSON body's "do" says.
_SERVER = """
import json, os, signal, socket, sys, time, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SERVER = str(uuid.uuid4())
ANSWERS = json.loads(os.environ.get("ANSWERS", "{}"))

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body, content_type="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(int(os.environ.get("PING", "200")), b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(body) > 1_000_000:
            self.answer(200, json.dumps({"count": len(body)}).encode())
            return
        try:
            what = json.loads(body)
        except ValueError:
            what = {}
        do = what.get("do") if isinstance(what, dict) and "IGNORE_DO" not in os.environ else None
        if "FAIL" in os.environ:
            self.answer(int(os.environ["FAIL"]), b"broken", "text/plain")
        elif body.decode("latin-1") in ANSWERS:
            answer = ANSWERS[body.decode("latin-1")].encode()
            self.answer(200, answer, self.headers.get("Accept", "application/json"))
        elif do == "fail":
            self.answer(what["status"], what["message"].encode(), "text/plain")
        elif do == "die":
            os._exit(1)
        elif do == "hang up":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif do == "sleep":
            time.sleep(what["seconds"])
            seen = {"server": SERVER, "version": os.environ.get("VERSION")}
            self.answer(200, json.dumps(seen).encode())
        elif do == "bytes":
            self.answer(200, b"x" * what["count"], "application/octet-stream")
        elif do == "print":
            print(what["text"], flush=True)
            self.answer(200, b"{}")
        else:
            texts = Path(os.environ["MODEL_DIR"]).glob("*.txt")
            seen = {
                "body": body.decode("latin-1"),
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "server": SERVER,
                "port": int(os.environ["SAGEMAKER_BIND_TO_PORT"]),
                "version": os.environ.get("VERSION"),
                "files": {path.name: path.read_text() for path in texts},
            }
            attributes = self.headers.get("X-Amzn-SageMaker-Custom-Attributes", "")
            extra = {"X_Amzn_SageMaker_Custom_Attributes": attributes} if attributes else {}
            self.answer(200, json.dumps(seen).encode(), **extra)

if os.environ.get("IGNORE_SIGTERM"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.environ.get("EXIT_AT_START"):
    print("cannot load the model", flush=True)
    sys.exit(int(os.environ["EXIT_AT_START"]))
while "WAIT_FOR" in os.environ and not os.path.exists(os.environ["WAIT_FOR"]):
    time.sleep(0.02)
address = ("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"]))
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer(address, Handler).serve_forever()
"""


# The program stands in the recipe itself, so that every run of the tests shares one environment.
# Braces are doubled because a recipe's commands are format strings; the variable is for machines
# on which containers see rewritten paths.
_RECIPE = f"""
repositories = ["{REPOSITORY}"]
[commands]
serve = ["python", "-c", {json.dumps(_SERVER.replace("{", "{{").replace("}", "}}"))}]
[variables]
MODEL_DIR = "/opt/ml/model"
"""


def add_recipe(emulator: EmulatorProcess) -> None:
    """Let the emulator know the image."""
    directory = emulator.data_dir / "recipes" / REPOSITORY
    if not directory.is_dir():
        directory.mkdir(parents=True)
        (directory / "recipe.toml").write_text(_RECIPE)


def flag_for(emulator: EmulatorProcess, name: str) -> Path:
    """A file that the image's servers can see: containers share no other folder with tests."""
    return emulator.data_dir / "recipes" / REPOSITORY / name


def archive(**files: str) -> bytes:
    """A model.tar.gz; ``__`` in a name stands for a dot."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "."))
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def create_model(client: Callable[[str], Any], name: str, **members: Any) -> str:
    """Create a model of the image and give its name."""
    container = {"Image": IMAGE} | members
    client("sagemaker").create_model(
        ModelName=name, ExecutionRoleArn=ROLE_ARN, PrimaryContainer=container
    )
    return name


def register(
    client: Callable[[str], Any], group: str, pipeline: str = "", **environment: str
) -> str:
    """Register an approved model package of the image and give its ARN.

    Args:
        client: Makes boto3 clients.
        group: A model package group that exists.
        pipeline: What its customer metadata says made it; nothing if empty.
        environment: Variables of the container.
    """
    metadata = {"CustomerMetadataProperties": {"Pipeline": pipeline}} if pipeline else {}
    package = client("sagemaker").create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "Environment": environment}],
            "SupportedContentTypes": ["text/csv", "application/json"],
            "SupportedResponseMIMETypes": ["text/csv", "application/json"],
        },
        **metadata,
    )
    return str(package["ModelPackageArn"])


def variant(model_name: str, name: str = "AllTraffic", **members: Any) -> dict[str, Any]:
    """A production variant of one instance."""
    settings = {"InstanceType": "ml.t2.medium", "InitialInstanceCount": 1}
    return {"VariantName": name, "ModelName": model_name} | settings | members


def wait(client: Callable[[str], Any], endpoint_name: str, event: str = "in_service") -> None:
    """Wait until the endpoint is InService, or is deleted."""
    waiter = client("sagemaker").get_waiter(f"endpoint_{event}")
    waiter.wait(EndpointName=endpoint_name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 600})


def wait_for_status(client: Callable[[str], Any], endpoint_name: str, *wanted: str) -> Any:
    """Wait until the endpoint has one of the statuses, and give its description."""
    deadline = time.monotonic() + 60
    while True:
        found = client("sagemaker").describe_endpoint(EndpointName=endpoint_name)
        if found["EndpointStatus"] in wanted:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def deploy(client: Callable[[str], Any], name: str, *variants: Any, **config: Any) -> str:
    """Create a config and an endpoint of the same name, and wait until it is InService."""
    client("sagemaker").create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=list(variants), **config
    )
    client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=name)
    wait(client, name)
    return name


def invoke(client: Callable[[str], Any], endpoint_name: str, body: Any = "", **members: Any) -> Any:
    """Invoke with JSON, and give what the echo container says that it saw."""
    answer = client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint_name,
        Body=json.dumps(body),
        **{"ContentType": "application/json"} | members,
    )
    return json.loads(answer["Body"].read())
