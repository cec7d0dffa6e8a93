"""DOWNLOAD_SOURCE: all that a build needs before its first command runs."""

import getpass
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from emulator.context import Context
from emulator.services.codebuild import caches
from emulator.services.codebuild.build_files import find_buildspec
from emulator.services.codebuild.buildspec import Buildspec
from emulator.services.codebuild.buildspec.model import PHASE_NAMES
from emulator.services.codebuild.directories import BuildDirectory, make
from emulator.services.codebuild.environment import (
    base_variables,
    codebuild_variables,
    git_variables,
)
from emulator.services.codebuild.failures import client_error, yaml_error
from emulator.services.codebuild.handles import Handle
from emulator.services.codebuild.interpreters import make_environment, runtime_faults
from emulator.services.codebuild.logs import BuildLog
from emulator.services.codebuild.secrets import resolve
from emulator.services.codebuild.sources import fetch_sources
from emulator.services.codebuild.timeline import note
from emulator.services.codebuild.tools import make_tools
from emulator.store import Document


@dataclass(frozen=True)
class Prepared:
    """What the commands run with."""

    spec: Buildspec
    shell_program: str
    variables: dict[str, str]


def prepare(
    context: Context, build: Document, directory: BuildDirectory, log: BuildLog, handle: Handle
) -> Prepared:
    """Fetch the sources, read the buildspec, and make its environment.

    Raises:
        PhaseFailed: One of them cannot be done.
        Stopped: The build was asked to stop.
    """
    make(directory)
    log.say(
        f"The build runs on this machine as {_user()}, and not in the image "
        f"{build['environment']['image']}"
    )
    base = base_variables(context, directory)
    fetched = fetch_sources(context, build, directory, base, handle)
    if fetched.resolved_version:
        note(context, build["id"], resolvedSourceVersion=fetched.resolved_version)
        build = {**build, "resolvedSourceVersion": fetched.resolved_version}
    log.say(f"CODEBUILD_SRC_DIR={directory.source()}")
    spec = find_buildspec(context, build["source"].get("buildspec"), directory.source())
    faults = runtime_faults(spec.runtime_versions, base)
    if faults:
        raise yaml_error("; ".join(faults))
    handle.check()
    base = _with_programs(base, spec, directory, make_tools(context, build, directory))
    told = codebuild_variables(build, directory, fetched.secondary)
    if spec.has_git_credential_helper:
        base = {**base, **git_variables(context)}
    variables = {**base, **_variables(context, build, spec, log), **told}
    program = shutil.which(spec.shell, path=variables["PATH"])
    if program is None:
        raise client_error(f"This machine has no {spec.shell}, which env/shell names")
    caches.restore(context, build, spec, directory, log)
    _tell_phases(spec, log)
    return Prepared(spec, program, variables)


def _variables(context: Context, build: Document, spec: Buildspec, log: BuildLog) -> dict[str, str]:
    log.say("Processing environment variables")
    resolved = resolve(context, spec, build["environment"].get("environmentVariables") or ())
    log.hide(resolved.hidden)
    return resolved.variables


def _with_programs(
    base: dict[str, str], spec: Buildspec, directory: BuildDirectory, tools: Path
) -> dict[str, str]:
    version = spec.runtime_versions.get("python", "")
    folder = make_environment(directory.interpreter, version, base)
    return {**base, "PATH": os.pathsep.join([str(folder), str(tools), base["PATH"]])}


def _tell_phases(spec: Buildspec, log: BuildLog) -> None:
    for name, version in spec.runtime_versions.items():
        log.say(f"Selecting '{name}' runtime version '{version}' based on manual selections...")
    log.say(f"Phases found in YAML: {len(spec.phases)}")
    for name in PHASE_NAMES:
        if name in spec.phases:
            log.say(f" {name.upper()}: {len(spec.phases[name].commands)} commands")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
