"""Make the environments that the demo's images need, as a part of setting up."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIPELINE = "book_ratings"


def main() -> int:
    """Build the environment of every image that the definition names."""
    print(f"Reading which images the pipeline {PIPELINE} uses ...", flush=True)
    requirements = ROOT / "steps" / PIPELINE / "requirements.txt"
    command = [sys.executable, "-m", "emulator", "build", "--requirements", str(requirements)]
    return subprocess.run([*command, *images()], cwd=ROOT, check=False).returncode


def images() -> list[str]:
    """The image URIs of the pipeline's definition, each once."""
    program = Path(sys.executable).parent / "get-pipeline-definition"
    words = ["--pipeline", PIPELINE, "--default-bucket", "any", "--region", "us-east-1"]
    role = ["--role-arn", "arn:aws:iam::123456789012:role/any"]
    command = [str(program), *words, *role]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return sorted(set(_image_uris(json.loads(done.stdout))))


def _image_uris(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [v for k, v in value.items() if k in ("ImageUri", "TrainingImage", "Image")]
        inner = [uri for v in value.values() for uri in _image_uris(v)]
        return [uri for uri in own if isinstance(uri, str)] + inner
    if isinstance(value, list):
        return [uri for element in value for uri in _image_uris(element)]
    return []


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
