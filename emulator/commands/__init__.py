"""The emulator's commands: up, down, status, exec, logs, build."""

import argparse
import os
import re
import sys
from pathlib import Path

from emulator.commands import build, execute, lifecycle, logs, status
from emulator.commands.lifecycle import DataDirUnusable
from emulator.commands.running import NotRunning
from emulator.context import TimeLimits

_SECONDS_AT_MOST = 86_400

COMMANDS = {
    "up": lifecycle.up,
    "down": lifecycle.down,
    "status": status.status,
    "exec": execute.execute,
    "logs": logs.logs,
    "build": build.build,
}


def main(argv: list[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 not done, 2 wrong usage."""
    arguments = _parser().parse_args(argv)
    try:
        return COMMANDS[arguments.command](arguments)
    except (NotRunning, DataDirUnusable) as error:
        print(error)
        return 1
    except BrokenPipeError:
        # Whoever read the output, e.g. head, has had enough; nothing is left to flush into.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def default_cache_dir() -> Path:
    """Where image environments are kept, for all data directories together."""
    chosen = os.environ.get("EMULATOR_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return Path(chosen) if chosen else home / "sagemaker-emulator"


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError(f"got {port}, expected a port from 0 to 65535")
    return port


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= _SECONDS_AT_MOST:
        raise argparse.ArgumentTypeError(
            f"got {text!r}, expected seconds from 0 to {_SECONDS_AT_MOST}"
        )
    return seconds


def _region(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+", text):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a region such as us-east-1")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m emulator",
        description="AWS on a laptop: SageMaker, S3, Lambda and more on 127.0.0.1, without Docker.",
        epilog="Start with: python -m emulator up; python -m emulator exec -- aws s3 ls",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=Path(os.environ.get("EMULATOR_DATA", ".emulator")),
        help="the data directory: everything the emulator keeps (default: .emulator)",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", parents=[shared], help="start it, or say that it runs")
    up.add_argument(
        "--port",
        type=_port,
        help="port on 127.0.0.1; 0 takes a free one (default: 4768, or a free one if it is taken)",
    )
    up.add_argument(
        "--region",
        type=_region,
        default=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
        help="the region it plays (default: AWS_DEFAULT_REGION or us-east-1)",
    )
    up.add_argument(
        "--stop-grace-seconds",
        type=_seconds,
        default=TimeLimits.stop_grace_seconds,
        metavar="N",
        help="how long a stopped job has from SIGTERM to SIGKILL (default: %(default)s, as AWS); a "
        "model server has at most 30",
    )
    up.add_argument(
        "--startup-health-check-seconds",
        type=_seconds,
        default=TimeLimits.startup_health_check_seconds,
        metavar="N",
        help="how long a model server has to answer /ping, unless the endpoint config says it "
        "(default: %(default)s, as AWS)",
    )
    up.add_argument("--foreground", action="store_true", help="serve in this terminal until Ctrl-C")
    up.set_defaults(cache_dir=default_cache_dir())
    commands.add_parser("down", parents=[shared], help="stop it, and every job and endpoint")
    commands.add_parser("status", parents=[shared], help="what runs, and what it holds")
    execute_parser = commands.add_parser(
        "exec", parents=[shared], help="run a command whose AWS clients talk to the emulator"
    )
    execute_parser.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    logs_parser = commands.add_parser(
        "logs", parents=[shared], help="print the log of a job, an endpoint or a function"
    )
    logs_parser.add_argument("job", metavar="JOB", help="its name, or the start of it")
    build_parser = commands.add_parser(
        "build", parents=[shared], help="make the environments of images before they are needed"
    )
    build_parser.add_argument("images", nargs="+", metavar="IMAGE_URI")
    build_parser.add_argument(
        "--requirements",
        type=Path,
        metavar="FILE",
        help="a requirements.txt that the jobs' source directory brings along",
    )
    build_parser.set_defaults(cache_dir=default_cache_dir())
    return parser
