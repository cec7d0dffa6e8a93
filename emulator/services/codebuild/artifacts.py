"""Artifacts: the files that a buildspec names, in S3."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codebuild.buildspec import ArtifactFiles, Buildspec
from emulator.services.codebuild.buildspec.file_patterns import (
    matching_directories,
    matching_files,
)
from emulator.services.codebuild.directories import BuildDirectory
from emulator.services.codebuild.failures import client_error
from emulator.services.codebuild.logs import BuildLog
from emulator.services.codebuild.records import uuid_of
from emulator.services.codebuild.zips import pack
from emulator.store import Document

Expand = Callable[[str], str]
"""What the build's shell makes of a text with variables and commands in it."""


@dataclass(frozen=True)
class Upload:
    """Files that go to one place.

    Attributes:
        key: Of the zip, or of the folder of files when ``is_zip`` is false.
    """

    files: ArtifactFiles
    bucket: str
    key: str
    is_zip: bool
    identifier: str = ""


def upload_artifacts(
    context: Context,
    build: Document,
    spec: Buildspec,
    directory: BuildDirectory,
    log: BuildLog,
    expand: Expand,
) -> dict[str, Any]:
    """Upload the build's artifacts, and give the members of its document that tell of them.

    Raises:
        PhaseFailed: The buildspec's artifacts do not match the project's, or no file is there.
    """
    plan = _plan_for_pipeline(build, spec) if "_Pipeline" in build else _plan(build, spec, expand)
    primary, secondary = dict(build["artifacts"]), []
    told = {each.get("artifactIdentifier"): each for each in build.get("secondaryArtifacts") or ()}
    for upload in plan:
        wanted = replace(upload, files=_expanded(upload.files, expand))
        result = _upload(context, wanted, directory, log)
        if upload.identifier:
            secondary.append({**told.get(upload.identifier, {}), **result})
        else:
            primary |= result
    return {"artifacts": primary, "secondaryArtifacts": secondary}


def _expanded(files: ArtifactFiles, expand: Expand) -> ArtifactFiles:
    """The files with the variables in their paths replaced.

    Source: the buildspecs of AWS's project templates, which list ``$EXPORT_TEMPLATE_NAME``.
    """

    def each(path: str) -> str:
        return expand(path) if "$" in path else path

    return replace(
        files,
        files=tuple(map(each, files.files)),
        base_directory=each(files.base_directory),
        exclude_paths=tuple(map(each, files.exclude_paths)),
    )


def _plan(build: Document, spec: Buildspec, expand: Expand) -> list[Upload]:
    settings = build["_Settings"]
    wanted = [("", settings["artifacts"], spec.artifacts)] + [
        (each["artifactIdentifier"], each, spec.secondary_artifacts.get(each["artifactIdentifier"]))
        for each in settings.get("secondaryArtifacts") or ()
    ]
    plan, missing = [], []
    for identifier, place, files in wanted:
        if place["type"] == "NO_ARTIFACTS":
            continue
        if files is None:
            missing.append(f"secondary-artifacts/{identifier}" if identifier else "artifacts")
        else:
            bucket = place["location"].removeprefix("arn:aws:s3:::")
            is_zip = place.get("packaging") == "ZIP"
            key = _key(build, place, files, expand, is_zip=is_zip)
            plan.append(Upload(files, bucket, key, is_zip, identifier))
    if missing:
        raise client_error(
            f"The project has artifacts of which the buildspec says nothing: {', '.join(missing)}"
        )
    return plan


def _plan_for_pipeline(build: Document, spec: Buildspec) -> list[Upload]:
    plan, missing, is_primary_given = [], [], False
    for output in build["_Pipeline"]["outputs"]:
        files = spec.secondary_artifacts.get(output["name"])
        identifier = output["name"] if files else ""
        if files is None and not is_primary_given:
            files, is_primary_given = spec.artifacts, True
        if files is None:
            missing.append(output["name"])
        else:
            plan.append(Upload(files, output["bucket"], output["key"], True, identifier))
    if missing:
        raise client_error(
            "The action has output artifacts of which the buildspec's artifacts say nothing: "
            f"{', '.join(missing)}"
        )
    return plan


def _key(
    build: Document, place: Mapping[str, Any], files: ArtifactFiles, expand: Expand, *, is_zip: bool
) -> str:
    """Source: the API reference of ProjectArtifacts: path, namespaceType and name in turn."""
    name = place.get("name") or ""
    if place.get("overrideArtifactName") and files.name:
        name = expand(files.name)
    build_uuid = uuid_of(build["id"]) if place.get("namespaceType") == "BUILD_ID" else ""
    parts = [files.s3_prefix, place.get("path") or "", build_uuid, name]
    key = "/".join(part.strip("/") for part in parts if part.strip("/"))
    return key or (build["projectName"] if is_zip else "")


def _upload(
    context: Context, upload: Upload, directory: BuildDirectory, log: BuildLog
) -> dict[str, Any]:
    found = find_files(upload.files, directory.source(), log)
    result: dict[str, Any] = {"location": f"arn:aws:s3:::{upload.bucket}/{upload.key}"}
    if upload.identifier:
        result["artifactIdentifier"] = upload.identifier
    try:
        if not upload.is_zip:
            for name, path in found.items():
                key = f"{upload.key}/{name}" if upload.key else name
                context.objects.put_bytes(upload.bucket, key, path.read_bytes())
            return result
        archive = directory.path / "artifact.zip"
        pack(found.items(), archive)
        result |= _digests(archive)
        context.objects.put_file(upload.bucket, upload.key, archive)
    except AwsError as error:
        raise client_error(f"Error in UPLOAD_ARTIFACTS: {error.code}: {error.message}") from error
    return result


def find_files(wanted: ArtifactFiles, source: Path, log: BuildLog) -> dict[str, Path]:
    """The files by their names in the artifact.

    Raises:
        PhaseFailed: There is none.
    """
    log.say(f"Expanding base directory path: {wanted.base_directory}")
    # $CODEBUILD_SRC_DIR gives a whole path; any other is not in the source, and matches nothing.
    bases = matching_directories(source, wanted.base_directory.removeprefix(f"{source}/"))
    if not bases:
        raise client_error(f"no matching base directory path found for {wanted.base_directory}")
    found: dict[str, Path] = {}
    log.say("Assembling file list")
    for base in bases:
        matches = matching_files(base, wanted.files, wanted.exclude_paths)
        for pattern, names in matches.items():
            log.say(f"Expanding {pattern}")
            kept = [name for name in names if _is_kept(base / name, source, wanted)]
            if kept:
                log.say(f"Found {len(kept)} file(s)")
            else:
                log.say(f"Skipping invalid file path {pattern}")
            for name in kept:
                path = base / name
                placed = Path(name).name if wanted.discard_paths else name
                found[placed] = path if wanted.enable_symlinks else path.resolve()
    if not found:
        raise client_error("no matching artifact paths found")
    return found


def _is_kept(path: Path, source: Path, wanted: ArtifactFiles) -> bool:
    """A link stays one if the buildspec says so, else its file counts; never one from outside."""
    if not path.is_symlink():
        return path.is_file()
    is_inside = path.resolve().is_relative_to(source.resolve())
    return is_inside and (wanted.enable_symlinks or path.is_file())


def _digests(archive: Path) -> dict[str, str]:
    with archive.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return {"sha256sum": sha256, "md5sum": md5}
