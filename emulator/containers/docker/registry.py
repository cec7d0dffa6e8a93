"""``docker login`` and ``docker push``: to the account's own registry, by the API of ECR.

Source: the words of Docker 28, and what ECR's registries answer to it.
"""

import base64
import importlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from emulator.client_environment import client_environment
from emulator.containers.docker.engine import Engine, Surroundings
from emulator.containers.docker.failures import DockerFailed
from emulator.containers.docker.references import Reference
from emulator.containers.image_store import StoredImage, short
from emulator.containers.manifests import MANIFEST_TYPE

Say = Callable[[str], None]

_HOST = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_EXISTS = ("ImageAlreadyExistsException", "ImageTagAlreadyExistsException")
_TIMEOUT_SECONDS = 120


def log_in(engine: Engine, server: str, username: str, password: str, say: Say) -> None:
    """Check the password against ECR's authorization token.

    Raises:
        DockerFailed: It is another, or the registry is not the account's.
    """
    host = server.removeprefix("https://").rstrip("/")
    _check_host(host, engine.surroundings)
    account = host.partition(".")[0]
    with _reached():
        answer = _client(engine.surroundings).get_authorization_token(registryIds=[account])
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    if f"{username}:{password}" != token:
        raise DockerFailed(
            f"Error response from daemon: login attempt to https://{host}/v2/ failed with status: "
            f"400 Bad Request"
        )
    with engine.changed() as state:
        state.logins = sorted({*state.logins, host})
    say("Login Succeeded")


def push(engine: Engine, reference: Reference, is_quiet: bool, say: Say) -> None:
    """Register an image of the engine in ECR, with its manifest and by its digest.

    The files stay where they are: the image store is the engine's and the registry's.

    Raises:
        DockerFailed: The engine has no such image or no login, or ECR refuses it.
    """
    state = engine.state()
    tell: Say = (lambda _: None) if is_quiet else say
    stored = engine.store.find(state.tags.get(str(reference), ""))
    if stored is None:
        raise DockerFailed(f"An image does not exist locally with the tag: {reference.name}")
    tell(f"The push refers to repository [{reference.name}]")
    _check_host(reference.registry, engine.surroundings)
    if reference.registry not in state.logins:
        raise DockerFailed("no basic auth credentials")
    with _reached():
        _put(_client(engine.surroundings), reference, stored)
    manifest = stored.manifest
    tell(f"{short(manifest.digest)}: Pushed")
    tell(f"{reference.tag}: digest: {manifest.digest} size: {len(manifest.content)}")
    if is_quiet:
        say(str(reference))


def _put(ecr: Any, reference: Reference, stored: StoredImage) -> None:
    client_error = importlib.import_module("botocore.exceptions").ClientError
    name = reference.repository
    try:
        (repository,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
        ecr.put_image(
            repositoryName=name,
            imageTag=reference.tag,
            imageManifest=stored.manifest.content.decode(),
            imageManifestMediaType=MANIFEST_TYPE,
            imageDigest=stored.digest,
        )
    except client_error as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code == "RepositoryNotFoundException":
            raise DockerFailed(f"name unknown: {message}") from error
        if code not in _EXISTS:
            raise DockerFailed(f"{code}: {message}") from error
        # ECR refuses an immutable tag that is there, also for the image that has it.
        if repository["imageTagMutability"].startswith("IMMUTABLE"):
            raise DockerFailed(
                f"tag invalid: The image tag '{reference.tag}' already exists in the '{name}' "
                f"repository and cannot be overwritten because the repository is immutable."
            ) from error


@contextmanager
def _reached() -> Iterator[None]:
    """Say in Docker's words that nobody answers, as when the emulator ends."""
    no_answer = importlib.import_module("botocore.exceptions").BotoCoreError
    try:
        yield
    except no_answer as error:
        raise DockerFailed(f"error during connect: {error}") from error


def _check_host(host: str, surroundings: Surroundings) -> None:
    """Let nobody think that another registry got something."""
    found = _HOST.fullmatch(host)
    own = (surroundings.account_id, surroundings.region)
    if found is None or found.groups() != own:
        raise DockerFailed(
            f"The emulator's docker knows the account's own registry alone, "
            f"{own[0]}.dkr.ecr.{own[1]}.amazonaws.com, and not {host or 'Docker Hub'}"
        )


def _client(surroundings: Surroundings) -> Any:
    said = client_environment(surroundings.endpoint_url, surroundings.region)
    config = importlib.import_module("botocore.config").Config(
        retries={"max_attempts": 0}, read_timeout=_TIMEOUT_SECONDS, proxies={}
    )
    # Apart from what the build has said of profiles, regions and credentials.
    session = importlib.import_module("boto3").session.Session(
        said["AWS_ACCESS_KEY_ID"], said["AWS_SECRET_ACCESS_KEY"], region_name=surroundings.region
    )
    return session.client("ecr", endpoint_url=surroundings.endpoint_url, config=config)
