"""Bad input: one error that lists every fault, and where SageMaker looks for its text."""

import sys
from collections.abc import Sequence
from pathlib import Path

MESSAGE_BYTES = 1024


class BadInput(Exception):
    """Input that cannot be used; the text is one line that names every fault found."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" | ".join(" ".join(fault.split()) for fault in faults))


def report(error: BadInput, path: Path) -> None:
    """Prints the error and writes its first MESSAGE_BYTES to the file that SageMaker reads.

    Source: ExitMessage of DescribeProcessingJob is `/opt/ml/output/message`; FailureReason of
    DescribeTrainingJob is `/opt/ml/output/failure`. Both keep 1,024 characters at most.
    """
    text = f"bad input: {error}"
    print(text, file=sys.stderr, flush=True)
    short = text.encode()[:MESSAGE_BYTES].decode(errors="ignore")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(short, encoding="utf-8")


def fraction_faults(name: str, value: float) -> list[str]:
    """Faults of a fraction that has to lie between 0 and 1, both excluded."""
    if 0.0 < value < 1.0:
        return []
    return [f"argument {name}: got {value}, expected a number above 0 and below 1"]
