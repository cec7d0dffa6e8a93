"""Where a container finds what SageMaker gives it."""

import os
from pathlib import Path


def base_dir() -> Path:
    """/opt/ml, or what stands for it without a mount namespace."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
