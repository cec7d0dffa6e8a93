"""What a build gets of this machine's variables, and what leads its git to the emulator."""

import os
import subprocess

import pytest

from emulator.context import Context
from emulator.services.codebuild.environment import git_variables, machine_variables

KEPT = {
    "PATH": "/usr/bin",
    "HTTPS_PROXY": "http://proxy",
    "no_proxy": "localhost",
    "PIP_INDEX_URL": "https://mirror/simple",
    "UV_CACHE_DIR": "/cache/uv",
    "SSL_CERT_FILE": "/certs.pem",
    "REQUESTS_CA_BUNDLE": "/certs.pem",
    "npm_config_registry": "https://mirror/npm",
    "NPM_CONFIG_CACHE": "/cache/npm",
}
LEFT = {
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_PROFILE": "prod",
    "HOME": "/home/me",
    "GITHUB_TOKEN": "secret",
    "VIRTUAL_ENV": "/venv",
    "PYTHONPATH": "/mine",
    "EMULATOR_DATA": "/data",
    "MY_PATH": "x",
}


def test_only_what_packages_need_is_inherited() -> None:
    assert machine_variables(KEPT | LEFT) == KEPT


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("git-codecommit.us-east-1.amazonaws.com/v1/repos/books", "/v1/repos/books"),
        (
            "codeconnections.us-east-1.amazonaws.com/git-http/1/us-east-1/2/ada/books.git",
            "/git-http/1/us-east-1/2/ada/books.git",
        ),
        (
            "codestar-connections.us-east-1.amazonaws.com/git-http/1/us-east-1/2/ada/books.git",
            "/git-http/1/us-east-1/2/ada/books.git",
        ),
    ],
)
def test_git_itself_is_led_to_the_emulator(context: Context, asked: str, led: str) -> None:
    command = ["git", "ls-remote", "--get-url", f"https://{asked}"]
    variables = {"PATH": os.environ["PATH"], **git_variables(context)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"http://127.0.0.1:1{led}"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://github.com/ada/books.git",
        "https://git-codecommit.eu-west-2.amazonaws.com/v1/repos/b",
    ],
)
def test_what_the_emulator_does_not_have_stays_where_it_is(
    context: Context, elsewhere: str
) -> None:
    command = ["git", "ls-remote", "--get-url", elsewhere]
    variables = {"PATH": os.environ["PATH"], **git_variables(context)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == elsewhere
