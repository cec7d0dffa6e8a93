"""Transform jobs, through boto3 against a running emulator."""

import gzip
import io
import tarfile
from collections.abc import Callable

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.jobs import TransformLab, error_of, own_image

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


def model_archive() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        member = tarfile.TarInfo("server.py")
        member.size = len(SERVER)
        tar.addfile(member, io.BytesIO(SERVER.encode()))
    return content.getvalue()


def create_model(lab: TransformLab, *, answers_ping: bool = True) -> None:
    repository = "plain-server" if answers_ping else "silent-server"
    argument = "" if answers_ping else ', "never"'
    serve = f'serve = ["python3", "/opt/ml/model/server.py"{argument}]'
    key = f"{lab.model}/model.tar.gz"
    lab.put(key, model_archive())
    lab.sagemaker.create_model(
        ModelName=lab.model,
        ExecutionRoleArn=ROLE_ARN,
        PrimaryContainer={
            "Image": own_image(lab.emulator, repository, serve),
            "ModelDataUrl": f"s3://{lab.bucket}/{key}",
            "Environment": {"STAGE": "model", "KEPT": "yes"},
        },
    )


@pytest.fixture
def lab(emulator: EmulatorProcess, bucket: str, unique: Unique) -> TransformLab:
    lab = TransformLab(emulator, bucket, unique("model"))
    create_model(lab)
    return lab


def test_each_object_gets_an_output_beside_its_path(lab: TransformLab, unique: Unique) -> None:
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
    lab: TransformLab, unique: Unique, strategy: str, split: str
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


def test_an_object_that_fails_leaves_no_output_and_the_others_do(
    lab: TransformLab, unique: Unique
) -> None:
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


def test_predictions_are_joined_with_their_input_and_filtered(
    lab: TransformLab, unique: Unique
) -> None:
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


def test_json_lines_get_the_prediction_as_sagemaker_output(
    lab: TransformLab, unique: Unique
) -> None:
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


def test_a_filter_beyond_the_columns_fails_the_job(lab: TransformLab, unique: Unique) -> None:
    lab.put("in/a.csv", b"1,2\n")
    job = lab.run(unique("job"), DataProcessing={"OutputFilter": "$[5]", "JoinSource": "Input"})
    assert job["TransformJobStatus"] == "Failed"
    assert "index 5 is outside of 3 columns" in job["FailureReason"]


def test_a_record_over_the_payload_limit_fails_the_job(lab: TransformLab, unique: Unique) -> None:
    lab.put("in/a.csv", b"1" * (1024 * 1024 + 1))
    job = lab.run(unique("job"), MaxPayloadInMB=1)
    assert job["TransformJobStatus"] == "Failed"
    assert "larger than MaxPayloadInMB (1)" in job["FailureReason"]


def test_compressed_objects_are_decompressed(lab: TransformLab, unique: Unique) -> None:
    lab.put("in/a.csv.gz", gzip.compress(b"1\n2\n"))
    lab.run(unique("job"), source={"CompressionType": "Gzip"})
    assert lab.read("out/a.csv.gz.out") == b"2.0\n4.0\n"


def test_the_container_gets_the_jobs_environment_and_content_types(
    lab: TransformLab, unique: Unique
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
    emulator: EmulatorProcess, bucket: str, unique: Unique
) -> None:
    lab = TransformLab(emulator, bucket, unique("model"))
    create_model(lab, answers_ping=False)
    lab.put("in/a.csv", b"1\n")
    job = lab.run(unique("job"))
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == (
        "AlgorithmError: Model container failed to respond to ping. Please ensure /ping endpoint "
        "is implemented and responds with an HTTP 200 status code"
    )


def test_stop_ends_the_job(lab: TransformLab, unique: Unique) -> None:
    name = unique("job")
    lab.put("in/a.csv", b"1\n" * 30_000)
    lab.start(name, BatchStrategy="SingleRecord")
    lab.sagemaker.stop_transform_job(TransformJobName=name)
    assert lab.finished(name)["TransformJobStatus"] == "Stopped"
    assert lab.keys("out") == []
    code, message = error_of(lab.sagemaker.stop_transform_job, TransformJobName=name)
    assert code == "ValidationException"
    assert message == "The request was rejected because the transform job is in status Stopped."


def test_all_faults_of_a_request_are_answered_at_once(lab: TransformLab, unique: Unique) -> None:
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


def test_what_is_not_emulated_is_refused_by_name(lab: TransformLab, unique: Unique) -> None:
    lab.put("in/a.csv", b"1\n")
    members = lab.request(unique("job"), source={"SplitType": "RecordIO"})
    code, message = error_of(lab.sagemaker.create_transform_job, **members)
    assert code == "UnsupportedByEmulator"
    assert "SplitType RecordIO" in message


def test_names_are_taken_once_and_jobs_are_listed(lab: TransformLab, unique: Unique) -> None:
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


def test_a_transform_job_leaves_a_trial_component(lab: TransformLab, unique: Unique) -> None:
    lab.put("in/rows.csv", b"1,2\n")
    job = lab.run(unique("job"))
    found = lab.sagemaker.describe_trial_component(
        TrialComponentName=f"{job['TransformJobName']}-aws-transform-job"
    )
    model = lab.sagemaker.describe_model(ModelName=lab.model)["PrimaryContainer"]
    # Source: a component of a transform job as AWS describes it.
    assert found["Parameters"] == {
        "SageMaker.InstanceCount": {"NumberValue": 1.0},
        "SageMaker.InstanceType": {"StringValue": "ml.m5.large"},
        "SageMaker.ModelName": {"StringValue": lab.model},
        "SageMaker.ModelPrimary.DataUrl": {"StringValue": model["ModelDataUrl"]},
        "SageMaker.ModelPrimary.Image": {"StringValue": model["Image"]},
    }
    assert found["InputArtifacts"] == {
        "SageMaker.TransformInput": {"MediaType": "text/csv", "Value": f"s3://{lab.bucket}/in/"}
    }
    assert found["OutputArtifacts"] == {
        "SageMaker.TransformOutput": {"Value": f"s3://{lab.bucket}/out"}
    }
    assert found["Status"] == {
        "PrimaryStatus": "Completed",
        "Message": "Status: Completed, failure reason: null",
    }
