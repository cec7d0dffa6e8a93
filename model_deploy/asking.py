"""Asks what a stage serves one question, in the way that its kind of hosting answers.

Each kind is a function that gives the text of the answer; `steps/endpoint_check` judges it.
"""

import importlib.util
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from botocore.exceptions import ClientError

from pipelines.build import STEPS_DIRECTORY
from pipelines.endpoint.deployment import Check

_HANDLER = STEPS_DIRECTORY / "endpoint_check" / "handler.py"
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 5.0


class NoAnswerError(Exception):
    """The stage did not answer, or not rightly."""


@dataclass(frozen=True)
class Served:
    """What a stage serves, and the clients to ask it with.

    Attributes:
        endpoint_name: In Batch, where there is none, what transform jobs are named after.
        config_name: The configuration that the endpoint must serve; "" in Batch.
        bucket: Where questions and answers lie that go by S3.
        make: Makes a client of an AWS service.
        answer_seconds: How long an asynchronous answer may take.
    """

    endpoint_name: str
    config_name: str
    model_name: str
    instance_type: str
    bucket: str
    make: Callable[[str], Any]
    answer_seconds: float = 900.0


def ask(served: Served, kind: str, check: Check) -> str:
    """The answer to a check, if it is right.

    Raises:
        NoAnswerError: It is not, or there is none, with what came instead.
    """
    handler = _handler()
    try:
        if kind in _BY_S3:
            question = check.question(served.endpoint_name, "")
            text = _BY_S3[kind](served, check)
            found = handler.faults(question, text)
            if found:
                wrong = "; ".join(found)
                raise NoAnswerError(f"asked {check.body!r}: {wrong}. It said: {text[:500]}")
            return text
        question = check.question(served.endpoint_name, served.config_name)
        answer = handler.check(question, served.make("sagemaker"), served.make("sagemaker-runtime"))
        return str(answer["Answer"])
    except handler.WrongAnswerError as error:
        raise NoAnswerError(str(error)) from error


def _handler() -> ModuleType:
    """The function's own file: in Lambda and here the same code judges."""
    spec = importlib.util.spec_from_file_location("endpoint_check", _HANDLER)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(_HANDLER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _asynchronously(served: Served, check: Check) -> str:
    s3 = served.make("s3")
    key = _upload(s3, served.bucket, check)
    answer = served.make("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=served.endpoint_name,
        ContentType=check.content_type,
        Accept=check.content_type,
        InputLocation=f"s3://{served.bucket}/{key}",
    )
    deadline = time.monotonic() + served.answer_seconds
    for pause in _pauses():
        failure = _read(s3, answer.get("FailureLocation", ""))
        if failure is not None:
            raise NoAnswerError(f"asked {check.body!r}: it failed with {failure[:500]}")
        text = _read(s3, answer["OutputLocation"])
        if text is not None:
            return text
        if time.monotonic() + pause > deadline:
            break
        time.sleep(pause)
    raise NoAnswerError(
        f"asked {check.body!r}: no answer at {answer['OutputLocation']} "
        f"within {served.answer_seconds:g} s"
    )


def _pauses() -> Iterator[float]:
    """How long to wait before each look: longer and longer."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _by_batch_transform(served: Served, check: Check) -> str:
    s3, sagemaker = served.make("s3"), served.make("sagemaker")
    key = _upload(s3, served.bucket, check)
    output = f"s3://{served.bucket}/smoke-test/answers"
    # So begin the names of the transform jobs that the project's builds may start.
    name = f"{served.endpoint_name}-{uuid.uuid4().hex[:16]}"
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=served.model_name,
        TransformInput={
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": f"s3://{served.bucket}/{key}",
                }
            },
            "ContentType": check.content_type,
        },
        TransformOutput={"S3OutputPath": output, "Accept": check.content_type},
        TransformResources={"InstanceType": served.instance_type, "InstanceCount": 1},
    )
    job = _ended(sagemaker, name)
    if job["TransformJobStatus"] != "Completed":
        raise NoAnswerError(f"transform job {name}: {job.get('FailureReason', 'no reason given')}")
    return _read(s3, f"{output}/{key.rpartition('/')[2]}.out") or ""


def _ended(sagemaker: Any, name: str) -> Mapping[str, Any]:
    """The transform job once it has ended; SageMaker ends one that takes too long."""
    pauses = _pauses()
    while True:
        job: dict[str, Any] = sagemaker.describe_transform_job(TransformJobName=name)
        if job["TransformJobStatus"] not in ("InProgress", "Stopping"):
            return job
        time.sleep(next(pauses))


def _upload(s3: Any, bucket: str, check: Check) -> str:
    key = f"smoke-test/{uuid.uuid4().hex}"
    s3.put_object(Bucket=bucket, Key=key, Body=check.body.encode(), ContentType=check.content_type)
    return key


def _read(s3: Any, s3_uri: str) -> str | None:
    bucket, _, key = s3_uri.removeprefix("s3://").partition("/")
    if not key:
        return None
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return None
    return body.decode()


# Kind of model_deploy/endpoint.yaml; all others answer at once.
_BY_S3: Mapping[str, Callable[[Served, Check], str]] = {
    "Asynchronous": _asynchronously,
    "Batch": _by_batch_transform,
}
