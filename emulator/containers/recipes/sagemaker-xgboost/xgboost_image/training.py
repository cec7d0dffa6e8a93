"""The image's `train`: the user's script if one is named, else the built-in algorithm."""

import sys
import traceback

from framework_image.algorithms import fail, read_config
from framework_image.directories import base_dir

from xgboost_image.light import import_xgboost


def main() -> int:
    """Train, and say in the failure file why it failed."""
    root = base_dir()
    hyperparameters = read_config(root, "hyperparameters")
    if "sagemaker_program" in hyperparameters:
        from framework_image.training import main as run_script

        run_script()
        return 0
    import_xgboost()
    from xgboost_image.algorithm import train
    from xgboost_image.hyperparameters import UserError

    try:
        train(root, hyperparameters, read_config(root, "inputdataconfig"))
    except UserError as error:
        return fail(root, f"UserError: {error}")
    except Exception as error:  # noqa: BLE001 - the process's boundary; it is told in full
        traceback.print_exc()
        return fail(root, f"AlgorithmError: XGB train call failed with exception: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
