"""The commands of a phase, and what else only the build's shell can tell."""

import shlex
from collections.abc import Sequence

from emulator.services.codebuild.buildspec import Phase
from emulator.services.codebuild.directories import BuildDirectory
from emulator.services.codebuild.failures import PhaseFailed, client_error, command_error
from emulator.services.codebuild.logs import BuildLog
from emulator.services.codebuild.shell import Shell

# Before a command and in its first line, so that its own lines keep their numbers.
_IS_FAILING = "export CODEBUILD_BUILD_SUCCEEDING=0; "


def run_commands(shell: Shell, log: BuildLog, phase: Phase, *, is_succeeding: bool) -> None:
    """Run a phase's commands up to the first that fails, and its finally block in any case.

    Raises:
        PhaseFailed: With the first failure.
        TimedOut: The deadline came.
        ShellGone: The build was stopped.
    """
    failure: PhaseFailed | None = None
    for commands in (phase.commands, phase.finally_commands):
        for command in commands:
            is_fine = is_succeeding and failure is None
            failed = _run(shell, log, command, is_fine=is_fine)
            if failed is not None:
                failure = failure or failed
                break
    if failure is not None:
        raise failure


def _run(shell: Shell, log: BuildLog, command: str, *, is_fine: bool) -> PhaseFailed | None:
    log.say(f"Running command {command.rstrip()}")
    status = shell.run(command if is_fine else _IS_FAILING + command)
    if status == 0:
        return None
    log.say(f"Command did not exit successfully {command.rstrip()} exit status {status}")
    return command_error(command.rstrip(), status)


def expanded(shell: Shell, directory: BuildDirectory, text: str) -> str:
    """What the shell makes of a text such as ``books-$(date +%F)``.

    Raises:
        PhaseFailed: A command in it fails.
    """
    result = directory.temporary / "expanded"
    status = shell.run(f"printf '%s' \"{text}\" > {shlex.quote(str(result))}")
    if status != 0 or not result.is_file():
        raise client_error(f"The name {text!r} cannot be expanded: exit status {status}")
    return result.read_text(errors="replace").strip()


def exported_values(
    shell: Shell, directory: BuildDirectory, names: Sequence[str]
) -> list[dict[str, str]]:
    """The values of exported-variables as the shell has them; those without are left out."""
    if not names:
        return []
    result = directory.temporary / "exported"
    lines = [
        f'if [ -n "${{{name}+set}}" ]; then printf \'%s=%s\\000\' {name} "${name}"; fi'
        for name in names
    ]
    shell.run("{\n" + "\n".join(lines) + f"\n}} > {shlex.quote(str(result))}")
    text = result.read_text(errors="replace") if result.is_file() else ""
    pairs = [entry.partition("=") for entry in text.split("\0") if entry]
    return [{"name": name, "value": value} for name, _, value in pairs]
