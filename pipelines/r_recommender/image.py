"""The address of the R image: `python -m pipelines.r_recommender.image` prints it.

The tag is the hash of the folder that the image is built from. So a step runs the code that the
definition was built with, a changed image is another argument and nothing of it is reused, and an
image that has been pushed once need not be built again.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.build import STEPS_DIRECTORY
from pipelines.command_line import UsageError, add_target_flags, fail, target_from
from pipelines.source import SourceArchive, SourceError, pack
from pipelines.target import Target

from . import settings

FOLDER = STEPS_DIRECTORY / Path(__file__).parent.name
ROLE_VARIABLE = "SAGEMAKER_PIPELINE_ROLE_ARN"


def image_uri(target: Target, source: SourceArchive) -> str:
    """The address in the target's own account of the image built from the source."""
    return target.image_uri(settings.REPOSITORY, source.sha256)


def main(argv: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Prints the address; 0, or 2 when the command cannot start."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_target_flags(parser, ROLE_VARIABLE)
    try:
        target = target_from(parser.parse_args(argv), environment, ROLE_VARIABLE)
        print(image_uri(target, pack(FOLDER, target.bucket)))
    except (UsageError, SourceError) as error:
        return fail(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
