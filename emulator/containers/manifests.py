"""The manifest of an image that is a folder of files: one layer, and a config that says no more.

The same files make the same bytes, so that an image's digest is that of its content: sorted, no
times, no owners.

Source: "Image Manifest" and "Image Configuration" of the OCI image format specification 1.1.
"""

import hashlib
import json
import platform
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_RECIPE_LABEL = "sagemaker-emulator.recipe"


@dataclass(frozen=True)
class Manifest:
    """What stands for an image in a registry.

    Attributes:
        content: The manifest itself, JSON.
        config: The image's configuration, which the manifest names by its digest; JSON.
        size_bytes: Of the layer.
    """

    content: bytes
    config: bytes
    size_bytes: int

    @property
    def digest(self) -> str:
        """The image's digest, as registries give it: ``sha256:`` and 64 hexadecimal digits."""
        return digest_of(self.content)

    @property
    def recipe_folder(self) -> str:
        """Where among the image's files its recipe is."""
        return str(json.loads(self.config)["config"]["Labels"][_RECIPE_LABEL])


def read_manifest(content: bytes, config: bytes) -> Manifest:
    """A manifest that was written before."""
    return Manifest(content, config, int(json.loads(content)["layers"][0]["size"]))


def make_manifest(root: Path, files: Sequence[str], recipe_folder: str) -> Manifest:
    """The manifest of files, whose paths are relative to the root."""
    layer_digest, size_bytes = _layer(root, files)
    config = _json(
        {
            "architecture": machine_architecture(),
            "os": "linux",
            "config": {"Labels": {_RECIPE_LABEL: recipe_folder}},
            "rootfs": {"type": "layers", "diff_ids": [layer_digest]},
        }
    )
    content = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _descriptor(_CONFIG_TYPE, digest_of(config), len(config)),
            "layers": [_descriptor(_LAYER_TYPE, layer_digest, size_bytes)],
        }
    )
    return Manifest(content, config, size_bytes)


def machine_architecture() -> str:
    """This machine's, as Docker calls it."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def digest_of(content: bytes) -> str:
    """The digest of bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class _Measure:
    """A file that keeps no more of what is written to it than its hash and size."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()
        self.size_bytes = 0

    def write(self, chunk: bytes) -> int:
        self.sha256.update(chunk)
        self.size_bytes += len(chunk)
        return len(chunk)


def _layer(root: Path, files: Sequence[str]) -> tuple[str, int]:
    """The digest and the size of the files as a tar."""
    measure = _Measure()
    with tarfile.open(
        fileobj=cast(IO[bytes], measure), mode="w|", format=tarfile.PAX_FORMAT
    ) as tar:
        for name in sorted(files):
            _add(tar, root / name, name)
    return f"sha256:{measure.sha256.hexdigest()}", measure.size_bytes


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tarfile.TarInfo(name)
    if path.is_symlink():
        member.type, member.mode = tarfile.SYMTYPE, 0o777
        member.linkname = str(path.readlink())
        tar.addfile(member)
        return
    found = path.stat()
    member.size, member.mode = found.st_size, 0o755 if found.st_mode & 0o100 else 0o644
    with path.open("rb") as content:
        tar.addfile(member, content)


def _descriptor(media_type: str, digest: str, size_bytes: int) -> dict[str, object]:
    return {"mediaType": media_type, "size": size_bytes, "digest": digest}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
