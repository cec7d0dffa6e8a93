"""exec: any command, with its AWS clients pointed at the emulator."""

import argparse
import os
import sys
from pathlib import Path

from emulator.client_environment import redirected
from emulator.commands import sdk_defaults
from emulator.commands.running import Running, require_running


def execute(arguments: argparse.Namespace) -> int:
    """Become the command; its exit code is ours."""
    running = require_running(arguments.data)
    argv = arguments.argv[1:] if arguments.argv[:1] == ["--"] else arguments.argv
    if not any(argv[:1]):  # a variable that is empty gives an empty word
        print("exec: what shall run? python -m emulator exec -- COMMAND", file=sys.stderr)
        return 2
    environment = _environment(arguments.data, running)
    sys.stdout.flush()
    try:
        os.execvpe(argv[0], argv, environment)
    except OSError as error:
        print(f"exec: {argv[0]}: {error.strerror}", file=sys.stderr)
        return 127


def _environment(data_dir: Path, running: Running) -> dict[str, str]:
    environment = redirected(os.environ, running.url, running.region)
    # The commands that were installed with the emulator need no activated environment.
    beside = str(Path(sys.executable).parent)
    environment["PATH"] = os.pathsep.join([beside, environment.get("PATH", os.defpath)])
    if sdk_defaults.VARIABLE not in environment:
        environment[sdk_defaults.VARIABLE] = str(sdk_defaults.write(data_dir, running))
    return environment
