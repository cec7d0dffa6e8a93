"""Where packages come from, as this machine's pip is configured, in uv's terms.

uv does not read pip's configuration, so on a machine whose package index is known to pip alone,
nothing could be installed without this.
"""

import re
import subprocess
import sys
from collections.abc import Mapping

PIP_TIMEOUT_SECONDS = 20
# pip's option, the variable that says the same to uv, and what separates several values there.
OPTIONS = {
    "index-url": ("UV_DEFAULT_INDEX", None),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "cert": ("SSL_CERT_FILE", None),
    "trusted-host": ("UV_INSECURE_HOST", " "),
}
ALTERNATIVES = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}


def index_variables(environ: Mapping[str, str], python: str = sys.executable) -> dict[str, str]:
    """The variables to set for uv, besides those of ``environ``, which win."""
    return to_uv(pip_configuration(python), environ)


def to_uv(configuration: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Translate pip's options to the variables of uv that are not set yet."""
    variables = {}
    for option, value in configuration.items():
        variable, separator = OPTIONS[option]
        if variable in environ or ALTERNATIVES.get(variable) in environ:
            continue
        words = value.split()
        if words:
            variables[variable] = words[-1] if separator is None else separator.join(words)
    return variables


def pip_configuration(python: str) -> dict[str, str]:
    """Pip's options about indexes, from its files and variables; empty without pip."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    try:
        listing = subprocess.run(
            command, capture_output=True, text=True, timeout=PIP_TIMEOUT_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return parse_configuration(listing)


def parse_configuration(listing: str) -> dict[str, str]:
    """Read what ``pip config list`` prints: ``global.index-url='https://...'`` a line."""
    configuration: dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        pattern = rf"(?m)^{re.escape(section)}\.([\w-]+)='(.*)'$"
        for option, value in re.findall(pattern, listing):
            if option in OPTIONS:
                configuration[option] = value.replace("\\n", " ")
    return configuration
