"""The image's `train`: `python -m object2vec_image.training`."""

import json
import logging
import sys
import time
import traceback
from pathlib import Path

from framework_image.directories import base_dir

FAILURE_CHARACTERS = 1024


def main() -> int:
    """Train, and say in the failure file why it failed."""
    logging.Formatter.converter = time.gmtime
    # Source: a log line of AWS's container, "[07/16/2019 13:17:05 INFO 139724453652288] ...".
    logging.basicConfig(
        level=logging.INFO,
        format="[%(asctime)s %(levelname)s %(thread)d] %(message)s",
        datefmt="%m/%d/%Y %H:%M:%S",
        stream=sys.stdout,
    )
    root = base_dir()
    config = root / "input" / "config"
    from object2vec_image.algorithm import train
    from object2vec_image.hyperparameters import UserError

    try:
        host = _read(config / "resourceconfig.json").get("current_host", "algo-1")
        channels = _read(config / "inputdataconfig.json")
        train(root, _read(config / "hyperparameters.json"), channels, host)
    except UserError as error:
        return _fail(root, f"ClientError: {error}")
    except Exception as error:  # noqa: BLE001 - the process's boundary; it is told in full
        traceback.print_exc()
        return _fail(root, f"AlgorithmError: {type(error).__name__}: {error}")
    return 0


def _read(path: Path) -> dict:
    return json.loads(path.read_text()) if path.is_file() else {}


def _fail(root: Path, message: str) -> int:
    print(message, file=sys.stderr)
    failure = root / "output" / "failure"
    failure.parent.mkdir(parents=True, exist_ok=True)
    failure.write_text(message[:FAILURE_CHARACTERS])
    return 1


if __name__ == "__main__":
    sys.exit(main())
