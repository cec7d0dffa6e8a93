"""Runs AWS's framework images through boto3: training jobs, processing jobs and endpoints."""

import io
import json
import os
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import ROLE_ARN, EmulatorProcess

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:3.2-0"
SCIKIT_LEARN = f"{REGISTRY}/sagemaker-scikit-learn:1.9-0-cpu-py3"
# Older images and what runs in them: the oldest, and the ones between, which are another 1.5 GB to
# install, only with TEST_ALL_IMAGES=1.
OLDER = {
    f"{REGISTRY}/sagemaker-xgboost:1.3-1": "1.3.3",
    f"{REGISTRY}/sagemaker-scikit-learn:1.2-1-cpu-py3": "1.2.1",
} | (
    {
        f"{REGISTRY}/sagemaker-xgboost:1.5-1": "1.5.2",
        f"{REGISTRY}/sagemaker-xgboost:1.7-1": "1.7.4",
        f"{REGISTRY}/sagemaker-xgboost:3.0-5": "3.0.5",
        f"{REGISTRY}/sagemaker-scikit-learn:1.4-2-cpu-py3": "1.4.2",
    }
    if os.environ.get("TEST_ALL_IMAGES") == "1"
    else {}
)
OLDER_XGBOOST = [uri for uri in OLDER if "xgboost" in uri]
OLDER_SCIKIT_LEARN = [uri for uri in OLDER if "scikit-learn" in uri]
# The first job of a machine builds the image's environment.
WAIT_SECONDS = 300
RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A tar.gz of the files."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return content.getvalue()


@dataclass(frozen=True)
class Training:
    """A training job that ended."""

    job: dict[str, Any]
    log: list[str]

    @property
    def model_s3_uri(self) -> str:
        return str(self.job["ModelArtifacts"]["S3ModelArtifacts"])


@dataclass(frozen=True)
class ImageLab:
    """One bucket of one emulator, and jobs in it."""

    emulator: EmulatorProcess
    bucket: str
    names: Iterator[int] = field(default_factory=lambda: iter(range(1_000)))

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    def unique(self, stem: str) -> str:
        return f"{stem}-{self.bucket}-{next(self.names)}"[:63]

    def put(self, key: str, content: str | bytes) -> str:
        data = content.encode() if isinstance(content, str) else content
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=data)
        return f"s3://{self.bucket}/{key}"

    def get(self, s3_uri: str) -> bytes:
        bucket, _, key = s3_uri.removeprefix("s3://").partition("/")
        body: bytes = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def train(
        self,
        image: str,
        hyperparameters: Mapping[str, str],
        channels: Mapping[str, tuple[str, Mapping[str, str | bytes]]],
        environment: Mapping[str, str] | None = None,
    ) -> Training:
        """Run a job on channels ``{name: (content type, {file: content})}``."""
        name = self.unique("train")
        for channel, (_, files) in channels.items():
            for file, content in files.items():
                self.put(f"{name}/{channel}/{file}", content)
        self.client("sagemaker").create_training_job(
            TrainingJobName=name,
            RoleArn=ROLE_ARN,
            AlgorithmSpecification={
                "TrainingImage": image,
                "TrainingInputMode": "File",
            },
            HyperParameters=dict(hyperparameters),
            Environment=dict(environment or {}),
            InputDataConfig=[
                {
                    "ChannelName": channel,
                    "ContentType": content_type,
                    "DataSource": {
                        "S3DataSource": {
                            "S3DataType": "S3Prefix",
                            "S3Uri": f"s3://{self.bucket}/{name}/{channel}/",
                        }
                    },
                }
                for channel, (content_type, _) in channels.items()
            ],
            OutputDataConfig={"S3OutputPath": f"s3://{self.bucket}/models"},
            ResourceConfig=RESOURCES,
            StoppingCondition={"MaxRuntimeInSeconds": WAIT_SECONDS},
        )
        job = self._finished("training_job", "TrainingJobName", name, "TrainingJobStatus")
        return Training(job, self.log("/aws/sagemaker/TrainingJobs", name))

    def process(self, image: str, *command: str) -> tuple[dict[str, Any], list[str]]:
        """Run a processing job; give its description and its log."""
        name = self.unique("process")
        self.client("sagemaker").create_processing_job(
            ProcessingJobName=name,
            RoleArn=ROLE_ARN,
            AppSpecification={"ImageUri": image, "ContainerEntrypoint": list(command)},
            ProcessingResources={"ClusterConfig": RESOURCES},
        )
        job = self._finished("processing_job", "ProcessingJobName", name, "ProcessingJobStatus")
        return job, self.log("/aws/sagemaker/ProcessingJobs", name)

    def log(self, group: str, prefix: str) -> list[str]:
        logs = self.client("logs")
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{prefix}/")
        (stream,) = streams["logStreams"]
        events = logs.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
        )
        return [event["message"] for event in events["events"]]

    def _finished(self, operation: str, name_key: str, name: str, status: str) -> dict[str, Any]:
        describe = getattr(self.client("sagemaker"), f"describe_{operation}")
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            job: dict[str, Any] = describe(**{name_key: name})
            if job[status] in ("Completed", "Failed", "Stopped"):
                return job
            time.sleep(0.02)
        raise AssertionError(f"{name} did not end in {WAIT_SECONDS} s")

    @contextmanager
    def endpoint(
        self, image: str, model_s3_uri: str, environment: Mapping[str, str] | None = None
    ) -> Iterator[Callable[..., tuple[str, str]]]:
        """Serve a model; gives a function that invokes it: (body, **members) -> (type, text)."""
        sagemaker, name = self.client("sagemaker"), self.unique("endpoint")
        container = {"Image": image, "ModelDataUrl": model_s3_uri}
        sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE_ARN,
            PrimaryContainer=container | {"Environment": dict(environment or {})},
        )
        variant = {"VariantName": "All", "ModelName": name, "InitialInstanceCount": 1}
        sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[variant | {"InstanceType": "ml.t2.medium"}],
        )
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        sagemaker.get_waiter("endpoint_in_service").wait(
            EndpointName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 20 * WAIT_SECONDS}
        )

        def invoke(body: str, **members: str) -> tuple[str, str]:
            answer = self.client("sagemaker-runtime").invoke_endpoint(
                EndpointName=name, Body=body.encode(), **members
            )
            return answer["ContentType"], answer["Body"].read().decode()

        try:
            yield invoke
        finally:
            sagemaker.delete_endpoint(EndpointName=name)


def toolkit(program: str, source_s3_uri: str, **others: object) -> dict[str, str]:
    """Hyperparameters as the SDK gives them to AWS's toolkits: every value is JSON."""
    values = {"sagemaker_program": program, "sagemaker_submit_directory": source_s3_uri, **others}
    return {name: json.dumps(value) for name, value in values.items()}
