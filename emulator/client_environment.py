"""The variables that point AWS clients at an emulator."""

import re
from collections.abc import Mapping

# What would bring credentials, a region, a role or an endpoint of its own along.
_ASTRAY = re.compile(r"AWS_(DEFAULT_)?PROFILE|AWS_(SESSION|SECURITY)_TOKEN|AWS_ENDPOINT_URL_\w+")
# These have to be said, because a configuration file can have them, too.
_UNSAID = {
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
    "AWS_USE_FIPS_ENDPOINT": "false",
    "AWS_USE_DUALSTACK_ENDPOINT": "false",
}
_LOCAL = "127.0.0.1,localhost"


def client_environment(endpoint_url: str, region: str) -> dict[str, str]:
    """What any AWS client needs to talk to the emulator, and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def redirected(environ: Mapping[str, str], endpoint_url: str, region: str) -> dict[str, str]:
    """The variables with all in them turned to the emulator that led AWS clients elsewhere."""
    kept = {name: value for name, value in environ.items() if not _ASTRAY.fullmatch(name)}
    exempt = environ.get("no_proxy") or environ.get("NO_PROXY")
    local = f"{_LOCAL},{exempt}" if exempt else _LOCAL
    proxies = {"NO_PROXY": local, "no_proxy": local}
    return kept | _UNSAID | proxies | client_environment(endpoint_url, region)
