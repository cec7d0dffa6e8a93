"""Programs that every build finds on PATH, because CodeBuild's images have them: aws and docker.

Each is a launcher in the build's own folder, which comes after the build's Python environment, so
that an ``aws`` that the build installs itself is the one it calls, and before this machine's.

Source: https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
"""

import shlex
import sys
from pathlib import Path

from emulator import moto
from emulator.containers import ImageStore
from emulator.containers.docker import command_line
from emulator.containers.docker.engine import Engine, Surroundings
from emulator.context import Context
from emulator.services.codebuild import aws_cli
from emulator.services.codebuild.directories import BuildDirectory
from emulator.services.codebuild.records import uuid_of
from emulator.store import Document

_SOURCE_ROOT = Path(__file__).resolve().parents[3]
_AWS = """\
#!/bin/sh
# Made when a build first calls it, as few do; kept for all builds of this user.
if [ ! -d {environment} ]; then {build} || exit; fi
exec {environment}/bin/aws "$@"
"""
_DOCKER = """\
#!/bin/sh
exec {docker} "$@"
"""


def make_tools(context: Context, build: Document, directory: BuildDirectory) -> Path:
    """Write the launchers, and give the folder to put on PATH."""
    folder = directory.tools
    folder.mkdir(exist_ok=True)
    _write(folder / "aws", _aws(context.settings.cache_dir.absolute()))
    _write(folder / "docker", _docker(context, build))
    return folder


def _aws(cache_dir: Path) -> str:
    environment = aws_cli.locate(cache_dir).path
    return _AWS.format(
        environment=shlex.quote(str(environment)),
        build=_main(aws_cli.__name__, str(cache_dir)),
    )


def _docker(context: Context, build: Document) -> str:
    """Without privileged mode a build has the program and no engine, as on AWS.

    Source: "Run Docker in builds" and "Troubleshooting" of the CodeBuild user guide.
    """
    words = []
    if build["environment"]["privilegedMode"]:
        settings = context.settings
        surroundings = Surroundings(
            settings.endpoint_url,
            settings.region,
            settings.account_id,
            settings.images_dir,
            settings.cache_dir.absolute(),
        )
        engine = Engine.start(surroundings, uuid_of(build["id"]))
        words = ["--engine", str(engine.path)]
    return _DOCKER.format(docker=_main(command_line.__name__, *words))


def end_engine(context: Context, build_id: str) -> None:
    """Forget the engine of a build that has ended, and remove what it has not pushed."""
    path = Engine.place(context.settings.images_dir, uuid_of(build_id))
    if path.exists():
        path.unlink()
        moto.remove_unregistered(context)


def recover(context: Context) -> None:
    """Forget the engines of builds that died with the last emulator."""
    ImageStore(context.settings.images_dir).forget_engines()


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
