"""Defaults of the SageMaker Python SDK, which else asks and tells AWS itself some things.

It looks up the account of its default bucket at an STS address that it makes itself, past
AWS_ENDPOINT_URL, and it reports what is used.

Source: https://sagemaker.readthedocs.io/en/stable/overview.html, "Configuring and using defaults
with the SageMaker Python SDK"
"""

import json
import os
from pathlib import Path

from emulator.commands.running import Running, describe

VARIABLE = "SAGEMAKER_ADMIN_CONFIG_OVERRIDE"
_FILE = "sagemaker-sdk-defaults.yaml"


def write(data_dir: Path, running: Running) -> Path:
    """Write the defaults for an emulator's account and region, and tell where."""
    account_id = describe(running)["AccountId"]
    session = {"DefaultS3Bucket": f"sagemaker-{running.region}-{account_id}"}
    modules = {"TelemetryOptOut": True, "Session": session}
    defaults = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": modules}}}
    path = data_dir / _FILE
    # Another command may be reading it. JSON is YAML.
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps(defaults))
    beside.replace(path)
    return path
