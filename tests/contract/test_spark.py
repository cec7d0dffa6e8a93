"""Spark itself: the image, S3 as its file system, and the same rows as polars gives.

Each test starts Spark at most once, which takes most of its time.
"""

import io
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import ROLE_ARN, ROOT, EmulatorProcess
from tests.contract.clusters import CLUSTER, ClusterLab, until
from tests.contract.images import SCIKIT_LEARN, WAIT_SECONDS

SPARK = "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py39-v1"
STEPS = ROOT / "steps/spark_ratings"
CODE = "/opt/ml/processing/input/code"
INPUTS = "/opt/ml/processing/input"
COLUMNS = ["user_id", "book_id", "rating", "title", "user_ind", "book_ind"]
REAL = Path(os.environ.get("SHARED_DATA", ""), "goodbooks")

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None, reason="Java is missing: scripts/install-system-packages java"
)


@dataclass(frozen=True)
class SparkLab:
    """Jobs of both images in one emulator, and a bucket for what goes in and comes out."""

    emulator: EmulatorProcess
    bucket: str
    unique: Callable[[str], str]

    @property
    def s3(self) -> Any:
        return self.emulator.client("s3")

    def put(self, prefix: str, files: dict[str, str | bytes]) -> str:
        for name, content in files.items():
            body = content.encode() if isinstance(content, str) else content
            self.s3.put_object(Bucket=self.bucket, Key=f"{prefix}/{name}", Body=body)
        return f"s3://{self.bucket}/{prefix}"

    def job(
        self, image: str, command: list[str], inputs: dict[str, str], arguments: list[str]
    ) -> tuple[dict[str, Any], str]:
        """Run a processing job to its end; gives it and the prefix of its output."""
        name = self.unique("job")
        self.emulator.client("sagemaker").create_processing_job(
            ProcessingJobName=name,
            RoleArn=ROLE_ARN,
            AppSpecification={
                "ImageUri": image,
                "ContainerEntrypoint": command,
                "ContainerArguments": arguments,
            },
            ProcessingResources={
                "ClusterConfig": {
                    "InstanceType": "ml.m5.xlarge",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 1,
                }
            },
            ProcessingInputs=[
                {
                    "InputName": channel,
                    "S3Input": {
                        "S3Uri": uri,
                        "LocalPath": f"{INPUTS}/{channel}",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
                for channel, uri in inputs.items()
            ],
            ProcessingOutputConfig={
                "Outputs": [
                    {
                        "OutputName": "selected",
                        "S3Output": {
                            "S3Uri": f"s3://{self.bucket}/{name}",
                            "LocalPath": "/opt/ml/processing/output/ratings",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
        )
        return self._ended(name), name

    def _ended(self, name: str) -> dict[str, Any]:
        def look() -> dict[str, Any]:
            sagemaker = self.emulator.client("sagemaker")
            return dict(sagemaker.describe_processing_job(ProcessingJobName=name))

        ends = ("Completed", "Failed", "Stopped")
        return until(look, lambda job: job["ProcessingJobStatus"] in ends, WAIT_SECONDS)

    def rows(self, prefix: str) -> pl.DataFrame:
        """The rows of a folder of parquet, in the order of its files."""
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=f"{prefix}/")["Contents"]
        keys = sorted(found["Key"] for found in listed if found["Key"].endswith(".parquet"))
        bodies = (self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys)
        return pl.concat([pl.read_parquet(io.BytesIO(body)) for body in bodies])

    def by_spark(self, inputs: dict[str, str], *arguments: str) -> tuple[dict[str, Any], str]:
        code = self.put(
            "code/spark", {"prepare_spark.py": (STEPS / "prepare_spark.py").read_text()}
        )
        command = ["smspark-submit", f"{CODE}/prepare_spark.py"]
        return self.job(SPARK, command, {"code": code, **inputs}, list(arguments))

    def by_polars(self, inputs: dict[str, str], *arguments: str) -> tuple[dict[str, Any], str]:
        names = ("prepare_polars.py", "requirements.txt")
        code = self.put("code/polars", {name: (STEPS / name).read_text() for name in names})
        command = ["python3", f"{CODE}/prepare_polars.py"]
        return self.job(SCIKIT_LEARN, command, {"code": code, **inputs}, list(arguments))


@pytest.fixture(scope="module")
def spark_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    running = EmulatorProcess(tmp_path_factory.mktemp("spark") / "data")
    running.start()
    running.client("s3").create_bucket(Bucket="spark-lab")
    yield running
    running.stop()


@pytest.fixture
def lab(spark_emulator: EmulatorProcess, unique: Callable[[str], str]) -> SparkLab:
    return SparkLab(spark_emulator, "spark-lab", unique)


def generated() -> dict[str, str]:
    """Ratings whose ids are in another order as text than as numbers, and titles with quotes."""
    chance = random.Random(0)
    ratings = ["user_id,book_id,rating"]
    for user in range(1, 61):
        for book in range(1, 41):
            if chance.random() < 0.2 + book / 80:
                ratings.append(f"{user},{book},{chance.choice(['1', '2.5', ' 4', '5'])}")
    books = ["book_id,authors,title"]
    books += [f'{book},"A, B","The ""{book}th"" Bööök, {book}"' for book in range(1, 40)]
    return {"ratings": "\n".join(ratings), "items": "\n".join(books)}


def test_spark_in_a_processing_job_and_on_emr_and_polars_give_the_same_rows(lab: SparkLab) -> None:
    inputs = {
        channel: lab.put(f"generated/{channel}", {f"{channel}.csv": text})
        for channel, text in generated().items()
    }
    thresholds = ("--min-user-ratings", "14", "--min-book-ratings", "20")

    of_polars, polars_prefix = lab.by_polars(inputs, *thresholds)
    of_spark, spark_prefix = lab.by_spark(inputs, *thresholds)
    step, emr_prefix = on_emr(lab, inputs, *thresholds)

    assert of_polars["ProcessingJobStatus"] == "Completed", of_polars
    assert of_spark["ProcessingJobStatus"] == "Completed", of_spark
    assert step["Status"]["State"] == "COMPLETED", step
    expected = lab.rows(polars_prefix)
    assert expected.columns == COLUMNS
    assert 100 < len(expected) < len(generated()["ratings"].splitlines())
    assert expected["title"][0].startswith('The "')
    # As text 10 comes before 2, and 40 has no title.
    books = expected.unique("book_ind").sort("book_ind")["book_id"].to_list()
    assert books == sorted(books)
    assert "40" not in books
    assert lab.rows(spark_prefix).equals(expected)
    assert lab.rows(emr_prefix).equals(expected)
    # What a job is to read must not have the empty object that stands for a folder.
    listed = lab.s3.list_objects_v2(Bucket=lab.bucket, Prefix=f"{emr_prefix}/")["Contents"]
    assert not [found["Key"] for found in listed if found["Key"].endswith("/")]
    assert not [found["Key"] for found in listed if "_temporary" in found["Key"]]


def on_emr(lab: SparkLab, inputs: dict[str, str], *arguments: str) -> tuple[dict[str, Any], str]:
    """The job as an EMR step, whose program and data are in S3; over an output of before."""
    emr = lab.emulator.client("emr")
    prefix = lab.unique("emr")
    lab.put(prefix, {"part-00000-of-before.parquet": b"old"})
    script = lab.put("code/emr", {"prepare_spark.py": (STEPS / "prepare_spark.py").read_text()})
    submit = ["spark-submit", "--deploy-mode", "cluster", "--conf", "spark.executor.cores=4"]
    own = ["--ratings", inputs["ratings"], "--items", inputs["items"].replace("s3:", "s3a:")]
    words = [*submit, f"{script}/prepare_spark.py", *arguments, *own]
    jar = {"Jar": "command-runner.jar", "Args": [*words, "--output", f"s3://{lab.bucket}/{prefix}"]}
    made = emr.run_job_flow(
        Name="parity", Steps=[{"Name": "prepare", "HadoopJarStep": jar}], **CLUSTER
    )
    (step,) = emr.list_steps(ClusterId=made["JobFlowId"])["Steps"]
    clusters = ClusterLab(lab.emulator, lab.bucket, lab.unique)
    return clusters.step_ended(made["JobFlowId"], step["Id"], WAIT_SECONDS), prefix


@pytest.mark.skipif(
    not (REAL / "ratings_2672_users.csv").is_file(),
    reason="real ratings are missing: SHARED_DATA with goodbooks/ratings_2672_users.csv",
)
def test_spark_and_polars_give_the_same_rows_of_real_ratings(lab: SparkLab) -> None:
    inputs = {
        channel: lab.put(f"real/{channel}", {file: (REAL / file).read_bytes()})
        for channel, file in (("ratings", "ratings_2672_users.csv"), ("items", "books.csv"))
    }
    thresholds = ("--min-user-ratings", "60", "--min-book-ratings", "150")

    of_polars, polars_prefix = lab.by_polars(inputs, *thresholds)
    of_spark, spark_prefix = lab.by_spark(inputs, *thresholds)

    assert of_polars["ProcessingJobStatus"] == "Completed", of_polars
    assert of_spark["ProcessingJobStatus"] == "Completed", of_spark
    expected = lab.rows(polars_prefix)
    assert len(expected) > 50_000
    assert lab.rows(spark_prefix).equals(expected)


OK_ITEMS = "book_id,title\n1,One\n2,Two\n"
FAULTS = {
    "wrong columns": ("user,book,stars\n1,1,5\n", OK_ITEMS, "expected user_id"),
    "no title": ("user_id,book_id,rating\n1,1,5\n", "book_id,name\n1,One\n", "title"),
    "no rows": ("user_id,book_id,rating\n", OK_ITEMS, "no rows below the header"),
    "an empty file": ("", OK_ITEMS, "is empty"),
    "NaN and words": (
        "user_id,book_id,rating\n1,1,NaN\n1,2,good\n2,1,\n2,2,4\n",
        OK_ITEMS,
        "3 rows have a rating that is not a finite number",
    ),
    "missing ids": (
        "user_id,book_id,rating\n,1,4\n1,,4\n1,2,4\n",
        OK_ITEMS,
        "1 rows have no user_id | ratings: 1 rows have no book_id",
    ),
    "duplicates": (
        "user_id,book_id,rating\n1,1,4\n1,1,5\n2,1,4\n2,1,4\n2,1,3\n",
        OK_ITEMS,
        "3 rows rate an item that the same user rated before, such as user 1 and item 1",
    ),
    "an item twice": (
        "user_id,book_id,rating\n1,1,4\n",
        "book_id,title\n1,One\n1,Uno\n",
        "1 ids are given twice, such as 1",
    ),
    "thresholds": (
        "user_id,book_id,rating\n1,1,4\n1,2,5\n2,1,3\n",
        OK_ITEMS,
        "leave none of 3 ratings: no user has more than 2, no item more than 2",
    ),
    "a threshold below one": (OK_ITEMS, OK_ITEMS, "got '0', expected a whole number of at least 1"),
    "a header that is not UTF-8": (
        "user_id,book_id,rating,größe\n1,1,4,1\n".encode("latin-1"),
        OK_ITEMS,
        "ratings.csv line 1: not UTF-8",
    ),
    "other items": ("user_id,book_id,rating\n7,7,4\n", OK_ITEMS, "none of the ids"),
}
# Runs the job once for each fault, in one process, and keeps what the messages say.
ALL_FAULTS = """
import importlib, json, pathlib, sys
sys.path.insert(0, "/opt/ml/processing/input/code")
prepare = importlib.import_module(sys.argv[1])
root, said = pathlib.Path("/opt/ml/processing/input/faults"), {}
for folder in sorted(path for path in root.iterdir() if path.is_dir()):
    message = pathlib.Path("/opt/ml/output") / folder.name
    least = {"thresholds": "3", "a threshold below one": "0"}.get(folder.name, "1")
    code = prepare.main([
        "--min-user-ratings", least, "--min-book-ratings", "1",
        "--ratings", str(folder / "ratings.csv"), "--items", str(folder / "items.csv"),
        "--output", "/opt/ml/processing/output/none", "--message-file", str(message),
    ])
    said[folder.name] = [code, message.read_text()]
output = pathlib.Path("/opt/ml/processing/output/ratings/said.json")
output.parent.mkdir(parents=True, exist_ok=True)
output.write_text(json.dumps(said))
"""


def test_bad_input_has_one_clear_message_the_same_of_both(lab: SparkLab) -> None:
    files: dict[str, str | bytes] = {}
    for name, (ratings, items, _) in FAULTS.items():
        files |= {f"{name}/ratings.csv": ratings, f"{name}/items.csv": items}
    scripts = {path.name: path.read_text() for path in STEPS.glob("*.*")}
    code = lab.put("code/faults", {**scripts, "all_faults.py": ALL_FAULTS})
    inputs = {"code": code, "faults": lab.put("faults", files)}
    submit = ["smspark-submit", f"{CODE}/all_faults.py"]
    python = ["python3", f"{CODE}/all_faults.py"]

    of_spark, spark_prefix = lab.job(SPARK, submit, inputs, ["prepare_spark"])
    of_polars, polars_prefix = lab.job(SCIKIT_LEARN, python, inputs, ["prepare_polars"])

    assert of_spark["ProcessingJobStatus"] == "Completed", of_spark
    assert of_polars["ProcessingJobStatus"] == "Completed", of_polars
    said = [said_by(lab, prefix) for prefix in (spark_prefix, polars_prefix)]
    for name, (_, _, expected) in FAULTS.items():
        code, message = said[0][name]
        assert code == 1
        assert message.startswith("bad input: ")
        assert expected in message
        assert said[1][name] == said[0][name]


def said_by(lab: SparkLab, prefix: str) -> dict[str, tuple[int, str]]:
    answer = lab.s3.get_object(Bucket=lab.bucket, Key=f"{prefix}/said.json")
    said: dict[str, tuple[int, str]] = json.loads(answer["Body"].read())
    return said


def test_a_program_that_is_not_there_fails_the_job_with_smspark_submits_words(
    lab: SparkLab,
) -> None:
    code = lab.put("code/none", {"a.py": "pass"})
    command = ["smspark-submit", "--py-files", f"{CODE}/none", f"{CODE}/a.py"]

    job, _ = lab.job(SPARK, command, {"code": code}, ["argument"])

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].endswith("exit code: 2")
