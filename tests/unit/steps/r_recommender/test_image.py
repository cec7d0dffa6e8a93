"""The Dockerfile, the recipe and the buildspec stand for the same image."""

import re
import shlex
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from pipelines.r_recommender import image, settings

ROOT = Path(__file__).resolve().parents[4]
STEPS = ROOT / "steps/r_recommender"
PROGRAMS = {"train", "serve", "evaluate"}
# What the image needs and a machine that runs the emulator does not.
IN_THE_IMAGE_ALONE = {"tini"}


@pytest.fixture(scope="module")
def instructions():
    """The Dockerfile's instructions: (name, words)."""
    text = re.sub(r"(?m)^\s*#.*\n", "", (STEPS / "Dockerfile").read_text())
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split()[0], shlex.split(line)[1:]) for line in lines if line.strip()]


@pytest.fixture(scope="module")
def copied(instructions):
    """Each file that is copied, with the words of its instruction."""
    return {
        word: words
        for name, words in instructions
        if name == "COPY"
        for word in words[:-1]
        if not word.startswith("--")
    }


@pytest.fixture(scope="module")
def recipe():
    return tomllib.loads((STEPS / "recipe.toml").read_text())


@pytest.fixture(scope="module")
def packages(instructions):
    (words,) = [words for name, words in instructions if name == "RUN"]
    first = words.index("install")
    listed = words[first + 1 : words.index("&&", first)]
    return {word for word in listed if not word.startswith("-")}


def test_the_image_has_each_file_of_r_and_each_program_and_no_other(copied):
    assert set(copied) == {path.name for path in STEPS.glob("*.R")} | PROGRAMS
    assert all(words[-1] == "/opt/program/" for words in copied.values())


def test_programs_can_be_executed_and_are_on_path(instructions, copied):
    for program in PROGRAMS:
        assert "--chmod=0755" in copied[program]
        assert (STEPS / program).stat().st_mode & stat.S_IXOTH
        assert (STEPS / program).read_text().startswith("#!/bin/sh\n")
    (environment,) = [words for name, words in instructions if name == "ENV"]
    assert "PATH=/opt/program:$PATH" in environment


def test_the_recipe_runs_the_files_that_the_image_has(recipe, copied):
    assert recipe["commands"] == {name: [f"{{recipe}}/{name}"] for name in PROGRAMS}
    assert set(recipe["commands"]) <= set(copied)


def test_machine_and_image_have_the_same_packages(recipe, packages):
    words = shlex.split(recipe["needs_hint"])
    hinted = set(words[words.index("--no-install-recommends") + 1 :])
    assert packages - IN_THE_IMAGE_ALONE == hinted
    script = (ROOT / "scripts/install-system-packages").read_text()
    (installed,) = re.findall(r'\[r\]="(r-base[^"]*)"', script)
    assert hinted == set(installed.split())


def test_the_recipe_is_for_the_repository_that_the_pipeline_names(recipe):
    assert recipe["repositories"] == [settings.REPOSITORY]


def test_the_buildspec_pushes_the_address_that_the_pipeline_names(capsys):
    commands = yaml.safe_load((STEPS / "buildspec.yml").read_text())["phases"]["build"]["commands"]
    assert commands[0] == "image_uri=$(python3 -m pipelines.r_recommender.image)"
    assert "docker push" in commands[-1]
    environment = {
        "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws-cn:iam::123456789012:role/pipelines",
        "ARTIFACT_BUCKET": "bucket",
        "AWS_REGION": "cn-north-1",
    }
    assert image.main([], environment) == 0
    address, _, tag = capsys.readouterr().out.strip().rpartition(":")
    assert address == "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/r-recommender"
    assert re.fullmatch("[0-9a-f]{64}", tag)


def test_the_address_takes_nothing_but_python():
    # The build's own Python has no packages: -S leaves out those of this one.
    environment = {
        "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws:iam::123456789012:role/pipelines",
        "ARTIFACT_BUCKET": "bucket",
        "AWS_REGION": "eu-west-1",
    }
    command = [sys.executable, "-S", "-m", image.__name__]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("123456789012.dkr.ecr.eu-west-1.amazonaws.com/r-recommender:")


def test_an_address_cannot_be_told_without_an_account(capsys):
    assert image.main([], {}) == 2
    assert "Missing: --role-arn" in capsys.readouterr().err


def test_the_recipe_speaks_the_image_s_language(instructions, recipe):
    # In another one R takes what it reads for text of no known encoding, and sorts none of it.
    variables = dict(
        word.split("=", 1) for name, words in instructions if name == "ENV" for word in words
    )
    assert recipe["variables"]["LANG"] == variables["LANG"]
