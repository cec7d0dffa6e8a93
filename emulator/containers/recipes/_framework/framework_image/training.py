"""Runs a training script with AWS's toolkit: `python -m framework_image.training`."""

import json
import os
import socket
import sys
from pathlib import Path

LOOPBACK = "127.0.0.1"


def main() -> None:
    """Hand over to the toolkit, which runs the script and writes the failure file."""
    base_dir = os.environ.get("SAGEMAKER_BASE_DIR")
    if base_dir is not None:
        _resolve_hosts(Path(base_dir))
    from sagemaker_training.cli.train import main as train

    # The toolkit adds what it finds here to the script's arguments.
    sys.argv = ["train"]
    train()


def _resolve_hosts(base_dir: Path) -> None:
    # Without a mount namespace there is no hosts file of our own, and the toolkit waits until
    # the instance's name resolves.
    try:
        config = json.loads((base_dir / "input/config/resourceconfig.json").read_text())
    except (OSError, ValueError):
        return
    names = set(config.get("hosts", []))
    resolve = socket.gethostbyname
    socket.gethostbyname = lambda name: LOOPBACK if name in names else resolve(name)


if __name__ == "__main__":
    main()
