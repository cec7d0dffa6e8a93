"""What a build gets of this machine's variables."""

from emulator.services.codebuild.environment import machine_variables

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
