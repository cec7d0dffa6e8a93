"""Programs that every build finds on PATH, because CodeBuild's images have them: aws.

Each is a launcher in the build's own folder, which comes after the build's Python environment, so
that an ``aws`` that the build installs itself is the one it calls, and before this machine's.

Source: https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
"""

import shlex
import sys
from pathlib import Path

from emulator.context import Context
from emulator.services.codebuild import aws_cli
from emulator.services.codebuild.directories import BuildDirectory

_SOURCE_ROOT = Path(__file__).resolve().parents[3]
_AWS = """\
#!/bin/sh
# Made when a build first calls it, as few do; kept for all builds of this user.
if [ ! -d {environment} ]; then {build} || exit; fi
exec {environment}/bin/aws "$@"
"""


def make_tools(context: Context, directory: BuildDirectory) -> Path:
    """Write the launchers, and give the folder to put on PATH."""
    folder = directory.tools
    folder.mkdir(exist_ok=True)
    _write(folder / "aws", _aws(context.settings.cache_dir.absolute()))
    return folder


def _aws(cache_dir: Path) -> str:
    environment = aws_cli.locate(cache_dir).path
    return _AWS.format(
        environment=shlex.quote(str(environment)),
        build=_main(aws_cli.__name__, str(cache_dir)),
    )


def _main(module: str, *words: str) -> str:
    """A shell's words that run a module's main, whatever PYTHONPATH a build sets."""
    run = (
        f"import sys; sys.path.insert(0, {str(_SOURCE_ROOT)!r}); "
        f"from {module} import main; sys.exit(main(sys.argv[1:]))"
    )
    return shlex.join([sys.executable, "-I", "-c", run, *words])


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
