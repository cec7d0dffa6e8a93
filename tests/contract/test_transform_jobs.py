"""Transform jobs, through boto3 against a running emulator."""

import gzip
import io
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE_ARN = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole"
REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
TERMINAL = ("Completed", "Failed", "Stopped")
WAIT_SECONDS = 30

# Doubles the last column of each CSV row; answers JSON with its keys; refuses "bad".
SERVER = r"""
import http.server, json, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404, b"")

    def do_POST(self):
        payload = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if "bad" in payload:
            return self.answer(400, b"no number in column 2")
        if "env" in payload:
            names = ("SAGEMAKER_BATCH", "SAGEMAKER_BATCH_STRATEGY", "STAGE", "KEPT")
            return self.answer(200, " ".join(os.environ[name] for name in names).encode())
        if "headers" in payload:
            kinds = self.headers["Content-Type"], self.headers["Accept"]
            return self.answer(200, " ".join(kinds).encode())
        if payload.startswith("{"):
            rows = [json.dumps(sorted(json.loads(line))) for line in payload.splitlines()]
        else:
            rows = [str(2 * float(line.split(",")[-1])) for line in payload.splitlines()]
        self.answer(200, ("\n".join(rows) + "\n").encode())

if sys.argv[1:] != ["never"]:
    port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""

Unique = Callable[[str], str]


@dataclass(frozen=True)
class Lab:
    """Clients of one emulator, a bucket and a model that doubles."""

    emulator: Any
    bucket: str
    model: str

    @property
    def s3(self) -> Any:
        return self.emulator.client("s3")

    @property
    def sagemaker(self) -> Any:
        return self.emulator.client("sagemaker")

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def request(
        self,
        name: str,
        prefix: str = "in/",
        *,
        source: dict[str, Any] | None = None,
        target: dict[str, Any] | None = None,
        **members: Any,
    ) -> dict[str, Any]:
        data = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/{prefix}"}
        return {
            "TransformJobName": name,
            "ModelName": self.model,
            "TransformInput": {
                "DataSource": {"S3DataSource": data},
                "ContentType": "text/csv",
                "SplitType": "Line",
                **(source or {}),
            },
            "TransformOutput": {"S3OutputPath": f"s3://{self.bucket}/out", **(target or {})},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **members,
        }

    def run(self, name: str, *args: Any, **members: Any) -> dict[str, Any]:
        self.sagemaker.create_transform_job(**self.request(name, *args, **members))
        return self.finished(name)

    def finished(self, name: str) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.sagemaker.describe_transform_job(TransformJobName=name)
            if job["TransformJobStatus"] in TERMINAL:
                return job
            time.sleep(0.01)
        raise AssertionError(f"{name} did not end in {WAIT_SECONDS} s")

    def keys(self, prefix: str) -> list[str]:
        listing = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for item in listing.get("Contents", [])]

    def read(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content


def model_archive() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        member = tarfile.TarInfo("server.py")
        member.size = len(SERVER)
        tar.addfile(member, io.BytesIO(SERVER.encode()))
    return content.getvalue()


def create_model(emulator: Any, bucket: str, name: str, *, answers_ping: bool = True) -> None:
    repository = "plain-server" if answers_ping else "silent-server"
    recipe = emulator.data_dir / "recipes" / repository
    recipe.mkdir(parents=True, exist_ok=True)
    argument = "" if answers_ping else ', "never"'
    beside = recipe / f"{name}.toml"
    beside.write_text(
        f'repositories = ["{repository}"]\n'
        f'[commands]\nserve = ["python3", "/opt/ml/model/server.py"{argument}]\n'
    )
    beside.replace(recipe / "recipe.toml")
    key = f"model-{name}/model.tar.gz"
    emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=model_archive())
    emulator.client("sagemaker").create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE_ARN,
        PrimaryContainer={
            "Image": f"{REGISTRY}/{repository}:1",
            "ModelDataUrl": f"s3://{bucket}/{key}",
            "Environment": {"STAGE": "model", "KEPT": "yes"},
        },
    )


@pytest.fixture
def lab(emulator: Any, bucket: str, unique: Unique) -> Lab:
    name = unique("model")
    create_model(emulator, bucket, name)
    return Lab(emulator, bucket, name)


def error_of(call: Callable[..., Any], **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_each_object_gets_an_output_beside_its_path(lab: Lab, unique: Unique) -> None:
    lab.put("in/a.csv", b"1,2\n3,4\n")
    lab.put("in/deep/b.csv", b"5,6")
    job = lab.run(unique("job"))
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert lab.keys("out") == ["out/a.csv.out", "out/deep/b.csv.out"]
    assert lab.read("out/a.csv.out") == b"4.0\n8.0\n"
    assert lab.read("out/deep/b.csv.out") == b"12.0\n"
    assert job["CreationTime"] <= job["TransformStartTime"] <= job["TransformEndTime"]


@pytest.mark.parametrize("strategy", ["SingleRecord", "MultiRecord"])
@pytest.mark.parametrize("split", ["Line", "None"])
def test_records_keep_their_order_whatever_the_batches(
    lab: Lab, unique: Unique, strategy: str, split: str
) -> None:
    lab.put("in/a.csv", b"".join(b"%d\n" % number for number in range(60)))
    job = lab.run(
        unique("job"),
        source={"SplitType": split},
        target={"AssembleWith": "Line"},
        BatchStrategy=strategy,
        MaxConcurrentTransforms=4,
        MaxPayloadInMB=1,
    )
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    expected = b"".join(b"%.1f\n" % (2 * number) for number in range(60))
    assert lab.read("out/a.csv.out") == expected


def test_an_object_that_fails_leaves_no_output_and_the_others_do(lab: Lab, unique: Unique) -> None:
    lab.put("in/a.csv", b"1\n")
    lab.put("in/b.csv", b"1\nbad\n")
    lab.put("in/c.csv", b"3\n")
    name = unique("job")
    job = lab.run(name, BatchStrategy="SingleRecord")
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: See job logs for more information")
    assert "400: no number in column 2" in job["FailureReason"]
    assert lab.keys("out") == ["out/a.csv.out", "out/c.csv.out"]
    logs = lab.emulator.data_dir / "logs/aws/sagemaker/TransformJobs" / name
    (data_log,) = logs.glob("*data-log.log")
    assert f"[sagemaker logs]: {lab.bucket}/in/b.csv: 400: no number" in data_log.read_text()


def test_predictions_are_joined_with_their_input_and_filtered(lab: Lab, unique: Unique) -> None:
    lab.put("in/a.csv", b'7,"x, y",2\n8,z,3\n')
    job = lab.run(
        unique("job"),
        target={"AssembleWith": "Line", "Accept": "text/csv"},
        DataProcessing={
            "InputFilter": "$[2:]",
            "JoinSource": "Input",
            "OutputFilter": "$[0,1,-1]",
        },
    )
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert lab.read("out/a.csv.out") == b'7,"x, y",4.0\n8,z,6.0\n'


def test_json_lines_get_the_prediction_as_sagemaker_output(lab: Lab, unique: Unique) -> None:
    lab.put("in/a.jsonl", b'{"id": 1, "features": {"b": 2, "a": 3}}\n')
    job = lab.run(
        unique("job"),
        source={"ContentType": "application/jsonlines"},
        target={"AssembleWith": "Line"},
        DataProcessing={
            "InputFilter": "$.features",
            "JoinSource": "Input",
            "OutputFilter": "$['id','SageMakerOutput']",
        },
    )
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert lab.read("out/a.jsonl.out") == b'{"id": 1, "SageMakerOutput": ["a", "b"]}\n'


def test_a_filter_beyond_the_columns_fails_the_job(lab: Lab, unique: Unique) -> None:
    lab.put("in/a.csv", b"1,2\n")
    job = lab.run(unique("job"), DataProcessing={"OutputFilter": "$[5]", "JoinSource": "Input"})
    assert job["TransformJobStatus"] == "Failed"
    assert "index 5 is outside of 3 columns" in job["FailureReason"]


def test_a_record_over_the_payload_limit_fails_the_job(lab: Lab, unique: Unique) -> None:
    lab.put("in/a.csv", b"1" * (1024 * 1024 + 1))
    job = lab.run(unique("job"), MaxPayloadInMB=1)
    assert job["TransformJobStatus"] == "Failed"
    assert "larger than MaxPayloadInMB (1)" in job["FailureReason"]


def test_compressed_objects_are_decompressed(lab: Lab, unique: Unique) -> None:
    lab.put("in/a.csv.gz", gzip.compress(b"1\n2\n"))
    lab.run(unique("job"), source={"CompressionType": "Gzip"})
    assert lab.read("out/a.csv.gz.out") == b"2.0\n4.0\n"


def test_the_container_gets_the_jobs_environment_and_content_types(
    lab: Lab, unique: Unique
) -> None:
    lab.put("in/env", b"env")
    lab.put("in/headers", b"headers")
    lab.run(
        unique("job"),
        target={"Accept": "text/plain"},
        BatchStrategy="SingleRecord",
        Environment={"STAGE": "job"},
    )
    assert lab.read("out/env.out") == b"true SINGLE_RECORD job yes"
    assert lab.read("out/headers.out") == b"text/csv text/plain"


def test_a_container_that_ends_before_it_answers_fails_the_job(
    emulator: Any, bucket: str, unique: Unique
) -> None:
    name = unique("model")
    create_model(emulator, bucket, name, answers_ping=False)
    lab = Lab(emulator, bucket, name)
    lab.put("in/a.csv", b"1\n")
    job = lab.run(unique("job"))
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == (
        "AlgorithmError: Model container failed to respond to ping. Please ensure /ping endpoint "
        "is implemented and responds with an HTTP 200 status code"
    )


def test_stop_ends_the_job(lab: Lab, unique: Unique) -> None:
    name = unique("job")
    lab.put("in/a.csv", b"1\n" * 30_000)
    lab.sagemaker.create_transform_job(**lab.request(name, BatchStrategy="SingleRecord"))
    lab.sagemaker.stop_transform_job(TransformJobName=name)
    assert lab.finished(name)["TransformJobStatus"] == "Stopped"
    assert lab.keys("out") == []
    code, message = error_of(lab.sagemaker.stop_transform_job, TransformJobName=name)
    assert code == "ValidationException"
    assert message == "The request was rejected because the transform job is in status Stopped."


def test_all_faults_of_a_request_are_answered_at_once(lab: Lab, unique: Unique) -> None:
    members = lab.request(
        unique("job"),
        "no/such/prefix",
        target={"S3OutputPath": "s3://no-such-bucket-here/out"},
        MaxPayloadInMB=50,
        MaxConcurrentTransforms=4,
        DataProcessing={"InputFilter": "$..deep"},
    )
    members["ModelName"] = "no-such-model"
    code, message = error_of(lab.sagemaker.create_transform_job, **members)
    assert code == "ValidationException"
    for part in (
        'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/no-such-model"',
        "No S3 objects found under S3 URL",
        "no-such-bucket-here",
        "MaxConcurrentTransforms * MaxPayloadInMB (4 * 50)",
        "JSONPath '$..deep' is not supported",
    ):
        assert part in message


def test_what_is_not_emulated_is_refused_by_name(lab: Lab, unique: Unique) -> None:
    lab.put("in/a.csv", b"1\n")
    members = lab.request(unique("job"), source={"SplitType": "RecordIO"})
    code, message = error_of(lab.sagemaker.create_transform_job, **members)
    assert code == "UnsupportedByEmulator"
    assert "SplitType RecordIO" in message


def test_names_are_taken_once_and_jobs_are_listed(lab: Lab, unique: Unique) -> None:
    lab.put("in/a.csv", b"1\n")
    name = unique("job")
    lab.run(name)
    code, _ = error_of(lab.sagemaker.create_transform_job, **lab.request(name))
    assert code == "ResourceInUse"
    (summary,) = lab.sagemaker.list_transform_jobs(NameContains=name)["TransformJobSummaries"]
    assert summary["TransformJobStatus"] == "Completed"
    code, message = error_of(lab.sagemaker.describe_transform_job, TransformJobName="none-such")
    assert (code, message) == (
        "ValidationException",
        "Could not find requested job with name: none-such",
    )
