"""A buildspec: read and checked, before anything of it runs. Nothing here has a side effect.

    model          what a buildspec says, as data
    nodes          YAML whose every value knows its line, and the faults found in it
    reading        YAML -> model, with all faults at once
    runtimes       the runtimes that may be named, and those that this machine has
    file_patterns  which files patterns such as ``**/*`` mean

Source: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
"""

from emulator.services.codebuild.buildspec.model import (
    ArtifactFiles,
    Buildspec,
    OnFailure,
    Phase,
    ReportFiles,
)
from emulator.services.codebuild.buildspec.reading import BuildspecRefused, read_buildspec

__all__ = [
    "ArtifactFiles",
    "Buildspec",
    "BuildspecRefused",
    "OnFailure",
    "Phase",
    "ReportFiles",
    "read_buildspec",
]
