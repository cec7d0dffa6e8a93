"""Starts a server for a model with a script: `python -m framework_image.serving`."""

import logging
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

from framework_image.directories import base_dir
from framework_image.server import Application, run_server


def has_script(model_dir: Path) -> bool:
    """Whether the model brings code of its own."""
    return "SAGEMAKER_PROGRAM" in os.environ or (model_dir / "code" / "inference.py").is_file()


def prepare_code(model_dir: Path) -> None:
    """Make the script importable, with its requirements installed."""
    source = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", str(model_dir / "code"))
    code_dir = _download(source) if source.startswith("s3://") else Path(source)
    if code_dir.is_file():
        code_dir = _unpack(code_dir)
    sys.path.insert(0, str(code_dir))
    os.environ["PYTHONPATH"] = os.pathsep.join(
        entry for entry in (str(code_dir), os.environ.get("PYTHONPATH")) if entry
    )
    requirements = code_dir / "requirements.txt"
    if requirements.is_file():
        # As AWS's model server does; quick when the environment was made with them.
        install = [sys.executable, "-m", "pip", "install", "-q", "-r", str(requirements)]
        subprocess.run(install, check=True, cwd=code_dir)


def _download(source_s3_uri: str) -> Path:
    import boto3

    bucket, _, key = source_s3_uri.removeprefix("s3://").partition("/")
    archive = Path(os.environ.get("TMPDIR", "/tmp")) / "sourcedir.tar.gz"  # noqa: S108
    boto3.client("s3").download_file(bucket, key, str(archive))
    return archive


def _unpack(archive: Path) -> Path:
    code_dir = base_dir() / "code"
    code_dir.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        tar.extractall(code_dir, filter="data")
    return code_dir


def start(make_application: Callable[[Path], Application]) -> None:
    """Load the model and serve it until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    run_server(make_application(base_dir() / "model"))
