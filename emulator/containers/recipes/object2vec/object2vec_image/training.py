"""The image's `train`: `python -m object2vec_image.training`."""

import logging
import sys
import time
import traceback

from framework_image.algorithms import fail, read_config
from framework_image.directories import base_dir


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
    from object2vec_image.algorithm import train
    from object2vec_image.hyperparameters import UserError

    try:
        host = read_config(root, "resourceconfig").get("current_host", "algo-1")
        channels = read_config(root, "inputdataconfig")
        train(root, read_config(root, "hyperparameters"), channels, host)
    except UserError as error:
        return fail(root, f"ClientError: {error}")
    except Exception as error:  # noqa: BLE001 - the process's boundary; it is told in full
        traceback.print_exc()
        return fail(root, f"AlgorithmError: {type(error).__name__}: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
