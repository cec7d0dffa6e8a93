"""Scripts, archives and data that go wrong within jobs: the reason says so, and nothing is left."""

import io
import json
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.conftest import IMAGE_URI, PipelineLab
from tests.contract.model_images import IMAGE, add_recipe

Client = Callable[[str], Any]
Unique = Callable[[str], str]
STEPS = Path(__file__).resolve().parents[2] / "steps" / "book_ratings"
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
TERMINAL = ("Completed", "Failed", "Stopped")
WAIT_SECONDS = 60


def finished(describe: Callable[[], dict[str, Any]], status: str) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        job = describe()
        if job[status] in TERMINAL:
            return job
        time.sleep(0.02)
    raise AssertionError(f"not ended in {WAIT_SECONDS} s: {job}")


def error_of(call: Callable[..., Any], **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


class Jobs:
    """Processing jobs of this machine's Python, and their traces on the disk."""

    def __init__(self, emulator: EmulatorProcess, lab: PipelineLab) -> None:
        self.emulator = emulator
        self.lab = lab

    def start(self, name: str, *command: str, inputs: Any = (), **members: Any) -> str:
        output = {"S3Uri": f"s3://{self.lab.bucket}/{name}", "S3UploadMode": "EndOfJob"}
        output["LocalPath"] = "/opt/ml/processing/output"
        self.lab.sagemaker.create_processing_job(
            ProcessingJobName=name,
            RoleArn=ROLE_ARN,
            ProcessingResources={"ClusterConfig": CLUSTER},
            AppSpecification={"ImageUri": IMAGE_URI, "ContainerEntrypoint": list(command)},
            ProcessingInputs=[self._input(folder, prefix) for folder, prefix in inputs],
            ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": output}]},
            **members,
        )
        return name

    def _input(self, folder: str, prefix: str) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3InputMode": "File"}
        source["S3Uri"] = f"s3://{self.lab.bucket}/{prefix}"
        source["LocalPath"] = f"/opt/ml/processing/input/{folder}"
        return {"InputName": folder, "S3Input": source}

    def ended(self, name: str) -> dict[str, Any]:
        describe = self.lab.sagemaker.describe_processing_job
        return finished(lambda: describe(ProcessingJobName=name), "ProcessingJobStatus")

    def outputs(self, name: str) -> list[str]:
        listing = self.lab.s3.list_objects_v2(Bucket=self.lab.bucket, Prefix=f"{name}/")
        return [item["Key"] for item in listing.get("Contents", [])]

    def log(self, name: str) -> Path:
        folder = self.emulator.data_dir / "logs/aws/sagemaker/ProcessingJobs" / name
        (found,) = folder.glob("*.log")
        return found

    def directories(self) -> list[Path]:
        return list((self.emulator.data_dir / "jobs" / "processing").iterdir())


@pytest.fixture
def jobs(emulator: EmulatorProcess, lab: PipelineLab) -> Jobs:
    return Jobs(emulator, lab)


HEADER = "user_id,book_id,rating\n"
PAIRS = [(user, book) for user in range(10) for book in range(10)]
RATINGS = HEADER + "".join(f"{user},{book},{(user * book) % 5 + 1}\n" for user, book in PAIRS)
BAD_RATINGS = {
    "columns": (
        "reader,book,stars\n1,2,3\n",
        "ratings.csv line 1: got columns reader, book, stars; expected user_id",
    ),
    "text": (
        RATINGS + "99,1,good\n",
        "ratings.csv column rating: 1 rows are not finite numbers, lines 102: got 'good'",
    ),
    "empty": ("", "ratings.csv: the file is empty, expected a header and rows"),
    "twice": (
        RATINGS + "3,4,5\n",
        "1 rows rate an item that the same user rated before: ratings.csv line 102 "
        "(user 3, item 4); expected one rating for each user and item",
    ),
    "one-user": (
        HEADER + "".join(f"1,{book},{book % 5}\n" for book in range(60)),
        "ratings: got 1 users, expected at least 2",
    ),
}


def test_bad_ratings_fail_the_prepare_step_with_its_own_words(jobs: Jobs, unique: Unique) -> None:
    for path in STEPS.glob("*.py"):
        jobs.lab.s3.put_object(
            Bucket=jobs.lab.bucket, Key=f"code/{path.name}", Body=path.read_bytes()
        )
    started = {}
    for kind, (content, _) in BAD_RATINGS.items():
        jobs.lab.s3.put_object(
            Bucket=jobs.lab.bucket, Key=f"data/{kind}/ratings.csv", Body=content.encode()
        )
        started[kind] = jobs.start(
            unique(kind),
            *(sys.executable, "/opt/ml/processing/input/code/prepare.py"),
            inputs=[("code", "code/"), ("ratings", f"data/{kind}/")],
        )

    for kind, (_, message) in BAD_RATINGS.items():
        job = jobs.ended(started[kind])
        assert job["ProcessingJobStatus"] == "Failed"
        assert job["ExitMessage"].startswith(f"bad input: {message}")
        assert job["FailureReason"] == f"AlgorithmError: {job['ExitMessage']}, exit code: 1"
        assert jobs.outputs(started[kind]) == []


FLOOD = (
    "import os; line = b'epoch 1 loss=0.123456789 and so on to the end of an ordinary line\\n'; "
    "chunk = line * 15000; os.write(2, b'first\\n'); "
    "[os.write(1, chunk) for _ in range(48)]; print('last')"
)


def test_a_flood_of_output_is_bounded_in_memory_and_on_disk(jobs: Jobs, unique: Unique) -> None:
    """48 MB where 12 are kept; a gigabyte is the same, only longer."""
    assert jobs.emulator.process is not None
    status = Path(f"/proc/{jobs.emulator.process.pid}/status")
    before = peak_megabytes(status)

    name = jobs.start(unique("flood"), "python3", "-c", FLOOD)
    answered = 0
    while jobs.lab.sagemaker.describe_processing_job(ProcessingJobName=name)[
        "ProcessingJobStatus"
    ] not in ("Completed", "Failed"):
        answered += 1

    log = jobs.log(name)
    lines = log.read_bytes().splitlines()
    assert answered > 10
    assert jobs.ended(name)["ProcessingJobStatus"] == "Completed"
    assert peak_megabytes(status) - before < 32
    assert log.stat().st_size < 20_000_000
    assert lines[1].endswith(b"\tfirst")
    assert lines[-1].endswith(b"\tlast")
    assert len([line for line in lines if b"bytes) dropped here; the first" in line]) == 1


def peak_megabytes(status: Path) -> float:
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


LEAK = """
import os, signal, sys, time
mark = sys.argv[1]
for _ in range(2):
    if os.fork() == 0:
        os.setsid()  # out of the job's process group
        if os.fork():
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.execvp("sleep", ["sleep", mark])
time.sleep(0.05)
raise ValueError("left two behind")
"""


def test_daemons_that_a_failed_script_leaves_are_gone(jobs: Jobs, unique: Unique) -> None:
    mark = str(3_000_000 + time.monotonic_ns() % 1_000_000)
    jobs.lab.s3.put_object(Bucket=jobs.lab.bucket, Key="leak/leak.py", Body=LEAK.encode())

    name = jobs.start(
        unique("leak"),
        *("python3", "/opt/ml/processing/input/code/leak.py", mark),
        inputs=[("code", "leak/")],
    )
    job = jobs.ended(name)

    assert job["FailureReason"] == "AlgorithmError: ValueError: left two behind, exit code: 1"
    assert processes_with(mark) == []
    assert not [path for path in jobs.directories() if path.name == name]


def processes_with(argument: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile
            continue
        if argument.encode() in words and b"sleep" in words:
            found.append(str(path))
    return found


def test_what_no_process_can_be_given_is_the_callers_fault(jobs: Jobs, unique: Unique) -> None:
    job = jobs.ended(jobs.start(unique("null"), "python3", "-c", "pass", "a\0b"))

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == (
        "ClientError: No process can be given a null character (U+0000): it is in argument 3 of "
        "the command."
    )


def test_the_longest_time_that_can_be_asked_for_is_waited(jobs: Jobs, unique: Unique) -> None:
    algorithm = {"TrainingImage": IMAGE_URI, "TrainingInputMode": "File"}
    name = unique("patient")
    jobs.lab.sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE_ARN,
        AlgorithmSpecification={**algorithm, "ContainerEntrypoint": ["true"]},
        OutputDataConfig={"S3OutputPath": f"s3://{jobs.lab.bucket}/out"},
        ResourceConfig=CLUSTER,
        StoppingCondition={"MaxRuntimeInSeconds": 2**31 - 1, "MaxWaitTimeInSeconds": 2**53},
    )
    describe = jobs.lab.sagemaker.describe_training_job

    job = finished(lambda: describe(TrainingJobName=name), "TrainingJobStatus")
    assert job["TrainingJobStatus"] == "Completed"


def hostile_archive() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name in ("../up.txt", "/root.txt"):
            tar.addfile(tarfile.TarInfo(name))
        for name, kind in (("soft", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE)):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, "../../etc/passwd"
            tar.addfile(link)
    return content.getvalue()


def test_a_hostile_model_archive_fails_the_transform_job(
    jobs: Jobs, client: Client, unique: Unique
) -> None:
    add_recipe(jobs.emulator)
    lab, name = jobs.lab, unique("hostile")
    lab.s3.put_object(Bucket=lab.bucket, Key="model.tar.gz", Body=hostile_archive())
    lab.s3.put_object(Bucket=lab.bucket, Key="in/a.csv", Body=b"1\n")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{lab.bucket}/model.tar.gz"}
    lab.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=ROLE_ARN, PrimaryContainer=container
    )
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{lab.bucket}/in/"}
    lab.sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={"DataSource": {"S3DataSource": source}},
        TransformOutput={"S3OutputPath": f"s3://{lab.bucket}/{name}"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )

    describe = lab.sagemaker.describe_transform_job
    job = finished(lambda: describe(TransformJobName=name), "TransformJobStatus")

    assert job["TransformJobStatus"] == "Failed"
    for entry in ("../up.txt", "/root.txt", "soft", "hard"):
        assert f"'{entry}'" in job["FailureReason"]
    assert jobs.outputs(name) == []
    assert not list(jobs.emulator.data_dir.rglob("up.txt"))


def test_requirements_that_cannot_be_installed_fail_the_job_in_uvs_words(
    jobs: Jobs, unique: Unique
) -> None:
    lab, name = jobs.lab, unique("requirements")
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for file, text in (
            ("train.py", b"pass\n"),
            ("requirements.txt", b"made-up @ file:///does/not/exist\n"),
        ):
            member = tarfile.TarInfo(file)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    lab.s3.put_object(Bucket=lab.bucket, Key="source.tar.gz", Body=content.getvalue())
    source = f"s3://{lab.bucket}/source.tar.gz"
    algorithm = {"TrainingImage": IMAGE_URI, "TrainingInputMode": "File"}
    lab.sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE_ARN,
        AlgorithmSpecification={**algorithm, "ContainerEntrypoint": ["true"]},
        HyperParameters={
            "sagemaker_submit_directory": json.dumps(source),
            "sagemaker_program": json.dumps("train.py"),
        },
        OutputDataConfig={"S3OutputPath": f"s3://{lab.bucket}/{name}"},
        ResourceConfig=CLUSTER,
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )

    describe = lab.sagemaker.describe_training_job
    job = finished(lambda: describe(TrainingJobName=name), "TrainingJobStatus")

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert "does/not/exist" in job["FailureReason"]
    assert jobs.outputs(name) == []


def test_a_step_whose_job_is_refused_ends_the_execution_with_all_faults(lab: PipelineLab) -> None:
    step = lab.processing("Bad", arguments={"RoleArn": {"Get": "Parameters.Role"}})
    step["Arguments"]["AppSpecification"]["ImageUri"] = {"Get": "Parameters.Image"}
    role = "arn:aws:iam::123456789012:role/no-such-role"
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/no-such-image:1"
    parameters = [
        {"Name": "Role", "DefaultValue": role},
        {"Name": "Image", "DefaultValue": image},
    ]

    execution = lab.run(lab.create(step, Parameters=parameters))

    assert execution["PipelineExecutionStatus"] == "Failed"
    reason = lab.steps(execution["PipelineExecutionArn"])["Bad"]["FailureReason"]
    assert reason.startswith("ClientError: ")
    assert role in reason
    assert image in reason
    listed = lab.sagemaker.list_processing_jobs(NameContains="Bad")["ProcessingJobSummaries"]
    arn = execution["PipelineExecutionArn"].rpartition("/")[2]
    assert not [job for job in listed if arn in job["ProcessingJobName"]]
