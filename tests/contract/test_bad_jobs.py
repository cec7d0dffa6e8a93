"""Scripts, archives and data that go wrong within jobs: the reason says so, and nothing is left."""

import io
import sysconfig
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.conftest import PipelineLab
from tests.contract.images import archive, toolkit
from tests.contract.jobs import (
    RESOURCES,
    TERMINAL,
    JobLab,
    TrainingLab,
    TransformLab,
    own_image,
    processes_with,
    source,
)
from tests.contract.model_images import add_recipe, create_model

Client = Callable[[str], Any]
Unique = Callable[[str], str]
STEPS = Path(__file__).resolve().parents[2] / "steps" / "book_ratings"


class Jobs(JobLab):
    """Processing jobs that run a command of this machine, and their traces on the disk."""

    noun = "ProcessingJob"

    def request(self, name: str, *command: str, inputs: Any = (), **members: Any) -> dict[str, Any]:
        output = {"S3Uri": f"s3://{self.bucket}/{name}", "S3UploadMode": "EndOfJob"}
        output["LocalPath"] = "/opt/ml/processing/output"
        return {
            "ProcessingJobName": name,
            "RoleArn": ROLE_ARN,
            "ProcessingResources": {"ClusterConfig": dict(RESOURCES)},
            "AppSpecification": {
                "ImageUri": own_image(self.emulator, "plain-python"),
                "ContainerEntrypoint": list(command),
            },
            "ProcessingInputs": [
                source(folder, f"s3://{self.bucket}/{prefix}", f"/opt/ml/processing/input/{folder}")
                for folder, prefix in inputs
            ],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": output}]},
            **members,
        }

    def log(self, name: str) -> Path:
        folder = self.emulator.data_dir / "logs/aws/sagemaker/ProcessingJobs" / name
        (found,) = folder.glob("*.log")
        return found

    def directories(self) -> list[Path]:
        return list((self.emulator.data_dir / "jobs" / "processing").iterdir())


@pytest.fixture
def jobs(emulator: EmulatorProcess, bucket: str) -> Jobs:
    return Jobs(emulator, bucket)


@pytest.fixture
def trainings(emulator: EmulatorProcess, bucket: str) -> TrainingLab:
    return TrainingLab(emulator, bucket)


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
        jobs.put(f"code/{path.name}", path.read_bytes())
    own_packages = [sysconfig.get_path("purelib")]
    image = own_image(jobs.emulator, "python-with-our-packages", path=own_packages)
    command = ["python3", "/opt/ml/processing/input/code/prepare.py"]
    started = {}
    for kind, (content, _) in BAD_RATINGS.items():
        jobs.put(f"data/{kind}/ratings.csv", content.encode())
        started[kind] = jobs.start(
            unique(kind),
            inputs=[("code", "code/"), ("ratings", f"data/{kind}/")],
            AppSpecification={"ImageUri": image, "ContainerEntrypoint": command},
        )

    for kind, (_, message) in BAD_RATINGS.items():
        job = jobs.finished(started[kind])
        assert job["ProcessingJobStatus"] == "Failed"
        assert job["ExitMessage"].startswith(f"bad input: {message}")
        assert job["FailureReason"] == f"AlgorithmError: {job['ExitMessage']}, exit code: 1"
        assert jobs.keys(f"{started[kind]}/") == []


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
    while jobs.describe(name)["ProcessingJobStatus"] not in TERMINAL:
        answered += 1

    log = jobs.log(name)
    lines = log.read_bytes().splitlines()
    assert answered > 10
    assert jobs.finished(name)["ProcessingJobStatus"] == "Completed"
    assert peak_megabytes(status) - before < 32
    assert log.stat().st_size < 20_000_000
    # Behind what the emulator says of isolation and, on a machine's first run, of the environment.
    assert any(line.endswith(b"\tfirst") for line in lines[:5])
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
    jobs.put("leak/leak.py", LEAK.encode())

    name = jobs.start(
        unique("leak"),
        *("python3", "/opt/ml/processing/input/code/leak.py", mark),
        inputs=[("code", "leak/")],
    )
    job = jobs.finished(name)

    assert job["FailureReason"] == "AlgorithmError: ValueError: left two behind, exit code: 1"
    assert processes_with(mark) == []
    assert not [path for path in jobs.directories() if path.name == name]


def test_what_no_process_can_be_given_is_the_callers_fault(jobs: Jobs, unique: Unique) -> None:
    job = jobs.run(unique("null"), "python3", "-c", "pass", "a\0b")

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == (
        "ClientError: No process can be given a null character (U+0000): it is in argument 3 of "
        "the command."
    )


def test_the_longest_time_that_can_be_asked_for_is_waited(
    trainings: TrainingLab, unique: Unique
) -> None:
    longest = {"MaxRuntimeInSeconds": 2**31 - 1, "MaxWaitTimeInSeconds": 2**53}

    job = trainings.run(
        unique("patient"), "pass", StoppingCondition=longest, EnableManagedSpotTraining=True
    )

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
    emulator: EmulatorProcess, bucket: str, client: Client, unique: Unique
) -> None:
    add_recipe(emulator)
    name = unique("hostile")
    jobs = TransformLab(emulator, bucket, name)
    jobs.put("model.tar.gz", hostile_archive())
    jobs.put("in/a.csv", b"1\n")
    create_model(client, name, ModelDataUrl=f"s3://{bucket}/model.tar.gz")

    job = jobs.run(name)

    assert job["TransformJobStatus"] == "Failed"
    for entry in ("../up.txt", "/root.txt", "soft", "hard"):
        assert f"'{entry}'" in job["FailureReason"]
    assert jobs.keys(f"{name}/") == []
    assert not list(emulator.data_dir.rglob("up.txt"))


def test_requirements_that_cannot_be_installed_fail_the_job_in_uvs_words(
    trainings: TrainingLab, unique: Unique
) -> None:
    name, source = unique("requirements"), f"s3://{trainings.bucket}/source.tar.gz"
    files = {"train.py": "pass\n", "requirements.txt": "made-up @ file:///does/not/exist\n"}
    trainings.put("source.tar.gz", archive(files))

    job = trainings.run(name, "pass", HyperParameters=toolkit("train.py", source))

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert "does/not/exist" in job["FailureReason"]
    assert trainings.keys(f"{name}/") == []


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
