"""Where a build finds its buildspec: inline, in its source, or in S3."""

import getpass
import os
from pathlib import Path

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codebuild.buildspec import Buildspec, BuildspecRefused, read_buildspec
from emulator.services.codebuild.checks import is_inline
from emulator.services.codebuild.failures import yaml_error

_USUAL_NAME = "buildspec.yml"
_S3_ARN = "arn:aws:s3:::"


def find_buildspec(context: Context, given: str | None, source: Path) -> Buildspec:
    """The buildspec that a project or a build gives, or that lies in the source.

    Raises:
        PhaseFailed: There is none, or it has faults, all of which are told.
    """
    try:
        return read_buildspec(_text(context, given, source), _users())
    except BuildspecRefused as error:
        raise yaml_error(str(error)) from error


def _text(context: Context, given: str | None, source: Path) -> str:
    if given and is_inline(given):
        return given
    if given and given.startswith(_S3_ARN):
        bucket, _, key = given.removeprefix(_S3_ARN).partition("/")
        try:
            return context.objects.path(bucket, key).read_text(errors="replace")
        except AwsError as error:
            raise yaml_error(f"{given}: {error.code}: {error.message}") from error
    path = source / (given or _USUAL_NAME)
    if not path.resolve().is_relative_to(source.resolve()):
        raise yaml_error(f"The buildspec {given!r} is outside the source")
    if not path.is_file():
        raise yaml_error(f"stat {path}: no such file or directory")
    return path.read_text(errors="replace")


def _users() -> set[str]:
    """Whom commands can be run as: only who runs the emulator."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in some containers
        user = str(os.getuid())
    return {user, "root"} if os.getuid() == 0 else {user}
