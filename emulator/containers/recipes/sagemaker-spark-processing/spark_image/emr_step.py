"""Runs a command as EMR runs a step: what it prints is also kept as stdout and stderr, apart."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, BinaryIO

LOGS = Path("/opt/ml/logs")


def main() -> int:
    """Runs the arguments as a command; 128 + N when signal N ended it."""
    LOGS.mkdir(parents=True, exist_ok=True)
    # A signal to the container reaches the command as well, which then ends; so this waits.
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    copiers = [
        threading.Thread(target=_copy, args=(pipe, own, LOGS / name))
        for name, pipe, own in (
            ("stdout", process.stdout, sys.stdout.buffer),
            ("stderr", process.stderr, sys.stderr.buffer),
        )
    ]
    for copier in copiers:
        copier.start()
    for copier in copiers:
        copier.join()
    code = process.wait()
    return 128 - code if code < 0 else code


def _copy(pipe: IO[bytes], own: BinaryIO, path: Path) -> None:
    with path.open("wb") as file:
        for line in pipe:
            file.write(line)
            own.write(line)
            own.flush()


if __name__ == "__main__":
    sys.exit(main())
