"""The image's `train`: the user's script if one is named, else the built-in algorithm."""

import json
import sys
import traceback
from pathlib import Path

from framework_image.directories import base_dir

from xgboost_image.light import import_xgboost

FAILURE_CHARACTERS = 1024


def main() -> int:
    """Train, and say in the failure file why it failed."""
    root = base_dir()
    config = root / "input" / "config"
    hyperparameters = _read(config / "hyperparameters.json")
    if "sagemaker_program" in hyperparameters:
        from framework_image.training import main as run_script

        run_script()
        return 0
    import_xgboost()
    from xgboost_image.algorithm import train
    from xgboost_image.hyperparameters import UserError

    try:
        train(root, hyperparameters, _read(config / "inputdataconfig.json"))
    except UserError as error:
        return _fail(root, f"UserError: {error}")
    except Exception as error:  # noqa: BLE001 - the process's boundary; it is told in full
        traceback.print_exc()
        return _fail(root, f"AlgorithmError: XGB train call failed with exception: {error}")
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
