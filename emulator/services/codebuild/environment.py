"""The variables of a build.

Source: https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
"""

import os
import re
from collections.abc import Mapping
from typing import Any

from emulator.client_environment import redirected
from emulator.context import Context
from emulator.services.codebuild.directories import BuildDirectory
from emulator.services.codebuild.records import uuid_of
from emulator.services.git import local_roots
from emulator.store import Document

# What a build on this machine cannot do without, and nothing else of the caller's: where programs,
# packages, certificates and proxies are. On AWS these come with the image and the network; here
# `pip install` works only as it works for the caller, with the caller's caches where these
# variables name them. Credentials of AWS are not among them: `redirected` gives the emulator's.
_INHERITED = re.compile(
    r"PATH|LANG|LC_ALL|TZ|TERM|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy|"
    r"(PIP|UV|SSL|NPM|npm|OPENBLAS)_\w+|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|"
    r"HTTPLIB2_CA_CERTS|GIT_SSL_CAINFO|JAVA_HOME"
)


def machine_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of the emulator's own process that a build gets."""
    return {name: value for name, value in environ.items() if _INHERITED.fullmatch(name)}


def base_variables(context: Context, directory: BuildDirectory) -> dict[str, str]:
    """The machine's variables, and those that lead AWS clients to the emulator."""
    settings = context.settings
    kept = redirected(machine_variables(os.environ), settings.endpoint_url, settings.region)
    return {
        "LANG": "C.UTF-8",
        **kept,
        "PATH": kept.get("PATH", os.defpath),
        "HOME": str(directory.home),
        "TMPDIR": str(directory.temporary),
        "GIT_TERMINAL_PROMPT": "0",
        # A source without history must not be taken for part of the checkout that holds the data.
        "GIT_CEILING_DIRECTORIES": str(directory.path),
        "PYTHONUNBUFFERED": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def git_variables(context: Context) -> dict[str, str]:
    """What env/git-credential-helper of a buildspec comes to here.

    On AWS it gives git the credentials of the build's role for the repositories of CodeCommit and
    of connections. Here git needs none, but has to be led to the emulator.

    Source: "env/git-credential-helper" of the build specification reference; GIT_CONFIG_COUNT and
    url.<base>.insteadOf of git's own.
    """
    found = {}
    roots = local_roots(context).items()
    for number, (root, local) in enumerate(roots):
        found[f"GIT_CONFIG_KEY_{number}"] = f"url.{local}.insteadOf"
        found[f"GIT_CONFIG_VALUE_{number}"] = root
    return {"GIT_CONFIG_COUNT": str(len(roots)), **found}


def codebuild_variables(
    build: Document, directory: BuildDirectory, source_directories: Mapping[str, str]
) -> dict[str, str]:
    """The CODEBUILD_ variables as the build's document has them.

    ``source_directories`` are those of the secondary sources, by identifier.
    """
    logs: Mapping[str, Any] = build["logs"]
    found = {
        "CI": "true",
        "CODEBUILD_CI": "true",
        "CODEBUILD_BUILD_ARN": build["arn"],
        "CODEBUILD_BUILD_ID": build["id"],
        "CODEBUILD_BUILD_IMAGE": build["environment"]["image"],
        "CODEBUILD_BUILD_NUMBER": str(build["buildNumber"]),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_INITIATOR": build["initiator"],
        "CODEBUILD_KMS_KEY_ID": build.get("encryptionKey"),
        "CODEBUILD_LOG_PATH": logs.get("streamName", uuid_of(build["id"])),
        "CODEBUILD_RESOLVED_SOURCE_VERSION": build.get("resolvedSourceVersion"),
        "CODEBUILD_SOURCE_REPO_URL": _repository(build["source"]),
        "CODEBUILD_SOURCE_VERSION": build.get("sourceVersion"),
        "CODEBUILD_SRC_DIR": str(directory.source()),
        "CODEBUILD_START_TIME": str(int(build["startTime"] * 1000)),
    }
    found |= {f"CODEBUILD_SRC_DIR_{name}": path for name, path in source_directories.items()}
    for version in build.get("secondarySourceVersions") or ():
        name = f"CODEBUILD_SOURCE_VERSION_{version['sourceIdentifier']}"
        found[name] = version["sourceVersion"]
    return {name: value for name, value in found.items() if value}


def _repository(source: Mapping[str, Any]) -> str | None:
    location: str | None = source.get("location")
    if location and source["type"] == "S3":
        return f"s3://{location.removeprefix('arn:aws:s3:::')}"
    return location
