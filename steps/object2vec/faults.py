"""Bad input: one error that lists every fault, and where SageMaker looks for its text."""

import sys
from collections.abc import Sequence
from pathlib import Path

MESSAGE_BYTES = 1024


class BadInput(Exception):
    """Input that cannot be used; the text is one line that names every fault found."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" | ".join(" ".join(fault.split()) for fault in faults))


def report(error: BadInput, base: Path) -> None:
    """Prints the error and writes its first MESSAGE_BYTES where SageMaker looks.

    Source: ExitMessage of DescribeProcessingJob is `/opt/ml/output/message`.
    """
    text = f"bad input: {error}"
    print(text, file=sys.stderr, flush=True)
    path = base / "output/message"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.encode()[:MESSAGE_BYTES].decode(errors="ignore"), encoding="utf-8")
