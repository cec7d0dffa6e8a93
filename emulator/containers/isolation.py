"""How much of a container this machine's kernel gives, and what to mount for one.

The ways, best first: namespaces as root, the same within a user namespace, and none at all, where
``/opt/ml`` is rewritten to the job's real directory in arguments and variables.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from emulator.containers.launching import Launch, Launcher, LaunchFailed

ML_ROOT = "/opt/ml"
MOUNT_NAMESPACE = "mount namespace"
REWRITTEN_PATHS = "rewritten paths"
PROBE = "/bin/sh"


@dataclass(frozen=True)
class Isolation:
    """What containers are made of here: namespaces, and whether overlays can be mounted."""

    namespaces: tuple[str, ...]
    has_overlay: bool

    @property
    def name(self) -> str:
        """The name users see."""
        return MOUNT_NAMESPACE if self.namespaces else REWRITTEN_PATHS

    @property
    def description(self) -> str:
        """What a job's log says of it."""
        return self.name if self.namespaces else f"{self.name}, /tmp is shared with the machine"


NO_ISOLATION = Isolation((), has_overlay=False)
CANDIDATES = (
    ("mount", "pid"),
    ("mount",),
    ("user", "mount", "pid"),
    ("user", "mount"),
)


def probe(
    launcher: Launcher, scratch: Path, candidates: Sequence[tuple[str, ...]] = CANDIDATES
) -> Isolation:
    """Find the best isolation by making containers in ``scratch``, which must exist.

    The answer holds for the file system of ``scratch``: not every one can carry an overlay.
    """
    target = scratch / "target"
    target.mkdir()
    for namespaces in candidates:
        binding = [bind(target, target)]
        if _works(launcher, namespaces, binding):
            overlays = [overlay(target, scratch / "probe", namespaces)]
            return Isolation(namespaces, _works(launcher, namespaces, overlays))
    return NO_ISOLATION


def _works(
    launcher: Launcher, namespaces: tuple[str, ...], mounts: Sequence[Sequence[str]]
) -> bool:
    command = (PROBE, "-c", ":")
    launch = Launch(command, {"PATH": os.defpath}, Path("/"), namespaces, mounts)
    try:
        started = launcher.start(launch)
    except LaunchFailed:
        return False
    with os.fdopen(started.output, "rb") as output, os.fdopen(started.status, "rb") as status:
        output.read()
        return (started.early_status + status.read()).startswith(b"exit 0\n")


def bind(source: Path, target: Path | str) -> list[str]:
    """A mount that shows ``source`` at ``target``."""
    return ["bind", str(source), str(target), ""]


def overlay(lower: Path, layers: Path, namespaces: Sequence[str]) -> list[str]:
    """A mount over ``lower`` that keeps what is changed there in ``layers``."""
    upper, work = layers / "upper", layers / "work"
    for directory in (upper, work):
        directory.mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={_escape(lower)},upperdir={_escape(upper)},workdir={_escape(work)}"
    if "user" in namespaces:
        options += ",userxattr"
    return ["overlay", "overlay", str(lower), options]


def _escape(path: Path) -> str:
    # Source: the kernel's "Overlay Filesystem", "Multiple lower layers".
    return re.sub(r"([\\:,])", r"\\\1", str(path))


def ml_root_mounts(root: Path, scratch: Path) -> list[list[str]]:
    """The mounts that show ``root`` as /opt/ml, making the mount point where it is missing."""
    mount_point = Path(ML_ROOT)
    mounts: list[list[str]] = []
    if not mount_point.is_dir():
        try:
            mount_point.mkdir(parents=True)
        except OSError:
            mounts += _shadow(mount_point, scratch / "shadow")
    return [*mounts, bind(root, mount_point)]


def _shadow(mount_point: Path, shadow: Path) -> list[list[str]]:
    # /opt is not ours to write to: within the namespace, another directory takes its place that
    # has the same entries and the mount point too.
    (shadow / mount_point.name).mkdir(parents=True)
    mounts = []
    for entry in mount_point.parent.iterdir():
        copy = shadow / entry.name
        if entry.is_symlink():
            copy.symlink_to(entry.readlink())
            continue
        if entry.is_dir():
            copy.mkdir()
        else:
            copy.touch()
        mounts.append(bind(entry, copy))
    return [*mounts, bind(shadow, mount_point.parent)]


def hosts_mounts(names: Sequence[str], scratch: Path) -> list[list[str]]:
    """The mounts after which the names resolve to this machine."""
    hosts = Path("/etc/hosts")
    if not hosts.is_file():
        return []
    own = scratch / "hosts"
    own.write_text(hosts.read_text().rstrip("\n") + "\n127.0.0.1 " + " ".join(names) + "\n")
    return [bind(own, hosts)]


_ML_ROOT_PATTERN = re.compile(re.escape(ML_ROOT) + r"(?![\w.-])")


def rewrite(launch: Launch, root: Path) -> Launch:
    """The same command with ``root`` wherever an argument or variable says /opt/ml."""

    def changed(text: str) -> str:
        return _ML_ROOT_PATTERN.sub(lambda _: str(root), text)

    # SAGEMAKER_BASE_DIR is what AWS's training toolkit takes instead of /opt/ml.
    variables = {key: changed(value) for key, value in launch.variables.items()}
    return replace(
        launch,
        command=[changed(word) for word in launch.command],
        variables={**variables, "SAGEMAKER_BASE_DIR": str(root)},
    )


def detach_links(directory: Path) -> None:
    """Give every file below the directory a copy of its own, so that it can be changed."""
    for path in _files(directory):
        if path.stat().st_nlink > 1:
            copy = path.with_name(f".{path.name}.copy")
            shutil.copy2(path, copy)
            copy.replace(path)


def _files(directory: Path) -> Iterator[Path]:
    if directory.is_file() and not directory.is_symlink():
        yield directory
    for folder, _, names in os.walk(directory):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of this process that a container gets: what tells of this machine.

    Where packages are, and which kernels of OpenBLAS this processor can take.
    """
    kept = {name: environ[name] for name in ("LANG", "LC_ALL", "TZ", "TERM") if name in environ}
    for name in environ:
        if name.startswith(("PIP_", "OPENBLAS_")) or name in PROXY_VARIABLES:
            kept[name] = environ[name]
    return kept


PROXY_VARIABLES = frozenset(
    variant
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    for variant in (name, name.lower())
)
