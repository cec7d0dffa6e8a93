"""The buildspec calls the commands as they are."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from model_build import get_pipeline_definition, run_pipeline

ROOT = Path(__file__).parents[3]
COMMANDS: dict[str, Callable[..., int]] = {
    "get-pipeline-definition": get_pipeline_definition.main,
    "run-pipeline": run_pipeline.main,
}


def commands() -> list[list[str]]:
    phases = yaml.safe_load((ROOT / "buildspec.yml").read_text("utf-8"))["phases"]
    lines = [line for phase in phases.values() for line in phase["commands"]]
    return [shlex.split(line) for line in lines]


def test_the_build_checks_and_tests_before_it_runs_the_pipeline() -> None:
    programs = [words[0] for words in commands() if words[0] not in ("test", "export")]
    assert programs == [
        "scripts/setup",
        "scripts/check",
        "scripts/test",
        "get-pipeline-definition",
        "run-pipeline",
    ]
    assert all((ROOT / program).is_file() for program in programs if "/" in program)


@pytest.mark.parametrize("program", sorted(COMMANDS))
def test_the_flags_are_those_that_the_command_takes(
    program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (words,) = [words for words in commands() if words[0] == program]
    # An unknown flag ends in SystemExit; these only lack the environment of a build.
    assert COMMANDS[program](words[1:], {}) == 2
    assert capsys.readouterr().err.startswith("Missing: --role-arn")


def test_the_run_waits_and_gives_what_the_pipeline_requires() -> None:
    (words,) = [words for words in commands() if words[0] == "run-pipeline"]
    assert "--wait" in words
    assert "RatingsS3Uri=$RATINGS_S3_URI" in words
    assert "ItemsS3Uri=$ITEMS_S3_URI" in words
