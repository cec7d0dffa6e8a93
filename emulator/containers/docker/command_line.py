"""Docker's command line, as far as builds of an image need it.

Source: the usage, the words and the exit codes of Docker 28.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emulator.containers.docker import building, listing, registry
from emulator.containers.docker.building import Build
from emulator.containers.docker.engine import Engine
from emulator.containers.docker.failures import FLAG_EXIT_CODE, DockerFailed
from emulator.containers.docker.flags import Flag, FlagInvalid, Given, parse_flags
from emulator.containers.docker.references import InvalidReference, Reference, parse_reference

Say = Callable[[str], None]
Work = Callable[[Engine, Say], None]

NO_DAEMON = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon "
    "running?"
)
_WHAT_IT_CAN = (
    "The emulator's docker has no Docker engine behind it. It builds and pushes images by the "
    "recipe.toml beside their Dockerfile, and runs no instruction of that and no container; a job "
    "or an endpoint of SageMaker runs the image. Its commands: {commands}"
)
# Docker's own, with its plugins; what is neither here nor among ours is unknown to Docker, too.
_OTHERS = (
    "attach builder buildx checkpoint commit compose config container context cp create diff "
    "events exec export history image import inspect kill load logout logs manifest network node "
    "pause plugin port ps pull rename restart rm rmi run save scout search secret service stack "
    "start stats stop swarm system top trust unpause update volume wait"
)


@dataclass(frozen=True)
class Command:
    """A command of ours.

    Attributes:
        usage: What comes after its name.
        read: Makes work of what was given.
        at_least: How many words it needs.
        at_most: How many it takes.
    """

    usage: str
    read: Callable[[Given], Work]
    at_least: int = 0
    at_most: int = 0
    flags: tuple[Flag, ...] = ()


def run(words: Sequence[str], engine: Engine | None, say: Say) -> None:
    """Run a command.

    Args:
        words: The command line, without ``docker``.
        engine: None where no engine can be reached.
        say: Prints a line.

    Raises:
        DockerFailed: With Docker's words and exit code.
    """
    name, *rest = words or ["--help"]
    if name in ("--help", "-h", "help"):
        say(_what_it_can())
    elif name in ("--version", "-v"):
        say("The emulator's docker")
    elif name.startswith("-"):
        raise _wrong_flag(f"unknown flag: {name}", "docker", "[OPTIONS] COMMAND [ARG...]")
    elif name not in COMMANDS:
        raise _not_ours(name)
    elif rest[:1] in (["--help"], ["-h"]):
        say(f"Usage:  docker {name} {COMMANDS[name].usage}\n\n{_what_it_can()}")
    else:
        work = _read(name, COMMANDS[name], rest)
        if engine is None:
            raise DockerFailed(NO_DAEMON)
        work(engine, say)


def _read(name: str, command: Command, words: Sequence[str]) -> Work:
    try:
        given = parse_flags(command.flags, words)
        count = len(given.words)
        if not command.at_least <= count <= command.at_most:
            raise _wrong_count(name, command)
        return command.read(given)
    except FlagInvalid as error:
        raise _wrong_flag(str(error), f"docker {name}", command.usage, command.flags) from error


def _build(given: Given) -> Work:
    request = Build(
        given.words[0],
        tuple(_flag_reference(text) for text in given.values.get("tag", ())),
        given.last("file"),
        given.has("quiet"),
        given.last("iidfile"),
    )
    return lambda engine, say: building.build(engine, request, say)


def _push(given: Given) -> Work:
    try:
        reference = parse_reference(given.words[0])
    except InvalidReference as error:
        raise DockerFailed(str(error)) from error
    return lambda engine, say: registry.push(engine, reference, given.has("quiet"), say)


def _tag(given: Given) -> Work:
    source, target = (_word_reference(word) for word in given.words)
    return lambda engine, _: listing.tag(engine, given.words[0], source, target)


def _images(given: Given) -> Work:
    name = next(iter(given.words), None)
    return lambda engine, say: listing.list_images(engine, name, given.has("quiet"), say)


def _login(given: Given) -> Work:
    username, password = given.last("username"), given.last("password")
    if given.has("password-stdin"):
        if password is not None:
            raise DockerFailed(
                "conflicting options: cannot specify both --password and --password-stdin"
            )
        if username is None:
            raise DockerFailed("the --password-stdin option requires --username to be set")
        password = sys.stdin.read().rstrip("\r\n")
    if username is None or not password:
        raise DockerFailed("Error: Cannot perform an interactive login from a non TTY device")
    server = next(iter(given.words), "")
    return lambda engine, say: registry.log_in(engine, server, username, password, say)


def _version(_: Given) -> Work:
    return listing.print_version


def _info(_: Given) -> Work:
    return listing.print_info


_QUIET = Flag("quiet", "q", takes_value=False)
COMMANDS: Mapping[str, Command] = {
    "build": Command(
        "[OPTIONS] PATH | URL | -",
        _build,
        at_least=1,
        at_most=1,
        flags=(
            Flag("tag", "t"),
            Flag("file", "f"),
            Flag("iidfile"),
            _QUIET,
            # They ask for what is so in any case: no other image, and no layer of an earlier one.
            Flag("pull", takes_value=False),
            Flag("no-cache", takes_value=False),
        ),
    ),
    "images": Command("[OPTIONS] [REPOSITORY[:TAG]]", _images, at_most=1, flags=(_QUIET,)),
    "info": Command("[OPTIONS]", _info),
    "login": Command(
        "[OPTIONS] [SERVER]",
        _login,
        at_most=1,
        flags=(
            Flag("username", "u"),
            Flag("password", "p"),
            Flag("password-stdin", takes_value=False),
        ),
    ),
    "push": Command("[OPTIONS] NAME[:TAG]", _push, at_least=1, at_most=1, flags=(_QUIET,)),
    "tag": Command("SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", _tag, at_least=2, at_most=2),
    "version": Command("[OPTIONS]", _version),
}


def _flag_reference(text: str) -> Reference:
    try:
        return parse_reference(text)
    except InvalidReference as error:
        raise FlagInvalid(f'invalid argument "{text}" for "-t, --tag" flag: {error}') from error


def _word_reference(text: str) -> Reference:
    try:
        return parse_reference(text)
    except InvalidReference as error:
        raise DockerFailed(
            f'Error parsing reference: "{text}" is not a valid repository/tag: {error}'
        ) from error


def _what_it_can() -> str:
    return _WHAT_IT_CAN.format(commands=", ".join(COMMANDS))


def _not_ours(name: str) -> DockerFailed:
    if name in _OTHERS.split():
        # `docker run` says with 125 that it was Docker, and not what it ran, that failed.
        code = FLAG_EXIT_CODE if name == "run" else 1
        return DockerFailed(f"docker: 'docker {name}' cannot be run here. {_what_it_can()}", code)
    return DockerFailed(
        f"docker: unknown command: docker {name}\n\nRun 'docker --help' for more information"
    )


def _wrong_flag(message: str, words: str, usage: str, flags: Sequence[Flag] = ()) -> DockerFailed:
    ours = ", ".join(f"--{flag.name}" for flag in flags) or "no such flag"
    return DockerFailed(
        f"{message}\n\nUsage:  {words} {usage}\n\nRun '{words} --help' for more information\n"
        f"The emulator's {words} takes {ours}: what else Docker takes, it cannot do without a "
        f"Docker engine",
        FLAG_EXIT_CODE,
    )


def _wrong_count(name: str, command: Command) -> DockerFailed:
    if command.at_most == 0:
        wanted = "accepts no arguments"
    elif command.at_least < command.at_most:
        wanted = f"requires at most {_arguments(command.at_most)}"
    else:
        wanted = f"requires {_arguments(command.at_least)}"
    return DockerFailed(
        f"docker: 'docker {name}' {wanted}\n\nUsage:  docker {name} {command.usage}\n\n"
        f"Run 'docker {name} --help' for more information"
    )


def _arguments(count: int) -> str:
    return f"{count} argument{'s' if count > 1 else ''}"


def main(argv: Sequence[str]) -> int:
    """Run a command line whose first words are ``--engine PATH`` where there is an engine."""
    words = list(argv)
    engine = None
    if words[:1] == ["--engine"]:
        engine = Engine(Path(words[1]))
        words = words[2:]
    try:
        run(words, engine, lambda line: print(line, flush=True))
    except DockerFailed as failed:
        print(failed.message, file=sys.stderr, flush=True)
        return failed.exit_code
    except OSError as error:  # such as a disk that is full
        print(f"Error response from daemon: {error}", file=sys.stderr, flush=True)
        return 1
    return 0
