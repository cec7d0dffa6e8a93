"""The AWS CLI of builds, where it cannot be had."""

from pathlib import Path

import pytest

from emulator.services.codebuild import aws_cli


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
