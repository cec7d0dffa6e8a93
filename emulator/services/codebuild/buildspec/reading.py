"""YAML -> buildspec, with all of its faults at once."""

import re
from collections.abc import Callable, Collection
from typing import Any

import yaml

from emulator.errors import listed
from emulator.services.codebuild.buildspec.model import (
    ABORT,
    CONTINUE,
    PHASE_NAMES,
    RETRY,
    ArtifactFiles,
    Buildspec,
    OnFailure,
    Phase,
    ReportFiles,
)
from emulator.services.codebuild.buildspec.nodes import NotYaml, Reader, compose
from emulator.services.codebuild.buildspec.runtimes import RUNTIMES

_TOP = ("version", "run-as", "env", "proxy", "batch", "phases", "reports", "artifacts", "cache")
_ENV = (
    "shell", "variables", "parameter-store", "secrets-manager", "exported-variables",
    "git-credential-helper",
)  # fmt: skip
_PHASE = ("run-as", "on-failure", "runtime-versions", "commands", "finally")
_ARTIFACT = (
    "files", "name", "discard-paths", "base-directory", "exclude-paths", "enable-symlinks",
    "s3-prefix",
)  # fmt: skip
_REPORT = ("files", "base-directory", "discard-paths", "file-format")
_VERSIONS = ("0.1", "0.2")
_SHELLS = {"bash": "bash", "/bin/bash": "bash", "/bin/sh": "sh", "sh": "sh"}
_JUNIT = "JUNITXML"
_FORMATS = (
    "CUCUMBERJSON", "NUNITXML", "NUNIT3XML", "TESTNGXML", "VISUALSTUDIOTRX", "CLOVERXML",
    "COBERTURAXML", "JACOCOXML", "SIMPLECOV",
)  # fmt: skip
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ON_FAILURE = re.compile(r"(ABORT|CONTINUE|RETRY)(?:-(\d{1,3}))?(?:-(.+))?")


class BuildspecRefused(ValueError):
    """The text is no buildspec that can be run; the message has every fault."""


def read_buildspec(text: str, users: Collection[str] = ("root",)) -> Buildspec:
    """The buildspec that the text says; ``users`` are those that commands can be run as.

    Raises:
        BuildspecRefused: With all faults.
    """
    try:
        root = compose(text)
    except NotYaml as error:
        raise BuildspecRefused(str(error)) from error
    if not isinstance(root, yaml.MappingNode):
        raise BuildspecRefused(
            "The buildspec has no keys: expected a YAML mapping with version and phases"
        )
    reader = Reader()
    spec = _read(reader, root, users)
    if reader.faults:
        raise BuildspecRefused(listed(reader.faults, "; "))
    return spec


def _read(reader: Reader, root: yaml.Node, users: Collection[str]) -> Buildspec:
    top = reader.members(root, "buildspec", _TOP)
    version = _version(reader, root, top.get("version"))
    _run_as(reader, top.get("run-as"), "run-as", users)
    if "batch" in top:
        reader.fault(top["batch"], "batch: batch builds are not supported by the emulator")
    for key, value in reader.members(
        top.get("proxy"), "proxy", ("upload-artifacts", "logs")
    ).items():
        reader.flag(value, f"proxy/{key}")
    phases = _phases(reader, root, top.get("phases"), users)
    artifacts, secondary = _artifacts(reader, top.get("artifacts"))
    return Buildspec(
        version=version,
        runtime_versions=_runtime_versions(reader, top.get("phases")),
        phases=phases,
        reports=_reports(reader, top.get("reports")),
        artifacts=artifacts,
        secondary_artifacts=secondary,
        cache_paths=_cache(reader, top.get("cache")),
        **_environment(reader, top.get("env")),
    )


def _version(reader: Reader, root: yaml.Node, node: yaml.Node | None) -> str:
    version = reader.text(node, "version")
    if version not in _VERSIONS:
        got = f"Unsupported buildspec version {version}" if version else "The version is missing"
        reader.fault(node or root, f"version: {got}. Expecting: {' or '.join(_VERSIONS)}")
    return version


def _run_as(reader: Reader, node: yaml.Node | None, place: str, users: Collection[str]) -> None:
    user = reader.text(node, place)
    if node is not None and user not in users:
        reader.fault(
            node,
            f"{place}: commands cannot be run as {user!r} on this machine, only as "
            f"{' or '.join(sorted(users))}",
        )


def _environment(reader: Reader, node: yaml.Node | None) -> dict[str, Any]:
    members = reader.members(node, "env", _ENV)
    shell = members.get("shell")
    name = reader.text(shell, "env/shell") or "sh"
    if shell is not None and name not in _SHELLS:
        reader.fault(shell, f"env/shell: got {name!r}, expected bash, /bin/sh or sh")
    found: dict[str, Any] = {"shell": _SHELLS.get(name, "sh")}
    helper = members.get("git-credential-helper")
    found["has_git_credential_helper"] = reader.flag(helper, "env/git-credential-helper")
    for key in ("variables", "parameter-store", "secrets-manager"):
        values = reader.text_map(members.get(key), f"env/{key}")
        _check_names(reader, members.get(key), f"env/{key}", values)
        found[key.replace("-", "_")] = values
    exported = reader.texts(members.get("exported-variables"), "env/exported-variables")
    _check_names(reader, members.get("exported-variables"), "env/exported-variables", exported)
    return {**found, "exported_variables": exported}


def _check_names(
    reader: Reader, node: yaml.Node | None, place: str, names: Collection[str]
) -> None:
    for name in names:
        if node is not None and not _VARIABLE.fullmatch(name):
            reader.fault(node, f"{place}: {name!r} cannot be the name of a variable")


def _phases(
    reader: Reader, root: yaml.Node, node: yaml.Node | None, users: Collection[str]
) -> dict[str, Phase]:
    found = {}
    for name, value in reader.members(node, "phases").items():
        if name in PHASE_NAMES:
            found[name] = _phase(reader, value, f"phases/{name}", users)
        else:
            expected = ",".join(sorted(PHASE_NAMES))
            reader.fault(value, f"Invalid buildspec phase name: {name}. Expecting: {expected}")
    if not found:
        reader.fault(node or root, "phases: there is no phase, expected one at least")
    return found


def _phase(reader: Reader, node: yaml.Node, place: str, users: Collection[str]) -> Phase:
    members = reader.members(node, place, _PHASE)
    _run_as(reader, members.get("run-as"), f"{place}/run-as", users)
    if "runtime-versions" in members and not place.endswith("/install"):
        reader.fault(members["runtime-versions"], f"{place}: runtime-versions belongs to install")
    return Phase(
        reader.texts(members.get("commands"), f"{place}/commands"),
        reader.texts(members.get("finally"), f"{place}/finally"),
        _on_failure(reader, members.get("on-failure"), f"{place}/on-failure"),
    )


def _on_failure(reader: Reader, node: yaml.Node | None, place: str) -> OnFailure | None:
    if node is None:
        return None
    text = reader.text(node, place)
    match = _ON_FAILURE.fullmatch(text)
    if match is None or (match[1] != RETRY and text not in (ABORT, CONTINUE)):
        reader.fault(
            node,
            f"{place}: got {text!r}, expected ABORT, CONTINUE, RETRY, RETRY-count, RETRY-regex or "
            "RETRY-count-regex",
        )
        return None
    try:
        message = re.compile(match[3] or "")
    except re.error as error:
        reader.fault(node, f"{place}: {match[3]!r} is no regular expression: {error}")
        return None
    return OnFailure(match[1], int(match[2] or OnFailure.retries), message)


def _runtime_versions(reader: Reader, phases: yaml.Node | None) -> dict[str, str]:
    # The phases' own faults are found by _phases: here only what leads to the versions is read.
    quiet = Reader()
    install = quiet.members(quiet.members(phases, "").get("install"), "")
    node = install.get("runtime-versions")
    found = reader.text_map(node, "phases/install/runtime-versions")
    for name in found:
        if node is not None and name not in RUNTIMES:
            expected = ", ".join(RUNTIMES)
            reader.fault(node, f"Unknown runtime named {name!r}. Expecting: {expected}")
    return found


def _artifacts(
    reader: Reader, node: yaml.Node | None
) -> tuple[ArtifactFiles | None, dict[str, ArtifactFiles]]:
    members = reader.members(node, "artifacts", (*_ARTIFACT, "secondary-artifacts"))
    secondary = {
        name: _artifact(
            reader, value, reader.members(value, f"artifacts/secondary-artifacts/{name}", _ARTIFACT)
        )
        for name, value in reader.members(
            members.pop("secondary-artifacts", None), "artifacts/secondary-artifacts"
        ).items()
    }
    if node is None or (secondary and not members):
        return None, secondary
    return _artifact(reader, node, members), secondary


def _artifact(reader: Reader, node: yaml.Node, members: dict[str, yaml.Node]) -> ArtifactFiles:
    text: Callable[[str], str] = lambda key: reader.text(members.get(key), f"artifacts/{key}")  # noqa: E731
    files = reader.texts(members.get("files"), "artifacts/files")
    if not files:
        reader.fault(node, "artifacts/files: there is none, expected a list of locations")
    return ArtifactFiles(
        files=files,
        base_directory=text("base-directory") or ".",
        exclude_paths=reader.texts(members.get("exclude-paths"), "artifacts/exclude-paths"),
        discard_paths=reader.flag(members.get("discard-paths"), "artifacts/discard-paths"),
        enable_symlinks=reader.flag(members.get("enable-symlinks"), "artifacts/enable-symlinks"),
        name=text("name"),
        s3_prefix=text("s3-prefix"),
    )


def _reports(reader: Reader, node: yaml.Node | None) -> tuple[ReportFiles, ...]:
    return tuple(
        _report(reader, group, value) for group, value in reader.members(node, "reports").items()
    )


def _report(reader: Reader, group: str, node: yaml.Node) -> ReportFiles:
    place = f"reports/{group}"
    members = reader.members(node, place, _REPORT)
    files = reader.texts(members.get("files"), f"{place}/files")
    if not files:
        reader.fault(node, f"{place}/files: there is none, expected a list of locations")
    form = reader.text(members.get("file-format"), f"{place}/file-format").upper() or _JUNIT
    if form in _FORMATS:
        reader.fault(
            node, f"{place}/file-format: {form} is not supported by the emulator, {_JUNIT} is"
        )
    elif form != _JUNIT:
        expected = ", ".join((_JUNIT, *_FORMATS))
        reader.fault(node, f"{place}/file-format: got {form}, expected {expected}")
    return ReportFiles(
        group,
        files,
        reader.text(members.get("base-directory"), f"{place}/base-directory") or ".",
        reader.flag(members.get("discard-paths"), f"{place}/discard-paths"),
    )


def _cache(reader: Reader, node: yaml.Node | None) -> tuple[str, ...]:
    members = reader.members(node, "cache", ("paths", "key", "fallback-keys", "action"))
    for name in ("key", "fallback-keys", "action"):
        if name in members:
            reader.fault(members[name], f"cache/{name} is not supported by the emulator, paths are")
    return reader.texts(members.get("paths"), "cache/paths")
