"""The emulator's commands: up, down, status, exec, logs, build."""

import argparse
import errno
import os
import sys

from emulator.commands import build, execute, lifecycle, logs, status
from emulator.commands.directories import DirectoryUnusable
from emulator.commands.running import NotRunning
from emulator.commands.usage import parser

COMMANDS = {
    "up": lifecycle.up,
    "down": lifecycle.down,
    "status": status.status,
    "exec": execute.execute,
    "logs": logs.logs,
    "build": build.build,
}
_INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 not done, 2 wrong usage, 130 Ctrl-C."""
    arguments = parser().parse_args(argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        if error.errno == errno.ENOSPC:  # a pipe's reader, e.g. head, only has had enough
            print(f"{arguments.command}: {error.strerror}", file=sys.stderr)
        # Nothing is left to flush into when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _run(arguments: argparse.Namespace) -> int:
    try:
        return COMMANDS[arguments.command](arguments)
    except (NotRunning, DirectoryUnusable) as error:
        print(error)
        return 1
