"""Prints, as JSON, the definition of each pipeline, the hash of its code written as zeros.

A process of its own, because importing the SageMaker SDK takes seconds and changes the process.
Run it to see a definition, or with a directory to write the golden files into it.
"""

import json
import sys
from pathlib import Path

from pipelines.build import build, names
from pipelines.target import Target

TARGET = Target(
    role_arn="arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole",
    bucket="sagemaker-us-east-1-123456789012",
    region="us-east-1",
)


def definitions() -> dict[str, str]:
    masked = {}
    for name in names():
        built = build(name, TARGET)
        definition = built.definition
        for archive in built.archives:
            if archive.s3_uri not in definition:
                raise AssertionError(f"{name} does not run the code that it packed: {archive.key}")
            definition = definition.replace(archive.sha256, "0" * 64)
        masked[name] = definition
    return masked


def main(arguments: list[str]) -> int:
    if not arguments:
        print(json.dumps(definitions()))
        return 0
    for name, definition in definitions().items():
        (Path(arguments[0]) / f"{name}.json").write_text(definition, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
