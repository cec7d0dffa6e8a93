"""Docker in builds, and what runs of the images that they push.

Source: "Docker sample" and "Troubleshooting" of the CodeBuild user guide, the API reference of ECR,
and the words of Docker 28.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess
from tests.contract.builds import BuildLab, buildspec, lab_in
from tests.contract.images import ImageLab
from tests.contract.jobs import own_image

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
LOGIN = f'echo "$PASSWORD" | docker login --username AWS --password-stdin {REGISTRY}'
PROGRAM = "#!/bin/sh\ncat $(dirname $0)/said\n"


@dataclass(frozen=True)
class DockerLab:
    """A repository of images, and builds that have Docker."""

    builds: BuildLab
    jobs: ImageLab
    repository: str

    @property
    def ecr(self) -> Any:
        return self.builds.emulator.client("ecr")

    @property
    def name(self) -> str:
        """What images are pushed to."""
        return f"{REGISTRY}/{self.repository}"

    def run(
        self, *commands: str, said: str = "", has_docker: bool = True, **files: str
    ) -> tuple[str, str]:
        """The end of a build of a folder ``image`` that prints ``said``, and what was printed."""
        recipe = (
            f'repositories = ["{self.repository}"]\n[commands]\nprocess = ["{{recipe}}/program"]\n'
        )
        context = {"Dockerfile": "FROM scratch\n", "recipe.toml": recipe, "program": PROGRAM}
        content = {f"image/{name}": text for name, text in {**context, "said": said}.items()}
        key = f"{self.builds.unique('source')}.zip"
        self.builds.put_zip(key, {**content, **files}, programs=("image/program",))
        build = self.builds.run(
            buildspec(build=list(commands)),
            source={"type": "S3", "location": f"{self.builds.bucket}/{key}"},
            environment={
                "privilegedMode": has_docker,
                "environmentVariables": [{"name": "PASSWORD", "value": self.password}],
            },
        )
        return build["buildStatus"], "\n".join(self.builds.printed(build))

    @property
    def password(self) -> str:
        token = self.ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        assert user == "AWS"
        return password

    def push(self, said: str, tag: str) -> None:
        uri = f"{self.name}:{tag}"
        status, printed = self.run(
            LOGIN, f"docker build --pull --tag {uri} image", f"docker push {uri}", said=said
        )
        assert status == "SUCCEEDED", printed

    def image(self, tag: str) -> Mapping[str, Any]:
        found = self.ecr.describe_images(
            repositoryName=self.repository, imageIds=[{"imageTag": tag}]
        )
        image: Mapping[str, Any] = found["imageDetails"][0]
        return image

    def job(self, uri: str) -> tuple[str, list[str]]:
        """How a processing job of the image ends, and its log."""
        job, log = self.jobs.process(uri, "process")
        return job["ProcessingJobStatus"], log

    @property
    def stored(self) -> list[str]:
        """The images whose files are kept."""
        return [
            path.parent.name
            for path in self.builds.emulator.data_dir.glob("images/[0-9a-f]*/manifest.json")
        ]


def docker_in(emulator: EmulatorProcess, unique: Callable[[str], str], **members: str) -> DockerLab:
    builds = lab_in(emulator, unique)
    lab = DockerLab(builds, ImageLab(emulator, builds.bucket), unique("images").lower())
    lab.ecr.create_repository(repositoryName=lab.repository, **members)
    return lab


@pytest.fixture
def docker(emulator: EmulatorProcess, unique: Callable[[str], str]) -> DockerLab:
    return docker_in(emulator, unique)


def test_a_pushed_image_runs_its_own_files_before_any_recipe(docker: DockerLab) -> None:
    own_image(docker.builds.emulator, docker.repository, 'process = ["echo", "by recipe"]')
    docker.push("as pushed\n", "1")
    image = docker.image("1")
    assert image["imageTags"] == ["1"]
    for uri in (f"{docker.name}:1", f"{docker.name}@{image['imageDigest']}"):
        status, log = docker.job(uri)
        assert (status, log[-1]) == ("Completed", "as pushed")
        assert any(f"as it was pushed, {image['imageDigest']}" in line for line in log)
    # What was never pushed still runs by a recipe, and so does another registry's.
    for uri in (f"{docker.name}:2", f"{docker.name.replace('123456789012', '210987654321')}:1"):
        assert docker.job(uri)[1][-1] == "by recipe"


def test_the_manifest_in_ecr_is_that_of_the_image(docker: DockerLab) -> None:
    docker.push("x", "1")
    (found,) = docker.ecr.batch_get_image(
        repositoryName=docker.repository, imageIds=[{"imageTag": "1"}]
    )["images"]
    manifest = found["imageManifest"].encode()
    (stored,) = (
        path
        for path in docker.builds.emulator.data_dir.glob("images/*/manifest.json")
        if path.read_bytes() == manifest
    )
    assert found["imageId"]["imageDigest"] == f"sha256:{stored.parent.name}"


def test_a_tag_that_moves_runs_the_newer_files(docker: DockerLab) -> None:
    docker.push("older", "latest")
    docker.push("newer", "latest")
    assert docker.job(docker.name)[1][-1] == "newer"
    docker.push("newer", "latest")  # the same image again is no fault


def test_an_immutable_tag_keeps_its_image(
    emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    docker = docker_in(emulator, unique, imageTagMutability="IMMUTABLE")
    docker.push("first", "1")
    digest = docker.image("1")["imageDigest"]
    status, printed = docker.run(
        LOGIN,
        f"docker build -q -t {docker.name}:1 -t {docker.name}:2 image",
        f"docker push -q {docker.name}:2",
        f"docker push {docker.name}:1",
        said="second",
    )
    assert status == "FAILED"
    assert printed.splitlines()[-1] == (
        f"tag invalid: The image tag '1' already exists in the '{docker.repository}' repository "
        "and cannot be overwritten because the repository is immutable."
    )
    assert docker.image("1")["imageDigest"] == digest != docker.image("2")["imageDigest"]


def test_what_ecr_refuses_fails_the_command(docker: DockerLab) -> None:
    other = f"{REGISTRY}/{docker.repository}-other:1"
    status, printed = docker.run(
        f"! echo wrong | docker login -u AWS --password-stdin {REGISTRY}",
        f"docker build -q -t {other} image",
        f"! docker push {other}",
        LOGIN,
        f"! docker push {other}",
    )
    assert status == "SUCCEEDED", printed
    refused, _, _, no_login, succeeded, _, unknown = printed.splitlines()
    assert refused == (
        f"Error response from daemon: login attempt to https://{REGISTRY}/v2/ failed with status: "
        "400 Bad Request"
    )
    assert no_login == "no basic auth credentials"
    assert succeeded == "Login Succeeded"
    assert unknown == (
        f"name unknown: The repository with name '{docker.repository}-other' does not exist in the "
        "registry with id '123456789012'"
    )


def test_without_privileged_mode_docker_cannot_connect(docker: DockerLab) -> None:
    status, printed = docker.run("docker build -t x image", has_docker=False)
    assert status == "FAILED"
    assert printed == (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon "
        "running?"
    )


def test_each_build_has_an_engine_of_its_own_and_leaves_nothing_unpushed(
    own_emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    docker = docker_in(own_emulator, unique)
    status, printed = docker.run("docker build -q -t x image", "docker images -q", said="unpushed")
    assert status == "SUCCEEDED", printed
    digest, first = printed.splitlines()
    assert digest.startswith(f"sha256:{first}")
    assert docker.run("docker images -q") == ("SUCCEEDED", "")
    own_emulator.stop()  # what ended with the builds is gone now
    own_emulator.start()
    docker.push("pushed", "1")
    assert docker.stored == [docker.image("1")["imageDigest"].removeprefix("sha256:")]


def test_an_image_outlives_a_kill_and_goes_with_its_repository(
    own_emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    docker = docker_in(own_emulator, unique)
    docker.push("one", "1")
    docker.push("two", "2")
    own_emulator.kill()
    own_emulator.start()
    assert docker.job(f"{docker.name}:1")[1][-1] == "one"
    docker.ecr.batch_delete_image(repositoryName=docker.repository, imageIds=[{"imageTag": "1"}])
    with pytest.raises(ClientError, match="no recipe has the repository"):
        docker.job(f"{docker.name}:1")
    assert docker.job(f"{docker.name}:2")[1][-1] == "two"
    assert docker.stored == [docker.image("2")["imageDigest"].removeprefix("sha256:")]
    docker.ecr.delete_repository(repositoryName=docker.repository, force=True)
    assert docker.stored == []
