import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROLE_ARN
from tests.contract.jobs import RESOURCES

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def command(tmp_path):
    """Run ``python -m emulator`` on a data directory of the test's own."""

    def run(
        name: str, *arguments: str, data: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        data_dir = str(data or tmp_path / "data")
        return subprocess.run(
            [sys.executable, "-m", "emulator", name, "--data", data_dir, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | variables,
            check=False,
        )

    yield run
    run("down")


def test_up_exec_status_and_down(command, tmp_path):
    up = command("up", "--port", "0", EMULATOR_DATA=str(tmp_path / "data"))
    assert up.returncode == 0, up.stdout + up.stderr
    assert "The emulator is up: http://127.0.0.1:" in up.stdout
    assert "python -m emulator exec -- COMMAND" in up.stdout

    again = command("up", "--port", "0")
    assert again.returncode == 0
    assert "runs already" in again.stdout

    script = "import boto3; boto3.client('s3').create_bucket(Bucket='from-exec'); print('made')"
    made = command("exec", "--", sys.executable, "-c", script)
    assert (made.returncode, made.stdout) == (0, "made\n"), made.stderr

    status = command("status")
    assert status.returncode == 0
    assert str(tmp_path / "data") in status.stdout

    down = command("down")
    assert down.returncode == 0
    assert "down" in down.stdout
    assert command("status").returncode == 1


def test_exec_gives_the_commands_own_exit_code(command):
    command("up", "--port", "0")
    assert command("exec", "--", sys.executable, "-c", "raise SystemExit(7)").returncode == 7
    missing = command("exec", "--", "no-such-program")
    assert missing.returncode == 127
    assert "no-such-program" in missing.stderr
    assert command("exec").returncode == 2
    empty = command("exec", "--", "")
    assert (empty.returncode, "what shall run?" in empty.stderr) == (2, True)


def test_a_proxy_of_the_network_keeps_nobody_from_the_emulator(command):
    nowhere = "http://127.0.0.1:9"
    proxies = {"http_proxy": nowhere, "HTTP_PROXY": nowhere, "NO_PROXY": "intranet", "no_proxy": ""}
    assert command("up", "--port", "0", **proxies).returncode == 0
    assert command("status", **proxies).returncode == 0
    script = (
        "import os, boto3; boto3.client('s3').list_buckets(); "
        "print(os.environ['NO_PROXY'], os.environ['no_proxy'])"
    )
    done = command("exec", "--", sys.executable, "-c", script, **proxies)
    exempt = "127.0.0.1,localhost,intranet"
    assert (done.returncode, done.stdout) == (0, f"{exempt} {exempt}\n"), done.stderr
    down = command("down", **proxies)
    assert "The emulator is down" in down.stdout


# Source: the AWS SDKs and Tools Reference Guide, "Service-specific endpoints" and the pages on
# profiles, on credentials and on FIPS and dual-stack endpoints.
def test_exec_leaves_no_way_past_the_emulator(command, emulator, tmp_path):
    configuration = tmp_path / "config"
    configuration.write_text(
        "[default]\nignore_configured_endpoint_urls = true\nuse_fips_endpoint = true\n"
        "services = elsewhere\n[services elsewhere]\nsts =\n  endpoint_url = http://127.0.0.1:9\n"
    )
    script = (
        "import boto3; print(*(boto3.client(name).meta.endpoint_url for name in "
        "('s3', 'sagemaker', 'sts'))); boto3.client('s3').list_buckets()"
    )
    done = command(
        *("exec", "--", sys.executable, "-c", script),
        data=emulator.data_dir,
        AWS_CONFIG_FILE=str(configuration),
        AWS_PROFILE="nobody",
        AWS_DEFAULT_PROFILE="nobody",
        AWS_ENDPOINT_URL_S3="http://127.0.0.1:9",
        AWS_ENDPOINT_URL_SAGEMAKER="http://127.0.0.1:9",
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true",
        AWS_SESSION_TOKEN="token",
        AWS_USE_FIPS_ENDPOINT="true",
        AWS_USE_DUALSTACK_ENDPOINT="true",
    )
    assert (done.returncode, done.stdout.split()) == (0, [emulator.url] * 3), done.stderr


def test_exec_finds_the_commands_beside_its_own_python_first(command, emulator):
    name = Path(sys.executable).name
    done = command(
        *("exec", "--", name, "-c", "import sys; print(sys.executable)"),
        data=emulator.data_dir,
        PATH="/usr/bin:/bin",
    )
    assert done.stdout == f"{Path(sys.executable).parent / name}\n", done.stderr


def test_the_sagemaker_sdk_finds_its_default_bucket_and_tells_nobody(command, emulator):
    script = (
        "from sagemaker.core.helper.session_helper import Session; session = Session(); "
        "print(session.default_bucket()); "
        "print(session.sagemaker_config['SageMaker']['PythonSDK']['Modules']['TelemetryOptOut'])"
    )
    done = command("exec", "--", sys.executable, "-c", script, data=emulator.data_dir)
    bucket = "sagemaker-us-east-1-123456789012"
    assert (done.returncode, done.stdout) == (0, f"{bucket}\nTrue\n"), done.stderr
    emulator.client("s3").head_bucket(Bucket=bucket)


def test_exec_leaves_defaults_of_ones_own_to_the_sdk(command, emulator):
    done = command(
        *("exec", "--", sys.executable, "-c"),
        "import os; print(os.environ['SAGEMAKER_ADMIN_CONFIG_OVERRIDE'])",
        data=emulator.data_dir,
        SAGEMAKER_ADMIN_CONFIG_OVERRIDE="/mine.yaml",
    )
    assert done.stdout == "/mine.yaml\n"


def test_a_port_that_is_taken_is_said(command, emulator):
    port = emulator.url.rpartition(":")[2]
    up = command("up", "--port", port)
    assert up.returncode == 1
    assert f"port {port} on 127.0.0.1 cannot be had: Address already in use" in up.stdout


@pytest.mark.parametrize("flag", ["--stop-grace-seconds", "--startup-health-check-seconds"])
@pytest.mark.parametrize("value", ["-1", "soon", "nan", "86401"])
def test_a_time_limit_that_is_none_is_refused(command, flag, value):
    up = command("up", f"{flag}={value}")
    assert up.returncode == 2
    assert f"{flag}: got '{value}', expected seconds from 0 to 86400" in up.stderr


def test_up_hands_its_time_limits_to_the_emulator(command, tmp_path):
    limits = ["--stop-grace-seconds", "1.5", "--startup-health-check-seconds", "60.0"]
    assert command("up", "--port", "0", *limits).returncode == 0
    pid = json.loads((tmp_path / "data" / "emulator.json").read_text())["pid"]
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    start = words.index(limits[0])
    assert words[start : start + 4] == limits


def test_without_a_port_two_data_directories_are_served_side_by_side(command, tmp_path):
    beside = [sys.executable, "-m", "emulator", "{}", "--data", str(tmp_path / "beside")]
    runs = [command("up")]
    for name in ("up", "status", "down"):
        words = [name if word == "{}" else word for word in beside]
        runs.append(subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False))
    runs.append(command("status"))
    assert [run.returncode for run in runs] == [0, 0, 0, 0, 0], runs
    first, second = (run.stdout.splitlines()[0].split()[-1] for run in (runs[4], runs[2]))
    assert first.startswith("http://127.0.0.1:")
    assert first != second


def test_up_on_another_port_than_it_runs_on_is_not_done(command, emulator):
    port = int(emulator.url.rpartition(":")[2])
    other = command("up", "--port", str(port - 1), data=emulator.data_dir)
    assert other.returncode == 1
    assert f"runs already: {emulator.url} in us-east-1" in other.stdout
    assert (
        f"To have it on port {port - 1}, stop it first: python -m emulator down --data "
        in other.stdout
    )
    assert command("up", "--port", str(port), data=emulator.data_dir).returncode == 0


def test_up_leaves_nothing_behind_that_it_could_not_wait_for(tmp_path):
    arguments = ["up", "--port", "0", "--data", str(tmp_path / "data")]
    script = (
        "from emulator.commands import lifecycle, main; lifecycle.START_SECONDS = 0; "
        f"exit(main({arguments}))"
    )
    up = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (up.returncode, up.stderr) == (1, "")
    assert up.stdout.startswith("The emulator did not answer in 0 s; it was stopped. Log: ")
    deadline = time.monotonic() + 30
    while processes_with(f"emulator up --foreground --data {tmp_path}"):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_up_says_how_to_use_what_it_started(command, tmp_path):
    up = command("up", "--port", "0")
    assert f"python -m emulator exec --data {tmp_path / 'data'} -- COMMAND" in up.stdout


def test_down_says_what_it_ended(command, own_lab, own_emulator):
    execution = own_lab.start(
        own_lab.create(own_lab.processing("Wait", "import time; time.sleep(60)"))
    )
    own_lab.until(execution, lambda found: found["steps"].get("Wait", {}).get("Metadata"))
    down = command("down", data=own_emulator.data_dir)
    assert "Ended with it: 1 ProcessingJob, 1 PipelineExecution\n" in down.stdout


def test_ctrl_c_ends_what_runs_in_the_foreground(own_emulator):
    own_emulator.process.send_signal(signal.SIGINT)
    assert own_emulator.process.wait(timeout=30) == 0
    said = own_emulator.log_path.read_text()
    assert said == (
        f"The emulator is up: {own_emulator.url}  (data: {own_emulator.data_dir}). "
        "Ctrl-C ends it.\n"
    )


def test_an_emulator_ends_when_its_data_directory_is_gone(own_emulator, tmp_path):
    own_emulator.client("s3").create_bucket(Bucket="bucket")
    own_emulator.data_dir.rename(tmp_path / "elsewhere")
    own_emulator.data_dir.mkdir()
    (own_emulator.data_dir / "emulator.json").write_text("of another emulator")
    assert own_emulator.process.wait(timeout=30) == 0
    said = own_emulator.log_path.read_text()
    assert f"The data directory {own_emulator.data_dir} is gone: the emulator ends." in said
    assert "Traceback" not in said
    assert (own_emulator.data_dir / "emulator.json").read_text() == "of another emulator"


def test_an_emulator_ends_with_what_it_runs_when_its_data_are_deleted(
    own_lab, own_emulator, unique
):
    mark = unique("mark")
    code = f"import time; '{mark}'; time.sleep(60)"
    execution = own_lab.start(own_lab.create(own_lab.processing("Wait", code)))
    own_lab.until(execution, lambda _found: processes_with(mark))
    shutil.rmtree(own_emulator.data_dir)
    assert own_emulator.process.wait(timeout=30) == 0
    assert not processes_with(mark)


def processes_with(mark: str) -> list[str]:
    """The processes that have it among their arguments."""
    lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in lines.stdout.splitlines() if mark in line]


def test_a_data_directory_has_one_emulator(emulator, tmp_path):
    (tmp_path / "link").symlink_to(emulator.data_dir)
    second = subprocess.run(
        [sys.executable, "-m", "emulator", "up", "--foreground", "--data", str(tmp_path / "link")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 0
    assert "runs already" in second.stdout


def test_what_needs_an_emulator_says_how_to_start_one(command):
    for name, *arguments in (["status"], ["exec", "--", "true"]):
        done = command(name, *arguments)
        assert done.returncode == 1
        assert "python -m emulator up --data" in done.stdout


@pytest.mark.parametrize("name", ["status", "down"])
def test_a_directory_without_an_emulator_is_told_in_full(name, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "emulator", name],
        cwd=tmp_path,
        # Whose shell names a directory has an emulator there, which is not this test's to stop.
        env={
            **{name: value for name, value in os.environ.items() if name != "EMULATOR_DATA"},
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(f"No emulator serves {tmp_path / '.emulator'}.")
    assert "the current directory, unless --data or EMULATOR_DATA" in done.stdout


def test_a_python_without_the_packages_is_told_to_use_the_one_that_has_them(tmp_path):
    done = subprocess.run(
        [*(sys.executable, "-S", "-m", "emulator", "up"), "--foreground", "--data", "data"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"{sys.executable} has no module '")
    assert "Run scripts/setup" in done.stderr
    assert "Traceback" not in done.stderr


def test_build_names_an_image_that_has_no_recipe(command):
    done = command("build", "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-own-image:1")
    assert done.returncode == 1
    assert "my-own-image" in done.stderr
    assert "recipe" in done.stderr


def test_build_says_what_runs_for_an_image_whether_it_was_built_before_or_not(command, tmp_path):
    recipe = tmp_path / "data" / "recipes" / "mine" / "recipe.toml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text("repositories = ['my-own-image']\n")
    for _ in range(2):
        done = command("build", "my-own-image:1")
        assert done.returncode == 0, done.stderr
        assert "my-own-image:1 by recipe mine" in done.stdout


def write_log(tmp_path: Path, name: str, *lines: str) -> Path:
    path = tmp_path / "data" / "logs" / "aws" / "sagemaker" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_logs_finds_any_part_of_a_name_and_tells_the_oldest_first(command, tmp_path):
    write_log(tmp_path, "ProcessingJobs/pipelines-b-Prepare-1/algo-1-2", "2000\tsecond")
    write_log(tmp_path, "ProcessingJobs/pipelines-a-Prepare-1/algo-1-3", "3000\tthird")
    write_log(tmp_path, "Endpoints/churn/AllTraffic/i-0f", "4000\tnew instance")
    write_log(tmp_path, "Endpoints/churn/AllTraffic/i-1a", "1000\told instance", "5000\tlast word")
    write_log(tmp_path, "TrainingJobs/pipelines-a-Train-1/algo-1-2", "2000\ttrained")

    def texts(job: str) -> list[str]:
        lines = command("logs", job).stdout.splitlines()
        return [line.partition(" ")[2] for line in lines if not line.startswith("==> ")]

    assert texts("Prepare") == ["second", "third"]
    assert texts("churn") == ["old instance", "last word", "new instance"]
    assert texts("Train") == ["trained"]


def test_logs_that_are_not_there_are_answered_with_the_newest(command, tmp_path):
    nothing = command("logs", "Prepare")
    assert nothing.returncode == 1
    assert "Nothing has printed anything yet." in nothing.stderr
    for number in range(12):
        stem = f"ProcessingJobs/job-{number}/algo-1-{number}"
        write_log(tmp_path, stem, f"{number + 1000}\ttext")
    unknown = command("logs", "Prepare")
    assert unknown.returncode == 1
    newest = ", ".join(f"job-{number}" for number in range(11, 1, -1))
    assert unknown.stderr == (
        f"There is no log with 'Prepare' in its name in {tmp_path / 'data' / 'logs'}. "
        f"The newest are of: {newest}\n"
    )


def test_logs_follows_what_is_printed_until_ctrl_c(tmp_path):
    path = write_log(tmp_path, "ProcessingJobs/job-1/algo-1-1", "1000\tfirst")
    following = subprocess.Popen(
        [*(sys.executable, "-m", "emulator", "logs", "--data", str(tmp_path / "data")),
         *("job", "--follow")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert following.stdout is not None
    assert following.stdout.readline().endswith(" first\n")
    with path.open("a") as log:
        log.write("2000\tsec")
        log.flush()
        log.write("ond\n")
    assert following.stdout.readline().endswith(" second\n")
    write_log(tmp_path, "ProcessingJobs/job-2/algo-1-1", "3000\tthird")
    assert "job-2" in following.stdout.readline()
    assert following.stdout.readline().endswith(" third\n")
    following.send_signal(signal.SIGINT)
    assert following.communicate(timeout=30) == ("", "")
    assert following.returncode == 130


def test_logs_ends_quietly_when_its_reader_has_had_enough(tmp_path):
    log = tmp_path / "data" / "logs" / "aws" / "job" / "algo-1-1.log"
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"{number}\tline {number}\n" for number in range(100_000)))
    logs = subprocess.Popen(
        [sys.executable, "-m", "emulator", "logs", "--data", str(tmp_path / "data"), "job"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert logs.stdout is not None
    assert logs.stdout.readline().endswith(" line 0\n")
    logs.stdout.close()
    assert logs.stderr is not None
    with logs.stderr:
        assert logs.stderr.read() == ""
    assert logs.wait() == 1


def test_recipes_of_a_directory_are_found_by_build_and_by_the_emulator(command, tmp_path):
    recipe = tmp_path / "steps" / "any-name" / "recipe.toml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text("repositories = ['my-own-image']\n")
    relative = os.path.relpath(tmp_path / "steps", ROOT)
    image = "1.dkr.ecr.eu-west-1.amazonaws.com/my-own-image"
    built = command("build", "--recipes", relative, image)
    assert built.returncode == 0, built.stderr
    assert "my-own-image:latest by recipe any-name" in built.stdout

    assert command("up", "--port", "0", "--recipes", relative).returncode == 0
    job = {
        "ProcessingJobName": "by-recipe",
        "RoleArn": ROLE_ARN,
        "AppSpecification": {"ImageUri": image, "ContainerEntrypoint": ["true"]},
        "ProcessingResources": {"ClusterConfig": RESOURCES},
    }
    script = (
        "import boto3, json, sys; sagemaker = boto3.client('sagemaker'); "
        "sagemaker.create_processing_job(**json.loads(sys.argv[1]))"
    )
    started = command("exec", "--", sys.executable, "-c", script, json.dumps(job))
    assert started.returncode == 0, started.stderr


def test_up_with_recipes_that_a_running_emulator_has_not_says_how_to_have_them(command, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    assert command("up", "--port", "0", "--recipes", first).returncode == 0
    assert command("up", "--recipes", first).returncode == 0
    again = command("up", "--recipes", first, "--recipes", second)
    assert again.returncode == 1
    assert f"with the recipes in {second}, stop it first" in again.stdout
    assert first not in again.stdout.partition("To have it")[2].partition("stop it")[0]


def test_recipes_have_to_be_in_a_directory(command):
    done = command("up", "--recipes", "no-such-directory")
    assert done.returncode == 2
    assert "got no-such-directory, expected a directory" in done.stderr
