"""Builds and their phases, against a running emulator.

Source: "Build phase transitions" and "Build specification reference" of the CodeBuild user guide.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import EmulatorProcess
from tests.contract.builds import (
    ENVIRONMENT,
    BuildLab,
    buildspec,
    context_of,
    lab_in,
    phases_of,
)
from tests.contract.jobs import error_of, processes_with
from tests.contract.networks import new_network

ALL_SUCCEEDED = {
    "SUBMITTED": "SUCCEEDED",
    "QUEUED": "SUCCEEDED",
    "PROVISIONING": "SUCCEEDED",
    "DOWNLOAD_SOURCE": "SUCCEEDED",
    "INSTALL": "SUCCEEDED",
    "PRE_BUILD": "SUCCEEDED",
    "BUILD": "SUCCEEDED",
    "POST_BUILD": "SUCCEEDED",
    "UPLOAD_ARTIFACTS": "SUCCEEDED",
    "FINALIZING": "SUCCEEDED",
    "COMPLETED": "",
}


@pytest.fixture
def lab(emulator: EmulatorProcess, unique: Callable[[str], str]) -> BuildLab:
    return lab_in(emulator, unique)


def seen(mark: str) -> None:
    """Wait until a process with the mark runs."""
    deadline = time.monotonic() + 30
    while not processes_with(mark):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_build_goes_through_all_phases_in_one_shell(lab: BuildLab) -> None:
    spec = buildspec(
        env={"shell": "bash", "exported-variables": ["RESULT", "PLAIN", "NONE"]},
        install=["export FROM_INSTALL=one", "PLAIN='two words'", "mkdir sub && cd sub"],
        pre_build=['greet() { echo "hello $1"; }'],
        build=["greet $FROM_INSTALL", "basename $PWD", 'export RESULT="${PLAIN}"', "printf end"],
        post_build=["echo $CODEBUILD_BUILD_SUCCEEDING"],
    )

    build = lab.run(spec)

    assert build["buildStatus"] == "SUCCEEDED"
    assert build["currentPhase"] == "COMPLETED"
    assert phases_of(build) == ALL_SUCCEEDED
    assert all(phase["durationInSeconds"] >= 0 for phase in build["phases"][:-1])
    assert build["startTime"] <= build["endTime"]
    assert lab.printed(build) == ["hello one", "sub", "end", "1"]
    assert build["exportedEnvironmentVariables"] == [
        {"name": "RESULT", "value": "two words"},
        {"name": "PLAIN", "value": "two words"},
    ]
    said = [re.sub(r"^\[Container\] \S+ \S+ ", "", line) for line in lab.lines(build)]
    for line in (
        "Entering phase BUILD",
        "Running command greet $FROM_INSTALL",
        "Phase complete: BUILD State: SUCCEEDED",
        "Phase context status code:  Message: ",
    ):
        assert line in said


def test_each_command_of_version_0_1_has_a_shell_of_its_own(lab: BuildLab) -> None:
    spec = buildspec(version=0.1, build=["export LOST=1; cd /", 'echo "-$LOST-"; basename $PWD'])

    build = lab.run(spec)

    assert build["buildStatus"] == "SUCCEEDED"
    assert lab.printed(build) == ["--", "src"]


def test_a_failed_command_ends_its_phase_and_post_build_and_finally_still_run(
    lab: BuildLab,
) -> None:
    spec = buildspec(
        phases={
            "build": {
                "commands": ["export KEPT=kept", "sh -c 'exit 3'", "echo never"],
                "finally": ["echo finally $KEPT $CODEBUILD_BUILD_SUCCEEDING"],
            },
            "post_build": {"commands": ["echo post $CODEBUILD_BUILD_SUCCEEDING"]},
        }
    )

    build = lab.run(spec)

    assert build["buildStatus"] == "FAILED"
    assert phases_of(build) == {**ALL_SUCCEEDED, "BUILD": "FAILED"}
    assert context_of(build, "BUILD") == {
        "statusCode": "COMMAND_EXECUTION_ERROR",
        "message": "Error while executing command: sh -c 'exit 3'. Reason: exit status 3",
    }
    assert lab.printed(build) == ["finally kept 0", "post 0"]


def test_exit_ends_the_command_and_not_the_build(lab: BuildLab) -> None:
    build = lab.run(
        buildspec(build=["export A=1; exit 0", "echo $A", "exit 4"], post_build=["pwd"])
    )

    assert context_of(build, "BUILD")["message"].endswith("command: exit 4. Reason: exit status 4")
    assert lab.printed(build)[0] == "1"
    assert phases_of(build)["POST_BUILD"] == "SUCCEEDED"


@pytest.mark.parametrize("phase", ["install", "pre_build"])
def test_a_failure_before_the_build_phase_ends_the_build(lab: BuildLab, phase: str) -> None:
    build = lab.run(buildspec(**{phase: ["false"]}, post_build=["echo never"]))

    phases = phases_of(build)
    assert build["buildStatus"] == "FAILED"
    assert phases[phase.upper()] == "FAILED"
    assert list(phases)[-3:] == [phase.upper(), "FINALIZING", "COMPLETED"]
    assert lab.printed(build) == []


@pytest.mark.parametrize(("on_failure", "is_next_run"), [("ABORT", False), ("CONTINUE", True)])
def test_on_failure_says_whether_the_next_phase_runs(
    lab: BuildLab, on_failure: str, is_next_run: bool
) -> None:
    spec = buildspec(
        phases={
            "build": {"on-failure": on_failure, "commands": ["false"]},
            "post_build": {"commands": ["echo post"]},
        }
    )

    build = lab.run(spec)

    assert build["buildStatus"] == "FAILED"
    assert ("POST_BUILD" in phases_of(build)) is is_next_run
    assert lab.printed(build) == (["post"] if is_next_run else [])


def test_retry_starts_the_build_again_while_its_message_matches(lab: BuildLab) -> None:
    spec = buildspec(
        phases={"build": {"on-failure": "RETRY-1-exit status 7", "commands": ["exit 7"]}}
    )
    project = lab.project(spec)

    first = lab.ended(lab.start(project))
    first = lab.until(
        first["id"], lambda found: "nextAutoRetry" in found.get("autoRetryConfig", {})
    )
    second = lab.ended(first["autoRetryConfig"]["nextAutoRetry"].partition("build/")[2])

    assert second["autoRetryConfig"] == {
        "autoRetryLimit": 1,
        "autoRetryNumber": 1,
        "previousAutoRetry": first["arn"],
    }
    assert [first["buildNumber"], second["buildNumber"]] == [1, 2]
    ids = lab.codebuild.list_builds_for_project(projectName=project)["ids"]
    assert ids == [second["id"], first["id"]]


def test_the_documented_variables_tell_a_build_of_itself(lab: BuildLab) -> None:
    spec = buildspec(
        build=["env | grep -E '^(CODEBUILD_|AWS_|CI=|SAGEMAKER|HOME=)' | sort", "echo $OWN-$GIVEN"]
    )
    variables = [{"name": "OWN", "value": "own"}, {"name": "GIVEN", "value": "project"}]
    project = lab.project(spec, environment={"environmentVariables": variables})

    build = lab.ended(
        lab.start(project, environmentVariablesOverride=[{"name": "GIVEN", "value": "start"}])
    )

    printed = lab.printed(build)
    told = dict(line.split("=", 1) for line in printed[:-1])
    assert printed[-1] == "own-start"
    assert told["CODEBUILD_BUILD_ID"] == build["id"]
    assert told["CODEBUILD_BUILD_ARN"] == build["arn"]
    assert told["CODEBUILD_BUILD_NUMBER"] == "1"
    assert told["CODEBUILD_BUILD_IMAGE"] == ENVIRONMENT["image"]
    assert told["CODEBUILD_INITIATOR"] == build["initiator"]
    assert told["CODEBUILD_LOG_PATH"] == build["logs"]["streamName"]
    start_ms = build["startTime"].timestamp() * 1000
    assert int(told["CODEBUILD_START_TIME"]) == pytest.approx(start_ms, abs=1)
    assert told["CODEBUILD_KMS_KEY_ID"] == build["encryptionKey"]
    assert told["CODEBUILD_SRC_DIR"].endswith("/src")
    assert told["AWS_REGION"] == told["AWS_DEFAULT_REGION"] == "us-east-1"
    assert told["AWS_ENDPOINT_URL"] == lab.emulator.url
    assert "CODEBUILD_RESOLVED_SOURCE_VERSION" not in told
    assert told["HOME"] != os.environ.get("HOME")


def test_secrets_reach_commands_and_never_the_log(lab: BuildLab) -> None:
    name = lab.unique("secret")
    lab.emulator.client("ssm").put_parameter(Name=f"/{name}", Value="tiger-1", Type="SecureString")
    arn = lab.emulator.client("secretsmanager").create_secret(
        Name=name, SecretString='{"password": "hunter-2", "user": "me"}'
    )["ARN"]
    spec = buildspec(
        env={
            "parameter-store": {"FROM_STORE": f"/{name}"},
            "secrets-manager": {"FROM_ARN": f"{arn}:password"},
        },
        build=[
            "echo $FROM_STORE | tr - _; echo $FROM_ARN | tr - _",
            "echo $FROM_STORE; echo $FROM_ARN; echo $PROJECTS; echo hunter-2",
            "ls hunter-2",
        ],
    )
    secret = {"name": "PROJECTS", "value": f"{name}:password", "type": "SECRETS_MANAGER"}

    build = lab.run(spec, environment={"environmentVariables": [secret]})

    assert lab.printed(build)[:6] == ["tiger_1", "hunter_2", "***", "***", "***", "***"]
    assert "hunter-2" not in "\n".join(lab.lines(build))
    assert context_of(build, "BUILD")["message"].startswith(
        "Error while executing command: ls ***. Reason: exit status"
    )


def test_secrets_that_are_not_there_fail_the_build_before_a_command_runs(lab: BuildLab) -> None:
    spec = buildspec(
        env={"parameter-store": {"A": "/not/there"}, "secrets-manager": {"B": "not-there"}},
        build=["echo never"],
    )

    build = lab.run(spec)

    context = context_of(build, "DOWNLOAD_SOURCE")
    assert context["statusCode"] == "Decrypted Variables Error"
    assert "A: ParameterNotFound" in context["message"]
    assert "B: ResourceNotFoundException" in context["message"]
    assert lab.printed(build) == []


def test_all_faults_of_a_buildspec_come_at_once_and_nothing_runs(lab: BuildLab) -> None:
    spec = buildspec(
        phases={"deploy": {"commands": ["x"]}, "build": {"commands": [{"echo a": "b"}]}},
        artifacts={"names": "x"},
    )

    build = lab.run(spec)

    context = context_of(build, "DOWNLOAD_SOURCE")
    assert context["statusCode"] == "YAML_FILE_ERROR"
    for part in (
        "Invalid buildspec phase name: deploy. Expecting: build,install,post_build,pre_build",
        "commands[0] to be of string type: found subkeys instead",
        "artifacts: unknown key names",
    ):
        assert part in context["message"]
    assert list(phases_of(build))[-3:] == ["DOWNLOAD_SOURCE", "FINALIZING", "COMPLETED"]


def test_a_python_that_this_machine_has_not_is_told_with_those_that_it_has(
    lab: BuildLab,
) -> None:
    spec = buildspec(
        phases={"install": {"runtime-versions": {"python": "3.99"}, "commands": ["echo never"]}}
    )

    build = lab.run(spec)

    context = context_of(build, "DOWNLOAD_SOURCE")
    assert context["statusCode"] == "YAML_FILE_ERROR"
    assert context["message"].startswith("Unknown runtime version named '3.99' of python.")
    assert re.search(r"the following versions: .*3\.\d+", context["message"])


def test_a_build_has_a_python_of_its_own(lab: BuildLab) -> None:
    spec = buildspec(
        phases={
            "install": {"runtime-versions": {"python": "3.11"}},
            "build": {
                "commands": [
                    "python -c 'import sys; print(\"%d.%d\" % sys.version_info[:2])'",
                    'python3 -c "import sys; print(sys.prefix != sys.base_prefix)"',
                    '[ "$(dirname $(command -v pip))" = "$(dirname $(command -v python))" ]',
                ]
            },
        }
    )

    build = lab.run(spec)

    assert build["buildStatus"] == "SUCCEEDED", lab.lines(build)
    assert lab.printed(build) == ["3.11", "True"]


def test_a_build_runs_with_the_vpc_of_its_project_and_says_where_it_really_is(
    lab: BuildLab,
) -> None:
    network = new_network(lab.emulator)

    build = lab.run(buildspec(build=["echo built"]), vpcConfig=network.codebuild)

    assert phases_of(build) == ALL_SUCCEEDED
    assert build["vpcConfig"] == network.codebuild
    assert lab.printed(build) == ["built"]
    told = "\n".join(lab.lines(build))
    assert f"The build is in the network of this machine, and not in {network.vpc_id}" in told


# Source: "VPC_CLIENT_ERROR: Unexpected EC2 error: ..." in the user guide's troubleshooting.
def test_a_build_whose_vpc_is_gone_fails_before_anything_of_it_runs(lab: BuildLab) -> None:
    network = new_network(lab.emulator)
    project = lab.project(buildspec(build=["echo built"]), vpcConfig=network.codebuild)
    network.delete()

    build = lab.ended(lab.start(project))

    assert build["buildStatus"] == "FAILED"
    assert phases_of(build) == {
        "SUBMITTED": "SUCCEEDED",
        "QUEUED": "SUCCEEDED",
        "PROVISIONING": "FAILED",
        "COMPLETED": "",
    }
    context = context_of(build, "PROVISIONING")
    assert context["statusCode"] == "VPC_CLIENT_ERROR"
    assert context["message"].startswith("Unexpected EC2 error: InvalidVpcID.NotFound: ")
    for lost in (network.vpc_id, *network.subnet_ids, network.group_id):
        assert f"'{lost}' does not exist" in context["message"]
    assert lab.printed(build) == []
    assert "Phase context status code: VPC_CLIENT_ERROR" in "\n".join(lab.lines(build))


def test_the_log_is_there_while_the_build_runs_and_stop_ends_all_that_it_started(
    lab: BuildLab,
) -> None:
    mark = str(uuid4())
    spec = buildspec(
        env={"variables": {"MARK": mark}},
        build=["echo begun", "setsid sleep 300 & sleep 300"],
        post_build=["echo never"],
    )
    build_id = lab.start(lab.project(spec))
    build = lab.until(build_id, lambda found: found["currentPhase"] == "BUILD")
    seen(mark)
    deadline = time.monotonic() + 30
    while lab.printed(build) != ["begun"]:
        assert time.monotonic() < deadline
    assert lab.build(build_id)["buildStatus"] == "IN_PROGRESS"

    lab.codebuild.stop_build(id=build_id)
    build = lab.ended(build_id)

    assert build["buildStatus"] == "STOPPED"
    assert list(phases_of(build).items())[-2:] == [("BUILD", "STOPPED"), ("COMPLETED", "")]
    assert processes_with(mark) == []
    assert lab.printed(build) == ["begun"]
    assert lab.codebuild.stop_build(id=build_id)["build"]["buildStatus"] == "STOPPED"


def test_more_builds_than_the_limit_wait_for_their_turn(lab: BuildLab) -> None:
    mark = str(uuid4())
    spec = buildspec(env={"variables": {"MARK": mark}}, build=["sleep $SECONDS_TO_SLEEP"])
    project = lab.project(spec, concurrentBuildLimit=1)
    sleep = [{"name": "SECONDS_TO_SLEEP", "value": "300"}]
    no_sleep = [{"name": "SECONDS_TO_SLEEP", "value": "0"}]
    running = lab.start(project, environmentVariablesOverride=sleep)
    waiting = lab.start(project, environmentVariablesOverride=no_sleep)
    stopped = lab.start(project, environmentVariablesOverride=no_sleep)
    lab.until(running, lambda found: found["currentPhase"] == "BUILD")

    assert lab.build(waiting)["currentPhase"] == "QUEUED"
    lab.codebuild.stop_build(id=stopped)
    assert phases_of(lab.ended(stopped)) == {
        "SUBMITTED": "SUCCEEDED", "QUEUED": "STOPPED", "COMPLETED": ""
    }  # fmt: skip
    assert lab.build(waiting)["currentPhase"] == "QUEUED"
    lab.codebuild.stop_build(id=running)
    assert lab.ended(waiting)["buildStatus"] == "SUCCEEDED"


def test_retry_build_runs_the_same_settings_again(lab: BuildLab) -> None:
    project = lab.project(buildspec(build=["echo $WORD"]))
    first = lab.ended(
        lab.start(project, environmentVariablesOverride=[{"name": "WORD", "value": "again"}])
    )

    retried = lab.codebuild.retry_build(id=first["id"])["build"]

    assert retried["id"] != first["id"]
    assert lab.printed(lab.ended(retried["id"])) == ["again"]


def test_builds_are_listed_got_and_deleted(lab: BuildLab) -> None:
    project = lab.project(buildspec(build=["true"]))
    first, second = lab.start(project), lab.start(project)
    lab.ended(first), lab.ended(second)

    listed = lab.codebuild.list_builds_for_project(projectName=project, sortOrder="ASCENDING")
    assert listed["ids"] == [first, second]
    assert lab.codebuild.list_builds()["ids"].index(second) < (
        lab.codebuild.list_builds()["ids"].index(first)
    )
    found = lab.codebuild.batch_get_builds(ids=[first, "none:none"])
    assert [build["id"] for build in found["builds"]] == [first]
    assert found["buildsNotFound"] == ["none:none"]

    deleted = lab.codebuild.batch_delete_builds(ids=[first, "none:none"])

    assert deleted["buildsDeleted"] == [found["builds"][0]["arn"]]
    assert [each["id"] for each in deleted["buildsNotDeleted"]] == ["none:none"]
    assert lab.codebuild.list_builds_for_project(projectName=project)["ids"] == [second]


def test_the_same_token_starts_one_build(lab: BuildLab) -> None:
    project = lab.project(buildspec(build=["true"]))

    first = lab.start(project, idempotencyToken="t")

    assert lab.start(project, idempotencyToken="t") == first
    code, message = error_of(
        lab.codebuild.start_build, projectName=project, idempotencyToken="t", imageOverride="x"
    )
    assert code == "InvalidInputException"
    assert "was given with other parameters" in message
    lab.ended(first)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("start_build", {"projectName": "not-there"}),
        ("list_builds_for_project", {"projectName": "not-there"}),
        ("stop_build", {"id": "not-there:1"}),
        ("retry_build", {"id": "not-there:1"}),
        ("update_project", {"name": "not-there"}),
    ],
)
def test_what_is_not_there_is_told(lab: BuildLab, operation: str, members: dict[str, Any]) -> None:
    code, message = error_of(getattr(lab.codebuild, operation), **members)

    assert code == "ResourceNotFoundException"
    assert "cannot be found: arn:aws:codebuild:us-east-1:123456789012:" in message


def test_builds_of_a_killed_emulator_fault_and_their_processes_end(
    own_emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    lab = lab_in(own_emulator, unique)
    mark = str(uuid4())
    spec = buildspec(env={"variables": {"MARK": mark}}, build=["setsid sleep 300 & sleep 300"])
    project = lab.project(spec)
    build_id = lab.start(project)
    lab.until(build_id, lambda found: found["currentPhase"] == "BUILD")
    seen(mark)

    own_emulator.kill()
    own_emulator.start()

    build = lab.build(build_id)
    assert build["buildStatus"] == "FAULT"
    assert "start the build again" in context_of(build, "BUILD")["message"]
    deadline = time.monotonic() + 10
    while processes_with(mark) or list(own_emulator.data_dir.glob("builds-*")):
        assert time.monotonic() < deadline
    override = buildspec(build=["echo alive"])
    assert lab.printed(lab.ended(lab.start(project, buildspecOverride=override))) == ["alive"]


def test_a_stopped_emulator_ends_its_builds(
    own_emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    lab = lab_in(own_emulator, unique)
    mark = str(uuid4())
    build_id = lab.start(
        lab.project(buildspec(env={"variables": {"MARK": mark}}, build=["sleep 300"]))
    )
    lab.until(build_id, lambda found: found["currentPhase"] == "BUILD")
    seen(mark)

    own_emulator.stop()

    assert processes_with(mark) == []
    own_emulator.start()
    assert lab.build(build_id)["buildStatus"] == "FAULT"


def test_the_logs_command_finds_a_build(lab: BuildLab) -> None:
    project = lab.project(buildspec(build=["echo from the build"]))
    lab.ended(lab.start(project))

    done = subprocess.run(
        [sys.executable, "-m", "emulator", "logs", project, "--data", str(lab.emulator.data_dir)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert " from the build\n" in done.stdout
