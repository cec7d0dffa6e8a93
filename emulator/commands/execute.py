"""exec: any command, with its AWS clients pointed at the emulator."""

import argparse
import os
import sys

from emulator.client_environment import client_environment
from emulator.commands.running import require_running


def execute(arguments: argparse.Namespace) -> int:
    """Become the command; its exit code is ours."""
    running = require_running(arguments.data)
    argv = arguments.argv[1:] if arguments.argv[:1] == ["--"] else arguments.argv
    if not argv:
        print("exec: what shall run? python -m emulator exec -- COMMAND", file=sys.stderr)
        return 2
    environment = os.environ | client_environment(running.url, running.region)
    # A profile would bring its own region, endpoint or role along.
    environment.pop("AWS_PROFILE", None)
    environment.pop("AWS_SESSION_TOKEN", None)
    sys.stdout.flush()
    try:
        os.execvpe(argv[0], argv, environment)
    except OSError as error:
        print(f"exec: {argv[0]}: {error.strerror}", file=sys.stderr)
        return 127
