"""Imports XGBoost without scikit-learn, for the built-in algorithm, which needs none of it.

XGBoost imports scikit-learn where there is one, for its estimator classes. That takes three times
as long as XGBoost itself, in every training job and every server.
"""

import sys


def import_xgboost() -> None:
    """Import it; to be called before anything else does."""
    if "sklearn" in sys.modules or "xgboost" in sys.modules:
        return
    sys.modules["sklearn"] = None  # type: ignore[assignment] - Python's own mark for "not there"
    try:
        import xgboost  # noqa: F401
    finally:
        del sys.modules["sklearn"]
