"""FailureReason in AWS's words."""

import re
from pathlib import Path

REASON_LENGTH_MAX = 1024  # botocore shape FailureReason
MESSAGE_LENGTH_MAX = 1024  # botocore shape ExitMessage
_TAIL_SIZE_BYTES = 64 * 1024
_STAMP = re.compile(r"^\d+\t")
_FINAL_TRACEBACK_LINE = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning)\b")


class ClientFault(Exception):
    """The job cannot run for a reason that lies with its caller: FailureReason ClientError."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def client_error(message: str) -> str:
    """The reason of a job that its caller set up wrongly."""
    return f"ClientError: {message}"[:REASON_LENGTH_MAX]


def algorithm_error(explanation: str, exit_code: int) -> str:
    """The reason of a job whose script failed.

    Source: "AlgorithmError: <failure file>, exit code: 1", as DescribeTrainingJob answers.
    """
    ending = f", exit code: {exit_code}"
    room = REASON_LENGTH_MAX - len("AlgorithmError: ") - len(ending)
    return f"AlgorithmError: {explanation[:room]}{ending}"


def internal_server_error(message: str) -> str:
    """The reason of a job that the emulator failed."""
    return f"InternalServerError: {message}"[:REASON_LENGTH_MAX]


def read_start(root: Path, relative: str, length: int) -> str:
    """The first characters of a file the container may have written; empty if it has not.

    A link that leads out of the container's root is not followed.
    """
    path = (root / relative).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(length).strip()


def explain_from_log(log_path: Path) -> str:
    """The last exception of the log: ``ValueError: ratings are not numbers``.

    AWS leaves this place empty when the script wrote no failure file; the script's own words
    serve its author better.
    """
    if not log_path.is_file():
        return ""
    with log_path.open("rb") as file:
        file.seek(max(0, log_path.stat().st_size - _TAIL_SIZE_BYTES))
        lines = file.read().decode("utf-8", "replace").splitlines()
    for line in reversed(lines):
        text = _STAMP.sub("", line)
        if _FINAL_TRACEBACK_LINE.match(text):
            return text
    return ""
