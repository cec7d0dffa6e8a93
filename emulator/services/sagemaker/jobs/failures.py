"""FailureReason in AWS's words."""

import re
from pathlib import Path

REASON_LENGTH_MAX = 1024  # botocore shape FailureReason
MESSAGE_LENGTH_MAX = 1024  # botocore shape ExitMessage
_FAILURE_FILE = "output/failure"
_EMPTY_ERROR_MESSAGE = 'ErrorMessage ""'
_TAIL_SIZE_BYTES = 64 * 1024
_STAMP = re.compile(r"^\d+\t")
_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception)(?:: .+)?$")


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


def explain_failure(root: Path, log_path: Path) -> str:
    """What a training job says of its failure: its failure file, else its last exception.

    AWS's training toolkit writes ``ErrorMessage ""`` for images that do not capture the script's
    errors; the empty place is filled, because it is the first thing the author looks for.
    """
    failure = read_start(root, _FAILURE_FILE, REASON_LENGTH_MAX)
    if failure and _EMPTY_ERROR_MESSAGE not in failure:
        return failure
    exception = explain_from_log(log_path)
    if not failure:
        return exception
    return failure.replace(_EMPTY_ERROR_MESSAGE, f'ErrorMessage "{exception}"', 1)


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
    texts = [_STAMP.sub("", line) for line in lines]
    return _after_last_traceback(texts) or _last_exception(texts)


def _after_last_traceback(texts: list[str]) -> str:
    """The line that ends the last traceback: the first one after it that is not indented."""
    starts = [index for index, text in enumerate(texts) if text == _TRACEBACK]
    if not starts:
        return ""
    after = (text for text in texts[starts[-1] + 1 :] if text and not text[0].isspace())
    return next(after, "")


def _last_exception(texts: list[str]) -> str:
    """A syntax error, for one, comes without a traceback."""
    return next((text for text in reversed(texts) if _EXCEPTION.match(text)), "")
