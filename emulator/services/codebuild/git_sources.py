"""Sources in Git: cloned from the emulator's own remotes, or from wherever the location says."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from emulator.context import Context
from emulator.services.codebuild.failures import client_error
from emulator.services.codebuild.handles import Handle, TimedOut
from emulator.services.git import connection_url, local_roots

# Whose https locations a connection reaches.
_PROVIDERS = ("GITHUB", "GITLAB", "BITBUCKET")
_SAID_CHARACTERS = 2000


def clone_url(context: Context, source: Mapping[str, Any]) -> str:
    """Where a source is cloned from: a remote of the emulator for what AWS's services hold."""
    location = str(source["location"]).removesuffix("/")
    for root, local in local_roots(context).items():
        if location.startswith(root):
            return local + location.removeprefix(root)
    parts = urlsplit(location)
    has_connection = (source.get("auth") or {}).get("type") == "CODECONNECTIONS"
    if source["type"] in _PROVIDERS and has_connection and parts.scheme == "https":
        return connection_url(context, parts.path.strip("/").removesuffix(".git"))
    return location


def clone(
    context: Context,
    source: Mapping[str, Any],
    version: str | None,
    target: Path,
    variables: Mapping[str, str],
    handle: Handle,
) -> str:
    """Clone a source at a version, a commit, branch or tag, and give its commit.

    Raises:
        PhaseFailed: With what git said.
    """
    url = clone_url(context, source)

    def git(*arguments: str, is_tried: bool = False) -> str | None:
        return _git(arguments, target, variables, handle, is_tried=is_tried)

    depth = source.get("gitCloneDepth") or 0
    shallow = ("--depth", str(depth)) if depth and not version else ()
    git("clone", "--quiet", *shallow, "--", url, ".")
    if version:
        _check_out(git, version, url)
    if (source.get("gitSubmodulesConfig") or {}).get("fetchSubmodules"):
        git("submodule", "update", "--quiet", "--init", "--recursive")
    return git("rev-parse", "HEAD") or ""


def _check_out(git: Callable[..., str | None], version: str, url: str) -> None:
    name = version.removeprefix("refs/heads/").removeprefix("refs/tags/")
    for candidate in (f"refs/remotes/origin/{name}", f"refs/tags/{name}", version):
        commit = git("rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}", is_tried=True)
        if commit:
            git("checkout", "--quiet", "--detach", commit)
            return
    raise client_error(f"reference not found for source version {version} of {url}")


def _git(
    arguments: Sequence[str],
    directory: Path,
    variables: Mapping[str, str],
    handle: Handle,
    *,
    is_tried: bool,
) -> str | None:
    """What git printed; None when it failed and that is an answer, too."""
    handle.check()
    process = subprocess.Popen(
        ["git", *arguments],
        cwd=directory,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    said = _wait(process, handle)
    if process.returncode == 0:
        return said.strip()
    if is_tried:
        return None
    told = said.strip()[-_SAID_CHARACTERS:]
    raise client_error(f"git {arguments[0]} failed with exit status {process.returncode}: {told}")


def _wait(process: subprocess.Popen[str], handle: Handle) -> str:
    """What the process printed; a stop request and the deadline end it."""
    handle.attach(lambda: os.killpg(process.pid, signal.SIGKILL))
    try:
        said, _ = process.communicate(timeout=handle.remaining_seconds())
    except subprocess.TimeoutExpired as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise TimedOut from error
    finally:
        handle.attach(None)
    handle.check()
    return said
