from pathlib import Path

import pytest

from emulator.services.sagemaker.jobs.failures import (
    algorithm_error,
    explain_failure,
    explain_from_log,
    read_start,
)


def write_log(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"1795239008882\t{line}\n" for line in lines))
    return path


def test_the_last_exception_of_chained_tracebacks_explains_a_failure(tmp_path: Path) -> None:
    log = write_log(
        tmp_path / "log",
        "Traceback (most recent call last):",
        '  File "train.py", line 1, in <module>',
        "KeyError: 'rating'",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "Traceback (most recent call last):",
        '  File "train.py", line 3, in <module>',
        "    raise DataFault() from error",
        "my.module.DataFault: no column 'rating'",
        "2026-11-21 05:30:13,160 sagemaker-training-toolkit ERROR    Reporting training FAILURE",
        "ExecuteUserScriptError:",
    )
    assert explain_from_log(log) == "my.module.DataFault: no column 'rating'"


def test_a_syntax_error_explains_a_failure_without_a_traceback(tmp_path: Path) -> None:
    log = write_log(
        tmp_path / "log",
        '  File "train.py", line 1',
        "    def",
        "       ^",
        "SyntaxError: invalid syntax",
    )
    assert explain_from_log(log) == "SyntaxError: invalid syntax"


def test_a_log_without_an_exception_explains_nothing(tmp_path: Path) -> None:
    assert explain_from_log(write_log(tmp_path / "log", "all is well")) == ""
    assert explain_from_log(tmp_path / "missing") == ""


def test_the_end_of_a_long_log_is_found(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", *["noise" * 20] * 5_000, "ValueError: at the end")
    assert explain_from_log(log) == "ValueError: at the end"


def test_the_toolkits_empty_error_message_is_filled_from_the_log(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    failure = 'ExecuteUserScriptError:\nExitCode 1\nErrorMessage ""\nCommand "python train.py"'
    (tmp_path / "output" / "failure").write_text(failure)
    log = write_log(tmp_path / "log", "ValueError: eta 3 is too large")
    assert explain_failure(tmp_path, log) == (
        'ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: eta 3 is too large"\n'
        'Command "python train.py"'
    )


def test_the_failure_file_wins_over_the_log(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "failure").write_text("no rating column")
    log = write_log(tmp_path / "log", "ValueError: something else")
    assert explain_failure(tmp_path, log) == "no rating column"


@pytest.mark.parametrize("link", ["output", "output/failure"])
def test_a_link_out_of_the_container_is_not_read(tmp_path: Path, link: str) -> None:
    root, outside = tmp_path / "ml", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "failure").write_text("secret")
    if link == "output":
        (root / "output").symlink_to(outside)
    else:
        (root / "output").mkdir()
        (root / "output" / "failure").symlink_to(outside / "failure")
    assert read_start(root, "output/failure", 100) == ""


def test_a_reason_keeps_its_exit_code_within_the_length_of_the_api() -> None:
    reason = algorithm_error("x" * 5_000, 137)
    assert len(reason) == 1024  # botocore shape FailureReason, max
    assert reason.endswith("x, exit code: 137")
