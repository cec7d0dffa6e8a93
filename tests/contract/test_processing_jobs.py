"""Processing jobs, through boto3 against a running emulator."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import EmulatorProcess
from tests.contract.jobs import REGISTRY, WAIT_SECONDS, ProcessingLab, error_of, source

Unique = Callable[[str], str]


@pytest.fixture
def lab(emulator: EmulatorProcess, bucket: str) -> ProcessingLab:
    return ProcessingLab(emulator, bucket)


def test_a_job_reads_its_inputs_and_its_outputs_are_uploaded(
    lab: ProcessingLab, unique: Unique
) -> None:
    lab.s3.put_object(Bucket=lab.bucket, Key="raw/a.csv", Body=b"1,2\n")
    lab.s3.put_object(Bucket=lab.bucket, Key="raw/deep/b.csv", Body=b"3,4\n")
    lab.s3.put_object(Bucket=lab.bucket, Key="rawness/c.csv", Body=b"not below the prefix")
    code = (
        "import pathlib\n"
        "source = pathlib.Path('/opt/ml/processing/input/raw')\n"
        "names = sorted(str(p.relative_to(source)) for p in source.rglob('*') if p.is_file())\n"
        "out = pathlib.Path('/opt/ml/processing/output'); (out / 'deep').mkdir()\n"
        "(out / 'names').write_text(' '.join(names))\n"
        "(out / 'deep' / 'copy').write_bytes((source / 'deep/b.csv').read_bytes())\n"
    )
    job = lab.run(
        unique("job"),
        code,
        ProcessingInputs=[source("raw", f"s3://{lab.bucket}/raw/", "/opt/ml/processing/input/raw")],
        ProcessingOutputConfig=lab.outputs("clean", "/opt/ml/processing/output"),
    )
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert lab.keys("clean") == ["clean/deep/copy", "clean/names"]
    assert lab.read("clean/names") == b"a.csv deep/b.csv"
    assert lab.read("clean/deep/copy") == b"3,4\n"
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("data", "one.csv"),
        ("data/", "one.csv"),
        ("data/one.csv", "one.csv"),
        ("da", "data/one.csv"),
    ],
)
def test_a_prefix_is_stripped_as_s3_folders_are(
    lab: ProcessingLab, unique: Unique, prefix: str, expected: str
) -> None:
    lab.s3.put_object(Bucket=lab.bucket, Key="data/one.csv", Body=b"1")
    job = lab.run(
        unique("job"),
        f"open('/opt/ml/processing/in/{expected}')",
        ProcessingInputs=[source("in", f"s3://{lab.bucket}/{prefix}", "/opt/ml/processing/in")],
    )
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")


def test_a_manifest_names_the_files_of_an_input(lab: ProcessingLab, unique: Unique) -> None:
    for key in ("data/a", "data/b/c", "data/unnamed"):
        lab.s3.put_object(Bucket=lab.bucket, Key=key, Body=b"1")
    manifest = [{"prefix": f"s3://{lab.bucket}/data/"}, "a", "b/c"]
    lab.s3.put_object(Bucket=lab.bucket, Key="list.json", Body=json.dumps(manifest).encode())
    uri, path = f"s3://{lab.bucket}/list.json", "/opt/ml/processing/in"
    code = (
        "import os; found = sorted(os.listdir('/opt/ml/processing/in'))\n"
        "assert found == ['a', 'b'], found\n"
        "assert os.listdir('/opt/ml/processing/in/b') == ['c']"
    )
    job = lab.run(
        unique("job"),
        code,
        ProcessingInputs=[source("in", uri, path, S3DataType="ManifestFile")],
    )
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b"not json", "is not valid"),
        (b'["s3://b/"]', "is not valid"),
        (b'[{"prefix": "s3://BUCKET/data/"}, "missing"]', "does not exist"),
        (b'[{"prefix": "s3://BUCKET/data/"}, "../data/a"]', "does not exist"),
    ],
)
def test_a_manifest_with_faults_fails_the_job(
    lab: ProcessingLab, unique: Unique, manifest: bytes, words: str
) -> None:
    lab.s3.put_object(Bucket=lab.bucket, Key="data/a", Body=b"1")
    content = manifest.replace(b"BUCKET", lab.bucket.encode())
    lab.s3.put_object(Bucket=lab.bucket, Key="list.json", Body=content)
    uri, path = f"s3://{lab.bucket}/list.json", "/opt/ml/processing/in"
    job = lab.run(
        unique("job"),
        "pass",
        ProcessingInputs=[source("in", uri, path, S3DataType="ManifestFile")],
    )
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert words in job["FailureReason"]


def test_a_key_that_leads_out_of_the_input_folder_fails_the_job(
    lab: ProcessingLab, unique: Unique
) -> None:
    lab.s3.put_object(Bucket=lab.bucket, Key="data/../../../out", Body=b"1")
    job = lab.run(
        unique("job"),
        "pass",
        ProcessingInputs=[source("in", f"s3://{lab.bucket}/data/", "/opt/ml/processing/in")],
    )
    assert job["ProcessingJobStatus"] == "Failed"
    assert "leads out of the input folder" in job["FailureReason"]


def test_a_job_that_writes_into_its_input_leaves_the_object_as_it_was(
    lab: ProcessingLab, unique: Unique
) -> None:
    lab.s3.put_object(Bucket=lab.bucket, Key="in/a", Body=b"original")
    lab.run(
        unique("job"),
        "open('/opt/ml/processing/in/a', 'r+').write('changed!')",
        ProcessingInputs=[source("in", f"s3://{lab.bucket}/in/", "/opt/ml/processing/in")],
    )
    assert lab.read("in/a") == b"original"


def test_an_output_below_an_input_is_uploaded(lab: ProcessingLab, unique: Unique) -> None:
    lab.s3.put_object(Bucket=lab.bucket, Key="in/a", Body=b"1")
    job = lab.run(
        unique("job"),
        "open('/opt/ml/processing/all/out/b', 'w').write('2')",
        ProcessingInputs=[source("in", f"s3://{lab.bucket}/in/", "/opt/ml/processing/all")],
        ProcessingOutputConfig=lab.outputs("out", "/opt/ml/processing/all/out"),
    )
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert lab.keys("out") == ["out/b"]


def test_the_container_finds_its_configuration_arguments_and_environment(
    lab: ProcessingLab, unique: Unique
) -> None:
    name = unique("job")
    code = (
        "import json, os, sys\n"
        "config = json.load(open('/opt/ml/config/processingjobconfig.json'))\n"
        f"assert config['ProcessingJobName'] == '{name}', config\n"
        "assert config['ProcessingJobArn'].startswith('arn:aws:sagemaker:'), config\n"
        "resources = json.load(open('/opt/ml/config/resourceconfig.json'))\n"
        "assert resources['current_host'] == 'algo-1', resources\n"
        "assert resources['hosts'] == ['algo-1'], resources\n"
        "assert os.environ['STAGE'] == 'blue'\n"
        "assert sys.argv[1:] == ['--rows', '3 or; more'], sys.argv\n"
        "assert os.environ['AWS_ENDPOINT_URL'].startswith('http://127.0.0.1:')\n"
    )
    members = lab.request(name, code, Environment={"STAGE": "blue"})
    members["AppSpecification"]["ContainerArguments"] = ["--rows", "3 or; more"]
    job = lab.finished(lab.create(members))
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")


def test_the_message_file_becomes_the_exit_message_up_to_a_kilobyte(
    lab: ProcessingLab, unique: Unique
) -> None:
    job = lab.run(unique("job"), "open('/opt/ml/output/message', 'w').write('m' * 2000)")
    assert job["ExitMessage"] == "m" * 1024


def test_a_script_that_fails_gives_its_exit_code_and_last_words(
    lab: ProcessingLab, unique: Unique
) -> None:
    code = (
        "open('/opt/ml/processing/out/a', 'w')\n"
        "open('/opt/ml/output/message', 'w').write('column missing')\n"
        "raise ValueError('no column user_id')"
    )
    outputs = lab.outputs("out", "/opt/ml/processing/out")
    job = lab.run(unique("job"), code, ProcessingOutputConfig=outputs)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: ValueError: no column user_id, exit code: 1"
    assert job["ExitMessage"] == "column missing"
    assert lab.keys("out") == []


def test_a_script_that_says_nothing_fails_in_awss_words(lab: ProcessingLab, unique: Unique) -> None:
    job = lab.run(unique("job"), "raise SystemExit(3)")
    assert job["FailureReason"] == "AlgorithmError: , exit code: 3"


def test_a_job_over_its_time_is_stopped(lab: ProcessingLab, unique: Unique) -> None:
    code = "import time; time.sleep(60)"
    job = lab.run(unique("job"), code, StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert job["ProcessingJobStatus"] == "Stopped"
    assert "MaxRuntimeInSeconds" in job["FailureReason"]


def test_stop_ends_the_job_and_all_it_started(lab: ProcessingLab, unique: Unique) -> None:
    name = unique("job")
    code = (
        "import subprocess, sys, time\n"
        f"child = 'import time; time.sleep(600)  # of {name}'\n"
        "subprocess.Popen([sys.executable, '-c', child], start_new_session=True)\n"
        "print('ready'); time.sleep(60)"
    )
    lab.start(name, code)
    lab.wait_for_log(name, "ready")
    lab.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert lab.finished(name)["ProcessingJobStatus"] == "Stopped"
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert f"# of {name}" not in listing.stdout


def test_a_job_that_has_ended_cannot_be_stopped(lab: ProcessingLab, unique: Unique) -> None:
    name = unique("job")
    lab.run(name, "pass")
    assert error_of(lab.sagemaker.stop_processing_job, ProcessingJobName=name) == (
        "ValidationException",
        "The request was rejected because the processing job is in status Completed.",
    )


def test_names_are_taken_once(lab: ProcessingLab, unique: Unique) -> None:
    name = unique("job")
    lab.run(name, "pass")
    code, message = error_of(lab.sagemaker.create_processing_job, **lab.request(name, "pass"))
    assert code == "ResourceInUse"
    assert f"processing-job/{name}" in message


def test_a_deleted_job_is_gone_and_its_name_is_free(lab: ProcessingLab, unique: Unique) -> None:
    name = unique("job")
    arn = lab.run(name, "pass", Tags=[{"Key": "team", "Value": "books"}])["ProcessingJobArn"]
    lab.sagemaker.delete_processing_job(ProcessingJobName=name)
    assert lab.sagemaker.list_tags(ResourceArn=arn)["Tags"] == []
    assert error_of(lab.sagemaker.describe_processing_job, ProcessingJobName=name) == (
        "ValidationException",
        f"Could not find requested job with name: {name}",
    )
    assert lab.run(name, "pass")["ProcessingJobStatus"] == "Completed"


def test_jobs_are_listed_newest_first_with_their_ends(lab: ProcessingLab, unique: Unique) -> None:
    stem = unique("list")[:40]
    names = [f"{stem}-{number}" for number in range(3)]
    for name in names:
        lab.run(name, "pass")
    list_jobs = lab.sagemaker.list_processing_jobs
    first = list_jobs(NameContains=stem, MaxResults=2)
    rest = list_jobs(NameContains=stem, MaxResults=2, NextToken=first["NextToken"])
    found = first["ProcessingJobSummaries"] + rest["ProcessingJobSummaries"]
    assert [item["ProcessingJobName"] for item in found] == names[::-1]
    assert all(item["ProcessingEndTime"] >= item["CreationTime"] for item in found)
    assert "NextToken" not in rest
    assert list_jobs(NameContains=stem, StatusEquals="Failed")["ProcessingJobSummaries"] == []


def test_tags_are_kept(lab: ProcessingLab, unique: Unique) -> None:
    name = unique("job")
    tags = [{"Key": "team", "Value": "books"}]
    job = lab.sagemaker.create_processing_job(**lab.request(name, "pass", Tags=tags))
    assert lab.sagemaker.list_tags(ResourceArn=job["ProcessingJobArn"])["Tags"] == tags
    lab.finished(name)


@pytest.mark.parametrize("uri", ["s3://no-such-bucket-here/in", "s3://BUCKET/no/such/prefix"])
def test_an_input_without_objects_fails_the_job(
    lab: ProcessingLab, unique: Unique, uri: str
) -> None:
    uri = uri.replace("BUCKET", lab.bucket)
    job = lab.run(
        unique("job"),
        "pass",
        ProcessingInputs=[source("in", uri, "/opt/ml/processing/in")],
    )
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert f'No S3 objects found under S3 URL "{uri}"' in job["FailureReason"]


def test_a_missing_output_bucket_fails_the_job_before_it_runs(
    lab: ProcessingLab, unique: Unique
) -> None:
    outputs = lab.outputs("out", "/opt/ml/processing/out")
    outputs["Outputs"][0]["S3Output"]["S3Uri"] = "s3://no-such-bucket-here/x"
    job = lab.run(unique("job"), "pass", ProcessingOutputConfig=outputs)
    assert job["FailureReason"].startswith("ClientError: ")
    assert '"no-such-bucket-here" does not exist' in job["FailureReason"]
    assert "ProcessingStartTime" not in job


def test_all_faults_of_a_request_are_answered_at_once(lab: ProcessingLab, unique: Unique) -> None:
    uri = f"s3://{lab.bucket}/a"
    outside = "/opt/ml/processing/../../../etc"
    members = lab.request(
        unique("job"),
        "pass",
        ProcessingInputs=[source("same", uri, "/etc"), source("same", uri, outside)],
        ProcessingOutputConfig=lab.outputs("o", "/var/log"),
    )
    members["RoleArn"] = "arn:aws:iam::123456789012:role/no-such-role"
    members["AppSpecification"]["ImageUri"] = f"{REGISTRY}/no-such-image:1"
    code, message = error_of(lab.sagemaker.create_processing_job, **members)
    assert code == "ValidationException"
    for part in (
        "Could not assume role arn:aws:iam::123456789012:role/no-such-role",
        "no-such-image",
        "Input and output names must be globally unique: [same]",
        'LocalPath "/etc" must begin with /opt/ml/processing/',
        outside,
        'LocalPath "/var/log" is not valid',
    ):
        assert part in message
    name = members["ProcessingJobName"]
    code, _ = error_of(lab.sagemaker.describe_processing_job, ProcessingJobName=name)
    assert code == "ValidationException"


@pytest.mark.parametrize(
    ("member", "value"),
    [("S3InputMode", "Pipe"), ("InstanceCount", 2)],
)
def test_what_is_not_emulated_is_refused_by_name(
    lab: ProcessingLab, unique: Unique, member: str, value: object
) -> None:
    members = lab.request(
        unique("job"),
        "pass",
        ProcessingOutputConfig=lab.outputs("o", "/opt/ml/processing/out"),
    )
    places: list[dict[str, Any]] = [
        members["ProcessingInputs"][0]["S3Input"],
        members["ProcessingResources"]["ClusterConfig"],
    ]
    next(place for place in places if member in place)[member] = value
    code, message = error_of(lab.sagemaker.create_processing_job, **members)
    assert code == "UnsupportedByEmulator"
    assert f"{member} {value}" in message


def test_a_link_out_of_the_container_is_not_uploaded(lab: ProcessingLab, unique: Unique) -> None:
    job = lab.run(
        unique("job"),
        "import os; os.symlink('/etc/passwd', '/opt/ml/processing/out/link')",
        ProcessingOutputConfig=lab.outputs("out", "/opt/ml/processing/out"),
    )
    assert job["ProcessingJobStatus"] == "Failed"
    assert "processing/out/link is a link to /etc/passwd" in job["FailureReason"]
    assert lab.keys("out") == []


def test_a_job_finds_nothing_of_another_in_tmp(lab: ProcessingLab, unique: Unique) -> None:
    """What a job forgot to write must not be taken from one that ran before it."""
    left = unique("left")
    code = f"import pathlib; pathlib.Path('/tmp', {left!r}).touch(exist_ok=False)"
    jobs = [lab.run(unique("job"), code) for _ in range(2)]
    assert [job["ProcessingJobStatus"] for job in jobs] == ["Completed", "Completed"]
    assert not Path("/tmp", left).exists()


@pytest.mark.parametrize("folder", ["/opt/ml/processing/out", "/opt/ml/processing"])
def test_an_output_folder_that_was_replaced_by_a_link_is_not_uploaded(
    lab: ProcessingLab, unique: Unique, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "out").mkdir()
    for precious in (tmp_path / "precious", tmp_path / "out" / "precious"):
        precious.write_text("of the host")
    code = (
        f"import os; os.rename({folder!r}, '/opt/ml/old')\n"
        f"os.symlink({str(tmp_path)!r}, {folder!r})"
    )
    outputs = lab.outputs("out", "/opt/ml/processing/out")
    job = lab.run(unique("job"), code, ProcessingOutputConfig=outputs)
    assert job["ProcessingJobStatus"] == "Failed"
    assert "/opt/ml/processing/out was replaced by a link" in job["FailureReason"]
    assert lab.keys("out") == []
    assert (tmp_path / "precious").read_text() == "of the host"


def test_a_file_name_that_cannot_be_a_key_fails_the_job(lab: ProcessingLab, unique: Unique) -> None:
    code = "open(b'/opt/ml/processing/out/\\xff', 'w')"
    outputs = lab.outputs("out", "/opt/ml/processing/out")
    job = lab.run(unique("job"), code, ProcessingOutputConfig=outputs)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert "is not UTF-8" in job["FailureReason"]


def test_a_continuous_output_is_uploaded_while_the_job_runs_and_whatever_its_end(
    lab: ProcessingLab, unique: Unique
) -> None:
    code = (
        "import pathlib, time; out = pathlib.Path('/opt/ml/processing/out')\n"
        "(out / 'first').write_text('1'); (out / 'second').write_text('2')\n"
        "time.sleep(60)"
    )
    name, outputs = unique("job"), lab.outputs("out", "/opt/ml/processing/out")
    outputs["Outputs"][0]["S3Output"]["S3UploadMode"] = "Continuous"
    lab.start(name, code, ProcessingOutputConfig=outputs)
    deadline = time.monotonic() + WAIT_SECONDS
    while lab.keys("out") != ["out/first", "out/second"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    job = lab.describe(name)
    assert job["ProcessingJobStatus"] == "InProgress"
    lab.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert lab.finished(name)["ProcessingJobStatus"] == "Stopped"


def test_a_continuous_output_keeps_what_was_written_last_before_a_failure(
    lab: ProcessingLab, unique: Unique
) -> None:
    code = "open('/opt/ml/processing/out/a', 'w').write('last words'); raise SystemExit(1)"
    outputs = lab.outputs("out", "/opt/ml/processing/out")
    outputs["Outputs"][0]["S3Output"]["S3UploadMode"] = "Continuous"
    job = lab.run(unique("job"), code, ProcessingOutputConfig=outputs)
    assert job["ProcessingJobStatus"] == "Failed"
    assert lab.read("out/a") == b"last words"


def test_the_log_is_read_through_cloudwatch(lab: ProcessingLab, unique: Unique) -> None:
    name = unique("job")
    lab.run(name, "print('hello from the script')")
    logs, group = lab.emulator.client("logs"), "/aws/sagemaker/ProcessingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")
    (stream,) = streams["logStreams"]
    events = logs.get_log_events(
        logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
    )["events"]
    assert events[-1]["message"] == "hello from the script"


def test_a_link_within_the_container_is_uploaded_as_a_file(
    lab: ProcessingLab, unique: Unique
) -> None:
    code = (
        "import os; open('/opt/ml/processing/out/a', 'w').write('1')\n"
        "os.symlink('/opt/ml/processing/out/a', '/opt/ml/processing/out/b')"
    )
    outputs = lab.outputs("out", "/opt/ml/processing/out")
    job = lab.run(unique("job"), code, ProcessingOutputConfig=outputs)
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert lab.read("out/a") == lab.read("out/b") == b"1"


def test_a_job_that_died_with_the_emulator_is_failed_on_start(
    own_emulator: EmulatorProcess, unique: Unique
) -> None:
    own_emulator.client("s3").create_bucket(Bucket="scripts")
    lab, name = ProcessingLab(own_emulator, "scripts"), unique("job")
    code = "print('ready'); import time; time.sleep(60)"
    lab.start(name, code)
    lab.wait_for_log(name, "ready")
    own_emulator.kill()
    own_emulator.start()
    job = lab.describe(name)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        "InternalServerError: the emulator stopped while the job ran"
    )
    assert not list((own_emulator.data_dir / "jobs").glob("*/*"))
