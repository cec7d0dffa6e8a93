"""Start, memory and the price of one call. usage: python -m benchmarks.gateway."""

import time
from contextlib import closing
from http.client import HTTPConnection
from statistics import median

from benchmarks.canned import canned_server
from benchmarks.figures import Figure, median_seconds, print_figures
from benchmarks.running import ROLE_ARN, SIGNATURE, Server, compile_emulator, emulator, moto_server

STARTS = 5
CALLS = 500
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"


def measure() -> list[Figure]:
    """Start and memory of the emulator, DescribeTrainingJob against moto's."""
    compile_emulator()
    starts, memories = [], []
    for _ in range(STARTS):
        with emulator() as server:
            starts.append(server.start_seconds)
            memories.append(server.resident_megabytes())
    with emulator() as server:
        ours = _describe_ms(server)
        answer, without_boto3 = _bare_calls(server)
        with canned_server(answer) as canned:
            floor = _calls_ms(canned)
    with moto_server() as server:
        motos_start = server.start_seconds
        motos = _describe_ms(server)
    start, memory = median(starts), median(memories)
    return [
        Figure(
            "exec to first answered call",
            f"{start:.2f} s",
            f"moto {motos_start:.2f} s",
            start,
            0.7,
        ),
        Figure("idle memory before moto loads", f"{memory:.0f} MB", "", memory, 120),
        Figure(
            "DescribeTrainingJob p50",
            f"{ours:.2f} ms",
            f"the same bytes, canned: {floor:.2f} ms; without boto3: {without_boto3:.2f} ms",
            ours,
            1.2,
        ),
        Figure(
            "DescribeTrainingJob p50 / moto's",
            f"{ours:.2f} ms",
            f"moto {motos:.2f} ms",
            ours / motos,
            1.0,
        ),
    ]


def _describe_ms(server: Server) -> float:
    sagemaker, s3 = server.client("sagemaker"), server.client("s3")
    s3.create_bucket(Bucket="bench")
    s3.put_object(Bucket="bench", Key="train/a.csv", Body=b"1,2\n")
    sagemaker.create_training_job(
        TrainingJobName="bench",
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            # Without one the emulator adds XGBoost's own 26, as AWS does, and moto adds none.
            "MetricDefinitions": [{"Name": "train:rmse", "Regex": "train-rmse:(\\S+)"}],
        },
        RoleArn=ROLE_ARN,
        HyperParameters={"num_round": "1"},
        InputDataConfig=[
            {
                "ChannelName": "train",
                "ContentType": "text/csv",
                "DataSource": {
                    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bench/train/"}
                },
            }
        ],
        OutputDataConfig={"S3OutputPath": "s3://bench/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    while sagemaker.describe_training_job(TrainingJobName="bench")["TrainingJobStatus"] in (
        "InProgress",
        "Stopping",
    ):
        time.sleep(0.1)
    return _calls_ms(server)


def _calls_ms(server: Server) -> float:
    sagemaker = server.client("sagemaker")
    return 1000 * median_seconds(
        lambda: sagemaker.describe_training_job(TrainingJobName="bench"), CALLS
    )


def _bare_calls(server: Server) -> tuple[bytes, float]:
    """What the emulator sends to DescribeTrainingJob, and the median time of it in ms.

    Over one open connection and without boto3, so that the time is the emulator's own.
    """
    connection = HTTPConnection(server.url.removeprefix("http://"))
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "SageMaker.DescribeTrainingJob",
        "Authorization": SIGNATURE,
    }

    def call() -> bytes:
        connection.request("POST", "/", b'{"TrainingJobName":"bench"}', headers)
        return connection.getresponse().read()

    with closing(connection):
        return call(), 1000 * median_seconds(call, CALLS)


if __name__ == "__main__":
    print_figures(measure())
