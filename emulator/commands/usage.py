"""The arguments of the commands."""

import argparse
import os
import re
from pathlib import Path

from emulator.commands.directories import default_cache_dir, default_data_dir
from emulator.context import TimeLimits

_SECONDS_AT_MOST = 86_400


def parser() -> argparse.ArgumentParser:
    """What ``python -m emulator`` takes; the chosen command's name is in ``command``."""
    whole = argparse.ArgumentParser(
        prog="python -m emulator",
        description="AWS on a laptop: SageMaker, S3, Lambda and more on 127.0.0.1, without Docker.",
        epilog="Start with: python -m emulator up; python -m emulator exec -- aws s3 ls",
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (purpose, add_arguments) in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        command.add_argument(
            "--data",
            metavar="DIR",
            type=lambda text: Path(text).absolute(),
            default=default_data_dir(),
            help="the data directory: everything the emulator keeps (default: EMULATOR_DATA, or "
            ".emulator in the current directory)",
        )
        add_arguments(command)
    return whole


def _add_nothing(_command: argparse.ArgumentParser) -> None:
    """The command takes no arguments of its own."""


def _add_up(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--port",
        type=_port,
        help="port on 127.0.0.1; 0 takes a free one (default: 4768, or a free one if it is taken)",
    )
    command.add_argument(
        "--region",
        type=_region,
        default=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
        help="the region it plays (default: AWS_DEFAULT_REGION or us-east-1)",
    )
    command.add_argument(
        "--stop-grace-seconds",
        type=_seconds,
        default=TimeLimits.stop_grace_seconds,
        metavar="N",
        help="how long a stopped job has from SIGTERM to SIGKILL (default: %(default)s, as AWS); a "
        "model server has at most 30",
    )
    command.add_argument(
        "--startup-health-check-seconds",
        type=_seconds,
        default=TimeLimits.startup_health_check_seconds,
        metavar="N",
        help="how long a model server has to answer /ping, unless the endpoint config says it "
        "(default: %(default)s, as AWS)",
    )
    command.add_argument(
        "--traffic-wait-seconds",
        type=_seconds,
        metavar="N",
        help="the longest that an endpoint's deployment waits between the steps of its traffic and "
        "before the old fleet ends (default: as long as its deployment config says, as AWS)",
    )
    command.add_argument(
        "--serverless-idle-seconds",
        type=_seconds,
        default=TimeLimits.serverless_idle_seconds,
        metavar="N",
        help="how long a serverless endpoint keeps its server after a request (default: "
        "%(default)s)",
    )
    _add_recipes(command)
    command.add_argument(
        "--foreground", action="store_true", help="serve in this terminal until Ctrl-C"
    )
    command.set_defaults(cache_dir=default_cache_dir())


def _add_exec(command: argparse.ArgumentParser) -> None:
    command.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND")


def _add_logs(command: argparse.ArgumentParser) -> None:
    command.add_argument("job", metavar="JOB", help="its name, or any part of it")
    command.add_argument(
        "--follow", action="store_true", help="go on with what is printed from now on until Ctrl-C"
    )


def _add_build(command: argparse.ArgumentParser) -> None:
    command.add_argument("images", nargs="+", metavar="IMAGE_URI")
    command.add_argument(
        "--requirements",
        type=Path,
        metavar="FILE",
        help="a requirements.txt that the jobs' source directory brings along",
    )
    _add_recipes(command)
    command.set_defaults(cache_dir=default_cache_dir())


def _add_recipes(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--recipes",
        type=_directory,
        action="append",
        default=[],
        metavar="DIR",
        help="a directory of images' recipes, DIR/<any name>/recipe.toml, searched before those in "
        "EMULATOR_RECIPES, in recipes of the data directory and built in; may be given repeatedly",
    )


_COMMANDS = {
    "up": ("start it, or say that it runs", _add_up),
    "down": ("stop it, and every job and endpoint", _add_nothing),
    "status": ("what runs, and what it holds", _add_nothing),
    "exec": ("run a command whose AWS clients talk to the emulator", _add_exec),
    "logs": ("print the log of a job, an endpoint or a function", _add_logs),
    "build": ("make the environments of images before they are needed", _add_build),
}


def _directory(text: str) -> Path:
    path = Path(text).absolute()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"got {text}, expected a directory")
    return path


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"got {text}, expected a port from 0 to 65535")
    return int(text)


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
