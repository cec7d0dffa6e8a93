"""Start, memory and the price of one call. usage: python -m benchmarks.gateway."""

import time
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlsplit

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
        answered = _answer_ms(server)
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
            f"{answered:.2f} ms without boto3",
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
    return 1000 * median_seconds(
        lambda: sagemaker.describe_training_job(TrainingJobName="bench"), CALLS
    )


def _answer_ms(server: Server) -> float:
    """The same call without boto3, over one kept-alive connection."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "SageMaker.DescribeTrainingJob",
        "Authorization": SIGNATURE,
    }
    with closing(HTTPConnection(urlsplit(server.url).netloc)) as connection:

        def call() -> None:
            connection.request("POST", "/", b'{"TrainingJobName":"bench"}', headers)
            answer = connection.getresponse()
            if answer.status != HTTPStatus.OK:
                raise RuntimeError(f"DescribeTrainingJob was refused: {answer.read()!r}")
            answer.read()

        return 1000 * median_seconds(call, CALLS)


if __name__ == "__main__":
    print_figures(measure())
