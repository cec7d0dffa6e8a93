"""What CodeBuild refuses of a project or a build, and what the emulator cannot do."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator import moto
from emulator.context import Context
from emulator.errors import listed, unsupported
from emulator.services.codebuild.buildspec import BuildspecRefused
from emulator.services.codebuild.buildspec.nodes import NotYaml, compose
from emulator.services.codebuild.networks import missing_members, vpc_faults
from emulator.services.codebuild.records import invalid_input

_UNSUPPORTED = {
    "fileSystemLocations": "there is no EFS",
    "buildBatchConfig": "there are no batch builds",
}
_UNSUPPORTED_OF_ENVIRONMENT = ("certificate", "registryCredential", "dockerServer", "fleet")
_ENVIRONMENT_TYPES = frozenset(
    {"LINUX_CONTAINER", "ARM_CONTAINER", "LINUX_GPU_CONTAINER", "LINUX_LAMBDA_CONTAINER",
     "ARM_LAMBDA_CONTAINER"}
)  # fmt: skip
GIT_SOURCES = frozenset({"CODECOMMIT", "GITHUB", "GITLAB", "BITBUCKET"})
_SOURCE_TYPES = GIT_SOURCES | {"CODEPIPELINE", "S3", "NO_SOURCE"}
_WITH_CONNECTION = GIT_SOURCES - {"CODECOMMIT"}
_CACHE_MODES = frozenset({"LOCAL_SOURCE_CACHE", "LOCAL_CUSTOM_CACHE", "LOCAL_DOCKER_LAYER_CACHE"})
# Source: botocore's shapes LogGroupName and LogStreamName, as far as both are names of files.
_NOT_IN_LOG_NAMES = re.compile(r"[^.\w/#-]", re.ASCII)


@dataclass
class Faults:
    """The faults found so far: the caller's, and what the emulator cannot do."""

    of_the_caller: list[str] = field(default_factory=list)
    of_the_emulator: list[str] = field(default_factory=list)

    def add(self, message: str) -> None:
        """Something that AWS would refuse too."""
        self.of_the_caller.append(message)

    def add_unsupported(self, message: str) -> None:
        """Something that AWS does and the emulator does not."""
        self.of_the_emulator.append(f"{message} (not supported by the emulator)")

    def raise_any(self) -> None:
        """Answer with every fault.

        Raises:
            AwsError: InvalidInputException, or UnsupportedByEmulator when AWS would have agreed.
        """
        if self.of_the_caller:
            raise invalid_input(listed(self.of_the_caller + self.of_the_emulator, "; "))
        if self.of_the_emulator:
            raise unsupported(listed(self.of_the_emulator, "; "))


def check_settings(
    context: Context, settings: Mapping[str, Any], *, is_vpc_new: bool = False
) -> None:
    """Refuse settings, of a project or of a build with its overrides, that cannot be carried out.

    A new VPC has to exist; what has become of one that the project had, the build finds out.

    Raises:
        AwsError: InvalidInputException or UnsupportedByEmulator, with every fault.
    """
    faults = Faults()
    for member, why in _UNSUPPORTED.items():
        if settings.get(member):
            faults.add_unsupported(f"{member}: {why}")
    if settings.get("badgeEnabled"):
        faults.add_unsupported("badgeEnabled: there is nobody to show a badge to")
    _check_source(settings["source"], "source", faults)
    _check_secondary(settings, faults)
    _check_artifacts(settings["artifacts"], "artifacts", faults)
    _check_secondary_artifacts(settings, faults)
    for place in ("source", "artifacts"):
        other = "artifacts" if place == "source" else "source"
        is_here = settings[place]["type"] == "CODEPIPELINE"
        if is_here and settings[other]["type"] != "CODEPIPELINE":
            faults.add(f"{other}.type must be CODEPIPELINE when {place}.type is CODEPIPELINE")
    _check_environment(settings["environment"], faults)
    _check_cache(settings.get("cache") or {}, faults)
    _check_logs(settings.get("logsConfig") or {}, faults)
    _check_role(context, settings["serviceRole"], faults)
    if is_vpc_new and settings.get("vpcConfig"):
        _check_vpc(context, settings["vpcConfig"], faults)
    if settings.get("concurrentBuildLimit", 1) < 1:
        faults.add("concurrentBuildLimit must be 1 at least")
    faults.raise_any()


def _check_source(source: Mapping[str, Any], place: str, faults: Faults) -> None:
    kind, location = source["type"], source.get("location")
    if kind not in _SOURCE_TYPES:
        faults.add_unsupported(f"{place}.type {kind}")
    elif kind in ("CODEPIPELINE", "NO_SOURCE"):
        if location:
            faults.add(f"{place}.location must not be given when {place}.type is {kind}")
    elif not location:
        faults.add(f"{place}.location is required when {place}.type is {kind}")
    elif kind == "S3" and "/" not in location.removeprefix("arn:aws:s3:::"):
        faults.add(f"{place}.location: got {location!r}, expected BUCKET/KEY.zip or BUCKET/FOLDER/")
    auth = source.get("auth")
    if auth and auth["type"] != "CODECONNECTIONS":
        faults.add_unsupported(f"{place}.auth.type {auth['type']}: CODECONNECTIONS")
    elif kind in _WITH_CONNECTION and location and auth and not auth.get("resource"):
        faults.add(f"{place}.auth.resource: expected the ARN of a connection")
    if kind == "NO_SOURCE" and place == "source" and not _is_inline(source.get("buildspec")):
        faults.add("source.buildspec must be given inline, or as an S3 ARN, without a source")
    _check_inline(source.get("buildspec"), faults)


def _is_inline(buildspec: str | None) -> bool:
    return bool(buildspec) and (is_inline(str(buildspec)) or str(buildspec).startswith("arn:"))


def is_inline(buildspec: str) -> bool:
    """Whether the text is a buildspec itself, and not where one is.

    Source: a buildspec given inline is told by its lines; a path has only one.
    """
    return "\n" in buildspec.strip() or buildspec.lstrip().startswith(("{", "version"))


def _check_inline(buildspec: str | None, faults: Faults) -> None:
    """What is no YAML at all is refused at once; the rest when the build reads it, as on AWS."""
    if buildspec and is_inline(buildspec):
        try:
            compose(buildspec)
        except (NotYaml, BuildspecRefused) as error:
            faults.add(f"source.buildspec is not YAML: {error}")


def _check_secondary(settings: Mapping[str, Any], faults: Faults) -> None:
    sources = settings.get("secondarySources") or ()
    for source in sources:
        identifier = source.get("sourceIdentifier")
        place = f"secondarySources[{identifier}]"
        if not identifier:
            faults.add("secondarySources: each needs a sourceIdentifier")
        elif not _is_identifier(identifier):
            faults.add(f"{place}: the identifier can only have letters, digits and underscores")
        if source["type"] in ("CODEPIPELINE", "NO_SOURCE"):
            faults.add(f"{place}.type cannot be {source['type']}")
        else:
            _check_source(source, place, faults)
    known = {source.get("sourceIdentifier") for source in sources}
    for version in settings.get("secondarySourceVersions") or ():
        if version["sourceIdentifier"] not in known:
            faults.add(
                f"secondarySourceVersions: there is no secondary source "
                f"{version['sourceIdentifier']!r}"
            )
    _check_twice([source.get("sourceIdentifier") for source in sources], "secondarySources", faults)


def _is_identifier(text: str) -> bool:
    return text.replace("_", "").isalnum() and text.isascii()


def _check_twice(identifiers: Iterable[str | None], place: str, faults: Faults) -> None:
    seen: set[str] = set()
    for identifier in identifiers:
        if identifier and identifier in seen:
            faults.add(f"{place}: the identifier {identifier!r} is there twice")
        seen.add(identifier or "")


def _check_secondary_artifacts(settings: Mapping[str, Any], faults: Faults) -> None:
    artifacts = settings.get("secondaryArtifacts") or ()
    for artifact in artifacts:
        identifier = artifact.get("artifactIdentifier")
        if not identifier:
            faults.add("secondaryArtifacts: each needs an artifactIdentifier")
        _check_artifacts(artifact, f"secondaryArtifacts[{identifier}]", faults)
    _check_twice(
        [artifact.get("artifactIdentifier") for artifact in artifacts], "secondaryArtifacts", faults
    )


def _check_artifacts(artifacts: Mapping[str, Any], place: str, faults: Faults) -> None:
    kind = artifacts["type"]
    location = artifacts.get("location")
    if kind != "S3":
        if location:
            faults.add(f"{place}.location must not be given when {place}.type is {kind}")
        return
    if not location:
        faults.add(f"{place}.location is required when {place}.type is S3: the bucket's name")
    if not artifacts.get("name") and not artifacts.get("overrideArtifactName"):
        faults.add(f"{place}.name is required when {place}.type is S3")


def _check_environment(environment: Mapping[str, Any], faults: Faults) -> None:
    kind = environment["type"]
    if kind not in _ENVIRONMENT_TYPES:
        faults.add_unsupported(f"environment.type {kind}: {', '.join(sorted(_ENVIRONMENT_TYPES))}")
    for member in _UNSUPPORTED_OF_ENVIRONMENT:
        if environment.get(member):
            faults.add_unsupported(f"environment.{member}")
    for variable in environment.get("environmentVariables") or ():
        name = variable["name"]
        if "=" in name or "\0" in name + variable["value"]:
            faults.add(f"environment.environmentVariables: {name!r} cannot be a variable")


def _check_cache(cache: Mapping[str, Any], faults: Faults) -> None:
    if cache.get("type") == "S3" and not cache.get("location"):
        faults.add("cache.location is required when cache.type is S3: the bucket's name")
    if cache.get("type") == "LOCAL":
        modes = cache.get("modes") or ()
        if not modes:
            faults.add("cache.modes: expected one at least when cache.type is LOCAL")
        for mode in modes:
            if mode not in _CACHE_MODES:
                faults.add(f"cache.modes: got {mode!r}, expected {', '.join(sorted(_CACHE_MODES))}")


def _check_logs(logs: Mapping[str, Any], faults: Faults) -> None:
    cloud_watch, s3 = logs.get("cloudWatchLogs") or {}, logs.get("s3Logs") or {}
    for member in ("groupName", "streamName"):
        name = cloud_watch.get(member, "")
        parts = name.removeprefix("/").split("/")
        is_fine = not _NOT_IN_LOG_NAMES.search(name)
        if name and (not is_fine or any(part in ("", ".", "..") for part in parts)):
            faults.add(f"logsConfig.cloudWatchLogs.{member}: {name!r} is no name of a log")
    if s3.get("status") == "ENABLED" and not s3.get("location"):
        faults.add("logsConfig.s3Logs.location is required: the bucket's name")


def _check_role(context: Context, role: str, faults: Faults) -> None:
    role_arn = role
    if not role.startswith("arn:"):
        role_arn = f"arn:aws:iam::{context.settings.account_id}:role/{role}"
    if not moto.role_exists(context, role_arn):
        faults.add(
            f"CodeBuild is not authorized to perform: sts:AssumeRole on service role {role_arn}: "
            f"there is no such role. {moto.which_roles(context)}"
        )


def _check_vpc(context: Context, config: Mapping[str, Any], faults: Faults) -> None:
    missing = missing_members(config)
    if missing:
        faults.add(
            f"vpcConfig: {', '.join(missing)} must be given too: vpcId, subnets and "
            "securityGroupIds go together"
        )
        return
    for fault in vpc_faults(context, config):
        faults.add(f"vpcConfig: {fault.message}")
