"""The AWS CLI of builds."""

import subprocess
from pathlib import Path

import pytest

from emulator.commands.directories import default_cache_dir
from emulator.services.codebuild import aws_cli


def test_it_is_made_in_the_cache_and_knows_the_endpoint_of_its_environment() -> None:
    assert aws_cli.main([str(default_cache_dir())]) == 0
    program = aws_cli.locate(default_cache_dir()).bin / "aws"
    environment = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",  # where nobody answers
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_MAX_ATTEMPTS": "1",
        "PYTHONPATH": "/nowhere",
    }
    words = [program, "ecr", "describe-repositories", "--region", "us-east-1"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 255
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:1/"' in done.stderr


def test_without_a_package_index_the_reason_is_told_as_of_a_program_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    assert aws_cli.main([str(tmp_path / "cache")]) == 127
    said = capsys.readouterr()
    assert said.out == ""
    assert "building the environment of aws-cli with awscli 1." in said.err
    assert "aws: the AWS CLI cannot be installed: uv pip failed" in said.err
    assert not aws_cli.locate(tmp_path / "cache").path.exists()
