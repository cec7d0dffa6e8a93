"""EMR's release labels, and the image that stands for a cluster's machines."""

import re

# Source: "Spark release history" of the EMR release guide: emr-6.0.0 brought Spark 2.4, emr-7.12.0
# has 3.5.6. SageMaker's own Spark image has the same line.
_LABEL = re.compile(r"emr-(6|7)\.\d+\.\d+(-latest)?")
IMAGE_URI = "sagemaker-spark-processing:3.5"


def release_fault(label: str | None) -> str | None:
    """Why a cluster of this release cannot be run, or None when it can."""
    if label is not None and _LABEL.fullmatch(label):
        return None
    return (
        f"The release label {label!r} cannot be run: the emulator has Spark 3.5, as emr-7.x.x has,"
        " and runs emr-6.x.x by it, too."
    )
