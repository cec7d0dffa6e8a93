"""The buildspec calls the commands as they are."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_build import get_pipeline_definition, run_pipeline
from pipelines.build import names

ROOT = Path(__file__).parents[3]
COMMANDS: dict[str, Callable[..., int]] = {
    "get-pipeline-definition": get_pipeline_definition.main,
    "run-pipeline": run_pipeline.main,
}


def buildspec() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "buildspec.yml").read_text("utf-8"))
    return read


def commands() -> list[list[str]]:
    lines = [line for phase in buildspec()["phases"].values() for line in phase["commands"]]
    return [shlex.split(line) for line in lines]


def test_the_build_checks_and_tests_before_it_runs_the_pipeline() -> None:
    programs = [words[0] for words in commands() if words[0] != "export"]
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
    assert capsys.readouterr().err.startswith(f"{program}: Missing: --role-arn")


def test_one_variable_says_which_pipeline_is_built_and_run() -> None:
    assert buildspec()["env"]["variables"]["PIPELINE"] in names()
    for program in COMMANDS:
        (words,) = [words for words in commands() if words[0] == program]
        assert words[words.index("--pipeline") + 1] == "$PIPELINE"
    text = (ROOT / "buildspec.yml").read_text("utf-8")
    assert text.count("book_ratings") == 1


def test_the_run_waits_and_takes_the_parameters_from_the_environment() -> None:
    (words,) = [words for words in commands() if words[0] == "run-pipeline"]
    assert "--wait" in words
    assert "--parameter" not in words
