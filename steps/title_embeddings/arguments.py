"""Command-line arguments whose faults reach SageMaker like those of the data."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import NoReturn, Sequence

from faults import BadInput


class Parser(argparse.ArgumentParser):
    """Raises BadInput where argparse would end the process; takes no shortened flags."""

    def __init__(self, description: str) -> None:
        super().__init__(description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raises what argparse found.

        Raises:
            BadInput: always.
        """
        raise BadInput([f"arguments: {message}"])


def split_base_directory(argv: Sequence[str] | None) -> tuple[Path, list[str]]:
    """The machine-learning directory, and the arguments without `--base-directory`.

    It is `/opt/ml` unless the flag or SAGEMAKER_BASE_DIR (the training toolkit's variable) says
    otherwise, and is read first so that faults in the other arguments can be written below it.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--base-directory", default=os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    known, rest = parser.parse_known_args(argv)
    return Path(known.base_directory), rest
