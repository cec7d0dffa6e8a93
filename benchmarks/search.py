"""What it costs to find training jobs. usage: python -m benchmarks.search."""

import random
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, median_seconds, print_figures
from benchmarks.running import ROLE_ARN, Server, emulator
from emulator.store import Store

JOBS = 1_000
TIMES = 15
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
METRIC = "validation:rmse"


def measure() -> list[Figure]:
    """Search over a thousand training jobs, beside listing them all."""
    with tempfile.TemporaryDirectory() as own_dir:
        data_dir = Path(own_dir) / "data"
        with emulator(data_dir) as server:
            _train_one(server)
        _multiply(data_dir)
        with emulator(data_dir) as server:
            sagemaker = server.client("sagemaker")
            best = _best(sagemaker)
            listed = _seconds(lambda: _list_all(sagemaker))
            found = _seconds(lambda: _best(sagemaker))
            tagged = _seconds(lambda: _of_execution(sagemaker))
    values = [metric["Value"] for job in best for metric in job["FinalMetricDataList"]]
    if len(best) != 20 or values != sorted(values):
        raise RuntimeError(f"the twenty best were not found: {values}")
    return [
        Figure(
            f"Search p50: the 20 best of {JOBS:,} training jobs by a metric",
            f"{1000 * found:.0f} ms",
            "",
            1000 * found,
            100,
        ),
        Figure(
            f"Search p50: the jobs of one execution, by tag, of {JOBS:,}",
            f"{1000 * tagged:.0f} ms",
            "",
            1000 * tagged,
            100,
        ),
        Figure(
            "Search for the 20 best / ListTrainingJobs through them all",
            f"{1000 * found:.0f} ms",
            f"ten pages of 100: {1000 * listed:.0f} ms",
            found / listed,
            1.0,
        ),
    ]


def _seconds(run: Any) -> float:
    return median_seconds(run, TIMES)


def _train_one(server: Server) -> None:
    """One real job, so that the others have what a job has: XGBoost's own 26 metrics, too."""
    sagemaker, s3 = server.client("sagemaker"), server.client("s3")
    s3.create_bucket(Bucket="bench")
    s3.put_object(Bucket="bench", Key="train/a.csv", Body=b"1,2\n2,3\n")
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://bench/train/"}
    sagemaker.create_training_job(
        TrainingJobName="bench",
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        RoleArn=ROLE_ARN,
        HyperParameters={"num_round": "1", "eta": "0.1", "max_depth": "3"},
        InputDataConfig=[
            {
                "ChannelName": name,
                "ContentType": "text/csv",
                "DataSource": {"S3DataSource": source},
            }
            for name in ("train", "validation")
        ],
        OutputDataConfig={"S3OutputPath": "s3://bench/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    job = {"TrainingJobStatus": "InProgress"}
    while job["TrainingJobStatus"] == "InProgress":
        time.sleep(0.1)
        job = sagemaker.describe_training_job(TrainingJobName="bench")
    if job["TrainingJobStatus"] != "Completed":
        raise RuntimeError(f"the job ended {job}")


def _multiply(data_dir: Path) -> None:
    """As many jobs as the benchmark wants, without the time it takes to run them."""
    path = data_dir / "store.sqlite"
    store, values = Store(path), random.Random(0)
    job = store.get("TrainingJob", "bench")
    if job is None:
        raise RuntimeError(f"{path} has no training job")
    with store.transaction():
        for number in range(JOBS - 1):
            name = f"bench-{number:04}"
            arn = job["TrainingJobArn"].replace("/bench", f"/{name}")
            metric = {"MetricName": METRIC, "Value": values.random(), "Timestamp": 0}
            copy = {**job, "TrainingJobName": name, "TrainingJobArn": arn}
            copy["FinalMetricDataList"] = [metric]
            store.insert("TrainingJob", name, copy)
            execution = f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/{number}"
            tag = {"Key": "sagemaker:pipeline-execution-arn", "Value": execution}
            store.put("Tags", arn, {"Tags": [tag]})
    store.close()


def _best(sagemaker: Any) -> list[dict[str, Any]]:
    filters = [{"Name": f"Metrics.{METRIC}", "Operator": "Exists"}]
    answer = sagemaker.search(
        Resource="TrainingJob",
        SearchExpression={"Filters": filters},
        SortBy=f"Metrics.{METRIC}",
        SortOrder="Ascending",
        MaxResults=20,
    )
    return [result["TrainingJob"] for result in answer["Results"]]


def _of_execution(sagemaker: Any) -> int:
    name, end = "Tags.sagemaker:pipeline-execution-arn", "/execution/500"
    filters = [{"Name": name, "Operator": "Contains", "Value": end}]
    answer = sagemaker.search(Resource="TrainingJob", SearchExpression={"Filters": filters})
    return len(answer["Results"])


def _list_all(sagemaker: Any) -> int:
    pages = sagemaker.get_paginator("list_training_jobs")
    found = pages.paginate(PaginationConfig={"PageSize": 100})
    return sum(len(page["TrainingJobSummaries"]) for page in found)


if __name__ == "__main__":
    print_figures(measure())
