"""The whole loop: ratings -> pipeline -> evaluation -> approval -> endpoint -> five titles.

Plain boto3 and the repository's own commands, so it says nothing of where AWS is: run it with
``python -m emulator exec --`` in front, or with credentials of an account, a role and a bucket.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from demo_data import Data, movielens
from rich.console import Console
from rich.table import Table

REGION = os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
ACCOUNT_ID = "123456789012"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/service-role/AmazonSageMaker-ExecutionRole"
PIPELINE = "book_ratings"
GROUP = "book-ratings"
STAGE = "staging"
TOP_K = 5

console = Console(highlight=False)


def main(argv: list[str] | None = None) -> int:
    """Run the loop and give the exit code of the first command that fails."""
    arguments = _parser().parse_args(argv)
    start = time.perf_counter()
    data = _data(arguments)
    where = ["--role-arn", arguments.role_arn, "--default-bucket", arguments.bucket]
    uris = upload(boto3.client("s3"), arguments.bucket, data)
    parameters = [word for name, uri in uris.items() for word in ("--parameter", f"{name}={uri}")]

    _title(f"Build: {data.name} through the pipeline {PIPELINE}")
    command("run-pipeline", "--pipeline", PIPELINE, *where, *parameters, "--wait")
    package = newest_package(boto3.client("sagemaker"))
    show_evaluation(boto3.client("s3"), package)

    _title("Approve and deploy")
    command("approve-model", GROUP, "--note", "better than the bias baseline")
    command("deploy-model", GROUP, "--stage", STAGE, *where, "--wait")

    _title("Ask the endpoint")
    show_recommendations(f"{GROUP}-{STAGE}", arguments.user)
    console.print(f"\nThe whole loop took {time.perf_counter() - start:.1f} s.")
    console.print("Stop everything: python -m emulator down; the next `up` serves it again.")
    return 0


def upload(s3: Any, bucket: str, data: Data) -> dict[str, str]:
    """Put the files under the hash of their content, so that other data are another input."""
    _make_bucket(s3, bucket)
    uris = {}
    for name, path in (("RatingsS3Uri", data.ratings), ("ItemsS3Uri", data.items)):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        key = f"data/{digest}/{path.name}"
        s3.upload_file(str(path), bucket, key)
        uris[name] = f"s3://{bucket}/{key}"
    return uris


def command(*words: str) -> None:
    """Run one of the repository's commands as a user would, showing it."""
    console.print(f"[bold]$ {' '.join(words)}[/bold]", soft_wrap=True)
    program = Path(sys.executable).parent / words[0]
    done = subprocess.run([str(program), *words[1:]], check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def newest_package(sagemaker: Any) -> dict[str, Any]:
    """The model package that the run has registered."""
    listed = sagemaker.list_model_packages(
        ModelPackageGroupName=GROUP, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )
    arn = listed["ModelPackageSummaryList"][0]["ModelPackageArn"]
    package: dict[str, Any] = sagemaker.describe_model_package(ModelPackageName=arn)
    return package


def show_evaluation(s3: Any, package: dict[str, Any]) -> None:
    """Print the model's errors on the held-out ratings beside the baselines'."""
    uri = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    evaluation = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    rows = evaluation["rows"]
    console.print(f"\nErrors on {rows['test']:,} held-out ratings, {rows['train']:,} to train on:")
    table = Table()
    table.add_column("predicted by")
    for name in ("MSE", "RMSE", "MAE"):
        table.add_column(name, justify="right")
    for name, errors in evaluation["baselines"].items():
        table.add_row(name.replace("_", " "), *_three(errors))
    table.add_row("the model", *_three(evaluation["regression_metrics"]), style="bold")
    console.print(table)


def show_recommendations(endpoint_name: str, user_id: str | None) -> None:
    """Ask for the titles that a user would like best, and print them."""
    runtime = boto3.client("sagemaker-runtime")
    request = {"user_id": user_id or "1", "top_k": TOP_K}
    start = time.perf_counter()
    response = runtime.invoke_endpoint(
        EndpointName=endpoint_name, ContentType="application/json", Body=json.dumps(request)
    )
    answer = json.loads(response["Body"].read())
    took_ms = 1000 * (time.perf_counter() - start)
    console.print(f"invoke_endpoint({endpoint_name!r}, {request})", soft_wrap=True)
    console.print(f"answered in {took_ms:.0f} ms:")
    for place, item in enumerate(answer["recommendations"], 1):
        console.print(f"  {place}. {item['title']}  ({item['score']:.2f})", markup=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="From ratings to an endpoint that recommends titles."
    )
    parser.add_argument(
        "--ratings", type=Path, metavar="FILE", help="user_id,book_id,rating (or RecBole .inter)"
    )
    parser.add_argument("--items", type=Path, metavar="FILE", help="book_id,...,title,...")
    parser.add_argument("--relative-to", type=Path, default=Path(), help=argparse.SUPPRESS)
    parser.add_argument("--user", metavar="ID", help="whom to recommend to (default: 1)")
    parser.add_argument("--role-arn", default=ROLE_ARN, help="default: the emulator's own role")
    parser.add_argument("--bucket", default=f"sagemaker-{REGION}-{ACCOUNT_ID}")
    return parser


def _data(arguments: argparse.Namespace) -> Data:
    files = [path for path in (arguments.ratings, arguments.items) if path is not None]
    given = [arguments.relative_to / path for path in files]
    if not given:
        return movielens()
    if len(given) == 1:
        sys.exit("scripts/demo: --ratings and --items go together: give both, or none.")
    missing = [str(path) for path in given if not path.is_file()]
    if missing:
        sys.exit(f"scripts/demo: no such file: {', '.join(missing)}")
    return Data(arguments.ratings.name, *given)


def _make_bucket(s3: Any, bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
        s3.create_bucket(Bucket=bucket, **({} if REGION == "us-east-1" else place))


def _three(errors: dict[str, Any]) -> list[str]:
    return [f"{errors[name]['value']:.4f}" for name in ("mse", "rmse", "mae")]


def _title(text: str) -> None:
    console.print()
    console.rule(f"[bold]{text}", align="left")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
