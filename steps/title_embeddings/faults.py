"""Bad input: one error that lists every fault, and where SageMaker looks for its text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Sequence

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
