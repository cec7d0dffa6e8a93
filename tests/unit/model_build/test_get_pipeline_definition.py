"""get-pipeline-definition, without the SDK: its definitions are tested with the pipelines."""

import subprocess
import sys
from pathlib import Path

import pytest

from model_build import get_pipeline_definition
from pipelines.build import names

ROOT = Path(__file__).parents[3]
GIVEN = {
    "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws:iam::123456789012:role/name",
    "ARTIFACT_BUCKET": "my-bucket",
    "AWS_REGION": "us-east-1",
}


def test_help_does_not_wait_for_the_sdk() -> None:
    script = (
        "import sys; from model_build.get_pipeline_definition import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not any(name.split('.')[0] in ('sagemaker', 'boto3') for name in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "--definition-file" in done.stdout


@pytest.mark.parametrize("name", ["book_ratings", "pipelines.book_ratings.pipeline"])
def test_a_pipeline_is_named_by_folder_or_by_module(name: str) -> None:
    assert get_pipeline_definition.pipeline_module(name) == "book_ratings"


def test_a_command_without_target_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert get_pipeline_definition.main([], {}) == 2
    assert "--role-arn (or SAGEMAKER_PIPELINE_ROLE_ARN)" in capsys.readouterr().err


def test_an_unknown_pipeline_writes_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "definition.json"
    words = ["--pipeline", "films", "--definition-file", str(file)]
    assert get_pipeline_definition.main(words, GIVEN) == 2
    assert f"expected one of {', '.join(names())}" in capsys.readouterr().err
    assert not file.exists()
