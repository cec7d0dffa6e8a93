"""Buildspecs as data, and their faults.

Source: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
"""

import re
from pathlib import Path

import pytest

from emulator.services.codebuild.buildspec import (
    ArtifactFiles,
    BuildspecRefused,
    OnFailure,
    read_buildspec,
)

ROOT = Path(__file__).resolve().parents[6]
# The members that the reference's syntax has, each with a value it allows.
EVERYTHING = """
version: 0.2
run-as: root
env:
  shell: bash
  variables: {JAVA_HOME: /usr/lib/jvm, EMPTY: "", TRUE: yes}
  parameter-store: {LOGIN: /CodeBuild/login}
  secrets-manager: {KEY: "secret:key:AWSCURRENT:"}
  exported-variables: [JAVA_HOME]
  git-credential-helper: yes
proxy: {upload-artifacts: no, logs: yes}
phases:
  install:
    on-failure: ABORT
    runtime-versions: {python: 3.10, java: corretto17}
    commands: [echo a]
    finally: [echo b]
  pre_build: {on-failure: RETRY-2-.*throttled.*, commands: [echo c]}
  build: {on-failure: RETRY, run-as: root, commands: [1]}
  post_build: {on-failure: CONTINUE}
reports:
  arn:aws:codebuild:us-east-1:123456789012:report-group/unit:
    files: ["**/*.xml"]
    base-directory: reports
    discard-paths: yes
    file-format: JunitXml
artifacts:
  files: [target/*.jar]
  name: books-$(date +%F)
  discard-paths: no
  base-directory: out
  exclude-paths: ["*.tmp"]
  enable-symlinks: yes
  s3-prefix: prefix
  secondary-artifacts:
    other: {files: ["**/*"]}
cache:
  paths: [/root/.m2/**/*]
"""


def faults_of(text: str) -> str:
    with pytest.raises(BuildspecRefused) as caught:
        read_buildspec(text)
    return str(caught.value)


def test_every_member_of_the_reference_is_read() -> None:
    spec = read_buildspec(EVERYTHING)

    assert spec.has_one_shell
    assert spec.shell == "bash"
    assert spec.variables == {"JAVA_HOME": "/usr/lib/jvm", "EMPTY": "", "TRUE": "yes"}
    assert spec.parameter_store == {"LOGIN": "/CodeBuild/login"}
    assert spec.secrets_manager == {"KEY": "secret:key:AWSCURRENT:"}
    assert spec.exported_variables == ("JAVA_HOME",)
    assert spec.has_git_credential_helper
    # A YAML reader that makes numbers of them would give 3.1.
    assert spec.runtime_versions == {"python": "3.10", "java": "corretto17"}
    assert spec.phases["install"].finally_commands == ("echo b",)
    assert spec.phases["install"].on_failure == OnFailure("ABORT")
    assert spec.phases["pre_build"].on_failure == OnFailure("RETRY", 2, re.compile(".*throttled.*"))
    assert spec.phases["build"].on_failure == OnFailure("RETRY", 3, re.compile(""))
    assert spec.phases["build"].commands == ("1",)
    (report,) = spec.reports
    assert (report.files, report.base_directory) == (("**/*.xml",), "reports")
    assert report.discard_paths
    assert spec.artifacts == ArtifactFiles(
        files=("target/*.jar",),
        base_directory="out",
        exclude_paths=("*.tmp",),
        enable_symlinks=True,
        name="books-$(date +%F)",
        s3_prefix="prefix",
    )
    assert spec.secondary_artifacts == {"other": ArtifactFiles(("**/*",))}
    assert spec.cache_paths == ("/root/.m2/**/*",)


@pytest.mark.parametrize(
    "path",
    [
        "buildspec.yml",
        "steps/r_recommender/buildspec.yml",
        "model_deploy/buildspec.yml",
        "model_deploy/smoke-test-buildspec.yml",
    ],
)
def test_the_repositorys_own_buildspecs_are_accepted(path: str) -> None:
    spec = read_buildspec((ROOT / path).read_text())

    assert spec.version == "0.2"
    assert spec.runtime_versions == {"python": "3.11"}
    assert not spec.has_git_credential_helper


def test_version_0_1_has_a_shell_for_each_command() -> None:
    assert not read_buildspec("version: 0.1\nphases: {build: {commands: [a]}}").has_one_shell


def test_json_is_yaml() -> None:
    spec = read_buildspec('{"version": "0.2", "phases": {"build": {"commands": ["a"]}}}')

    assert spec.phases["build"].commands == ("a",)


def test_all_faults_come_in_one_message_with_their_lines() -> None:
    message = faults_of(
        "version: 0.3\n"
        "env: {shell: zsh, variables: [a]}\n"
        "batch: {fast-fail: true}\n"
        "phases:\n"
        "  deploy: {commands: [a]}\n"
        "  build:\n"
        "    on-failure: MAYBE\n"
        "    commands:\n"
        "      - echo a: b\n"
        "    commands: [c]\n"
        "artifacts: {name: x}\n"
        "reports: {unit: {files: [a.xml], file-format: COBERTURAXML}}\n"
    )

    assert message.split("; ") == [
        "version: Unsupported buildspec version 0.3. Expecting: 0.1 or 0.2 at line 1",
        "batch: batch builds are not supported by the emulator at line 3",
        "Invalid buildspec phase name: deploy. Expecting: build,install,post_build,pre_build"
        " at line 5",
        "phases/build: the key commands is there twice at line 10",
        "Expected phases/build/commands[0] to be of string type: found subkeys instead (a command"
        " with ': ' in it has to be quoted) at line 9",
        "phases/build/on-failure: got 'MAYBE', expected ABORT, CONTINUE, RETRY, RETRY-count,"
        " RETRY-regex or RETRY-count-regex at line 7",
        "artifacts/files: there is none, expected a list of locations at line 11",
        "reports/unit/file-format: COBERTURAXML is not supported by the emulator, JUNITXML is"
        " at line 12",
        "env/shell: got 'zsh', expected bash, /bin/sh or sh at line 2",
        "env/variables: got a list, expected keys and values at line 2",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c", "mapping values are not allowed here at line 1, column 5"),
        ("", "The buildspec has no keys"),
        ("- a", "The buildspec has no keys"),
        ("version: 0.2", "phases: there is no phase, expected one at least at line 1"),
        ("phases: {build: {commands: [a]}}", "version: The version is missing."),
        ("version: 0.2\nphases: {build: {commands: a}}", "phases/build/commands: got text"),
        ("version: 0.2\nphases: {build: {run-as: nobody}}", "cannot be run as 'nobody'"),
        (
            "version: 0.2\nphases: {build: {runtime-versions: {python: 3.11}}}",
            "runtime-versions belongs to install",
        ),
        (
            "version: 0.2\nphases: {install: {runtime-versions: {cobol: 1}}}",
            "Unknown runtime named 'cobol'",
        ),
        (
            "version: 0.2\nenv: {exported-variables: [a-b]}\nphases: {build: {commands: [a]}}",
            "'a-b' cannot be the name of a variable",
        ),
        (
            "version: 0.2\nphases: {build: {on-failure: RETRY-2-(}}",
            "'(' is no regular expression",
        ),
    ],
)
def test_what_is_no_buildspec_is_refused(text: str, message: str) -> None:
    assert message in faults_of(text)
