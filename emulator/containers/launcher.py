"""The small process that starts containers: run as a script, with the control socket's number.

Its other arguments are the numbers of the user and the group.

Forking the emulator itself would be slow (its memory) and unsafe (its threads), and the mount and
unshare programs cost several milliseconds each. This process stays small and single-threaded, so
a container costs a few system calls.

For each request it makes a *supervisor* in the container's namespaces, which mounts what it is
told and starts the command. The status pipe gets one line each:

    supervisor PID          who ends the container when it gets SIGUSR1
    started GROUP           the command runs in that process group; 0 is the supervisor's own
    failed MESSAGE          the container could not be made
    exit CODE               the command has ended, and everything it started too

When the control socket closes or this process dies, because the emulator has ended or was killed,
all containers end.
"""

import array
import contextlib
import ctypes
import errno
import json
import os
import platform
import select
import signal
import socket
import sys
from typing import Any, NoReturn

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
NAMESPACE_FLAGS = {"mount": CLONE_NEWNS, "pid": CLONE_NEWPID, "user": CLONE_NEWUSER}
# Python 3.11 has no clone; it is called by its number.
CLONE_NUMBERS = {"x86_64": 56, "aarch64": 220}
MS_RDONLY = 0x1
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MS_NOSUID_NODEV = 0x6
MS_NOSUID_NODEV_NOEXEC = 0xE
BINDS = ("bind", "read-only")
MOUNT_FLAGS = {
    "bind": MS_BIND | MS_REC,
    "read-only": MS_BIND | MS_REC,
    "overlay": 0,
    "tmpfs": MS_NOSUID_NODEV,
    "proc": MS_NOSUID_NODEV_NOEXEC,
}
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
HEADER_BYTES = 8
END_SIGNAL = signal.SIGUSR1
RESET_SIGNALS = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD,
    signal.SIGUSR1, signal.SIGXFSZ,
)  # fmt: skip


class LaunchFailed(Exception):
    """The container could not be made."""


def main() -> None:
    """Serve requests until the control socket closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer.fileno())
    libc = ctypes.CDLL(None, use_errno=True)
    supervisors: set[int] = set()
    while True:
        ready, _, _ = select.select([control, reader], [], [])
        if reader in ready:
            reader.recv(4096)
        supervisors -= _ended(supervisors)
        if control not in ready:
            continue
        request, descriptors = _receive(control)
        if request is None:
            break
        output, status = descriptors
        try:
            pid = _fork(libc, request["namespaces"])
        except LaunchFailed as failure:
            _report(status, f"failed {failure}")
        else:
            if pid == 0:
                _supervise(libc, request, output, status)
            supervisors.add(pid)
            _report(status, f"supervisor {pid}")
        os.close(output)
        os.close(status)
    for pid in supervisors - _ended(supervisors):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, END_SIGNAL)


def _ended(supervisors: set[int]) -> set[int]:
    ended = set()
    for pid in supervisors:
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                ended.add(pid)
    return ended


def _receive(control: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    descriptors = array.array("i")
    header, ancillary, _, _ = control.recvmsg(HEADER_BYTES, socket.CMSG_SPACE(16))
    if not header:
        return None, []
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    body = bytearray()
    while len(body) < int(header):
        part = control.recv(int(header) - len(body))
        if not part:
            return None, []
        body += part
    return json.loads(body), list(descriptors)


def _fork(libc: ctypes.CDLL, namespaces: list[str]) -> int:
    # Signals wait until the supervisor has its handlers; else one could find none and be lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, {END_SIGNAL})
    try:
        pid = _clone(libc, namespaces) if "pid" in namespaces else os.fork()
    except BaseException:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {END_SIGNAL})
        raise
    if pid:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {END_SIGNAL})
    return pid


def _clone(libc: ctypes.CDLL, namespaces: list[str]) -> int:
    """Fork into new namespaces, with the child as the first process of its own."""
    number = CLONE_NUMBERS.get(platform.machine()) if sys.platform == "linux" else None
    if number is None:
        raise LaunchFailed(f"process namespaces are not known on {platform.machine()}")
    flags = ctypes.c_ulong(_flags(namespaces) | signal.SIGCHLD)
    nothing = ctypes.c_ulong(0)
    pid = int(libc.syscall(ctypes.c_long(number), flags, nothing, nothing, nothing, nothing))
    _check(min(pid, 0), f"clone {'+'.join(namespaces)}")
    return pid


def _flags(namespaces: list[str]) -> int:
    flags = 0
    for namespace in namespaces:
        flags |= NAMESPACE_FLAGS[namespace]
    return flags


def _supervise(libc: ctypes.CDLL, request: dict[str, Any], output: int, status: int) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        _supervise_command(libc, request, output, status)
    except LaunchFailed as failure:
        _report(status, f"failed {failure}")
    except BaseException as failure:  # noqa: BLE001 - the process's boundary: nobody is above
        _report(status, f"failed {type(failure).__name__}: {failure}")
    os._exit(1)


def _supervise_command(
    libc: ctypes.CDLL, request: dict[str, Any], output: int, status: int
) -> NoReturn:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    namespaces = request["namespaces"]
    is_first = "pid" in namespaces
    _enter(libc, namespaces)
    for mount in request["mounts"]:
        _mount(libc, mount)
    if is_first:
        _mount(libc, ["proc", "proc", "/proc", ""])
    # After the namespaces, because entering a user namespace clears it.
    _prctl(libc, PR_SET_PDEATHSIG, signal.SIGKILL if is_first else END_SIGNAL)
    _prctl(libc, PR_SET_CHILD_SUBREAPER, 1)
    child = _start(request, output, status, own_group=not is_first)
    end_all = _end_namespace if is_first else _end_descendants
    signal.signal(END_SIGNAL, lambda *_: _kill(child))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {END_SIGNAL})
    _report(status, f"started {0 if is_first else child}")
    os.close(output)
    code = _wait_for(child)
    end_all(child)
    # Told before the namespaces are torn down, which can take the kernel milliseconds.
    _report(status, f"exit {code}")
    os._exit(0)


def _wait_for(child: int) -> int:
    while True:
        pid, result = os.wait()  # of orphans too, which have nobody else
        if pid == child:
            code = os.waitstatus_to_exitcode(result)
            # Containers report a death by signal as shells do. Source: docker run, Exit status.
            return code if code >= 0 else 128 - code


def _start(request: dict[str, Any], output: int, status: int, *, own_group: bool) -> int:
    os.set_inheritable(status, False)
    os.umask(0o022)
    variables = request["variables"]
    name, *_ = request["command"]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, output, 1),
        (os.POSIX_SPAWN_DUP2, output, 2),
        (os.POSIX_SPAWN_CLOSE, output),
    ]
    options: dict[str, Any] = {"setpgroup": 0} if own_group else {}
    try:
        os.chdir(request["directory"])
        return os.posix_spawn(
            _program(name, variables.get("PATH", os.defpath)),
            request["command"],
            variables,
            file_actions=actions,
            setsigmask=(),
            setsigdef=RESET_SIGNALS,
            **options,
        )
    except OSError as error:
        os.write(output, f"cannot run {name!r}: {error.strerror}\n".encode())
        _report(status, "started 0")
        _report(status, f"exit {127 if error.errno == errno.ENOENT else 126}")
        os._exit(0)


def _program(name: str, path: str) -> str:
    if "/" in name:
        return name
    found = ""
    for directory in path.split(os.pathsep):
        candidate = os.path.join(directory, name)  # noqa: PTH118 - pathlib would cost its import
        if os.access(candidate, os.X_OK) and not os.path.isdir(candidate):  # noqa: PTH112
            return candidate
        if not found and os.path.exists(candidate):  # noqa: PTH110
            found = candidate
    if found:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def _enter(libc: ctypes.CDLL, namespaces: list[str]) -> None:
    if not namespaces:
        return
    if "pid" not in namespaces:
        _check(libc.unshare(_flags(namespaces)), f"unshare {'+'.join(namespaces)}")
    if "user" in namespaces:
        # Within the new namespace our own numbers are not known any more, so we were told them.
        user, group = int(sys.argv[2]), int(sys.argv[3])
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"0 {user} 1")
        _write("/proc/self/gid_map", f"0 {group} 1")
    _check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "make mounts private")


def _mount(libc: ctypes.CDLL, mount: list[str]) -> None:
    kind, source, target, options = mount
    result = libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        None if kind in BINDS else kind.encode(),
        MOUNT_FLAGS[kind],
        os.fsencode(options) if options else None,
    )
    _check(result, f"mount {kind} {source} on {target}")
    if kind == "read-only":
        # A bind cannot be made so at once; within a user namespace it must keep these flags.
        kept = os.statvfs(target).f_flag & MS_NOSUID_NODEV_NOEXEC
        flags = MS_REMOUNT | MS_BIND | MS_RDONLY | kept
        result = libc.mount(None, os.fsencode(target), None, flags, None)
        _check(result, f"make {target} read-only")


def _check(result: int, action: str) -> None:
    if result != 0:
        raise LaunchFailed(f"{action}: {os.strerror(ctypes.get_errno())}")


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> None:
    if sys.platform == "linux":
        libc.prctl(option, value, 0, 0, 0)


def _kill(child: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(child, signal.SIGKILL)


def _end_namespace(_child: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(-1, signal.SIGKILL)  # as first process: all the others in the namespace
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def _end_descendants(group: int) -> None:
    # As subreaper this process becomes the parent of every orphan below it, so killing its own
    # children until none is left ends also what had left the group.
    with contextlib.suppress(OSError):
        os.killpg(group, signal.SIGKILL)
    while True:
        for child in _children():
            _kill(child)
        try:
            os.wait()
        except ChildProcessError:
            return


def _children() -> list[int]:
    own = str(os.getpid())
    children = []
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):  # noqa: PTH208
            if not name.isdigit():
                continue
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                fields = file.read().rpartition(b")")[2].split()
                if fields[1].decode() == own:
                    children.append(int(name))
    return children


def _write(path: str, content: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(content)


def _report(status: int, line: str) -> None:
    with contextlib.suppress(OSError):
        os.write(status, line.replace("\n", " ").encode(errors="replace") + b"\n")


if __name__ == "__main__":
    main()
