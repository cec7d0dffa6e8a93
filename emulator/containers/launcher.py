"""The small process that starts containers: run as a script, with the control socket's number.

Forking the emulator itself would be slow (its memory) and unsafe (its threads), and the mount and
unshare programs cost several milliseconds each. This process stays small and single-threaded, so
a container costs a few system calls.

For each request it forks a *supervisor*, which enters the container's namespaces, mounts what it
is told, starts the command and reports on the status pipe, one line each:

    started SUPERVISOR_PID GROUP    the command is about to run in that process group
    failed MESSAGE                  the container could not be made
    exit CODE                       the command has ended, and everything it started too

SIGUSR1 makes a supervisor end its container at once. All of them get it when the control socket
closes or this process dies, because the emulator has then ended or was killed.
"""

import array
import contextlib
import ctypes
import errno
import json
import os
import select
import signal
import socket
import sys
from typing import Any, NoReturn

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MS_NOSUID_NODEV_NOEXEC = 0xE
MOUNT_FLAGS = {"bind": MS_BIND | MS_REC, "overlay": 0, "proc": MS_NOSUID_NODEV_NOEXEC}
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
NAMESPACE_FLAGS = {"mount": CLONE_NEWNS, "pid": CLONE_NEWPID, "user": CLONE_NEWUSER}
HEADER_BYTES = 8
END_SIGNAL = signal.SIGUSR1


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
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            _supervise(libc, request, *descriptors)
        supervisors.add(pid)
        for descriptor in descriptors:
            os.close(descriptor)
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


def _supervise(libc: ctypes.CDLL, request: dict[str, Any], output: int, status: int) -> NoReturn:
    try:
        os.setsid()
        _supervise_command(libc, request, output, status)
    except LaunchFailed as failure:
        _report(status, f"failed {failure}")
    except BaseException as failure:  # noqa: BLE001 - the process's boundary: nobody is above
        _report(status, f"failed {type(failure).__name__}: {failure}")
    os._exit(1)


def _supervise_command(
    libc: ctypes.CDLL, request: dict[str, Any], output: int, status: int
) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(END_SIGNAL, signal.SIG_DFL)
    namespaces = request["namespaces"]
    _prctl(libc, PR_SET_CHILD_SUBREAPER, 1)
    if namespaces:
        _enter(libc, namespaces)
        for mount in request["mounts"]:
            _mount(libc, mount)
    # After the namespaces, because entering a user namespace clears it.
    _prctl(libc, PR_SET_PDEATHSIG, END_SIGNAL)
    if "pid" in namespaces:
        # The first process of the namespace must outlive SIGTERM to give the command its grace.
        group = os.getpid()
        child = os.fork()
        if child == 0:
            _prctl(libc, PR_SET_PDEATHSIG, signal.SIGKILL)
            _be_first_process(libc, request, output, status, group)
    else:
        child = group = _start(request, output, status, own_group=True)
    signal.signal(END_SIGNAL, lambda *_: _kill(group, child))
    if "pid" not in namespaces:
        _report(status, f"started {os.getpid()} {group}")
    os.close(output)
    _, result = os.waitpid(child, 0)
    if "pid" not in namespaces:
        _end_descendants(group)
    _report(status, f"exit {_exit_code(result)}")
    os._exit(0)


def _be_first_process(
    libc: ctypes.CDLL, request: dict[str, Any], output: int, status: int, group: int
) -> NoReturn:
    try:
        _mount(libc, ["proc", "proc", "/proc", ""])
        child = _start(request, output, status, own_group=False)
        _report(status, f"started {group} {group}")
    except BaseException as failure:  # noqa: BLE001 - the process's boundary: nobody is above
        _report(status, f"failed {failure}")
        os._exit(125)
    os.close(output)
    while True:
        pid, result = os.wait()
        if pid == child:
            os._exit(_exit_code(result))


def _start(request: dict[str, Any], output: int, status: int, *, own_group: bool) -> int:
    # A SIGTERM that comes before the command is there must wait for it: ignored, as it is here, it
    # would be lost and the command would run on through its whole grace.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        return child
    try:
        if own_group:
            os.setpgid(0, 0)
        _reset_signals()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.set_inheritable(status, False)
        # 256 is far above what this process ever opens; closing up to the limit would be slow.
        for descriptor in range(3, 256):
            if descriptor != status:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        os.chdir(request["directory"])
        os.umask(0o022)
        os.execvpe(request["command"][0], request["command"], request["variables"])
    except OSError as error:
        name = request["command"][0]
        os.write(2, f"cannot run {name!r}: {error.strerror}\n".encode())
        os._exit(127 if error.errno == errno.ENOENT else 126)
    finally:
        os._exit(126)


def _reset_signals() -> None:
    for number in (
        signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD,
        END_SIGNAL, signal.SIGXFSZ,
    ):  # fmt: skip
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())


def _enter(libc: ctypes.CDLL, namespaces: list[str]) -> None:
    user, group = os.getuid(), os.getgid()
    flags = 0
    for namespace in namespaces:
        flags |= NAMESPACE_FLAGS[namespace]
    _check(libc.unshare(flags), f"unshare {'+'.join(namespaces)}")
    if "user" in namespaces:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"0 {user} 1")
        _write("/proc/self/gid_map", f"0 {group} 1")
    _check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "make mounts private")


def _mount(libc: ctypes.CDLL, mount: list[str]) -> None:
    kind, source, target, options = mount
    result = libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        None if kind == "bind" else kind.encode(),
        MOUNT_FLAGS[kind],
        os.fsencode(options) if options else None,
    )
    _check(result, f"mount {kind} {source} on {target}")


def _check(result: int, action: str) -> None:
    if result != 0:
        raise LaunchFailed(f"{action}: {os.strerror(ctypes.get_errno())}")


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> None:
    if sys.platform == "linux":
        libc.prctl(option, value, 0, 0, 0)


def _kill(group: int, child: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(child, signal.SIGKILL)
    if group != os.getpid():
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)


def _end_descendants(group: int) -> None:
    # As subreaper this process becomes the parent of every orphan below it, so killing its own
    # children until none is left ends also what had left the group.
    with contextlib.suppress(OSError):
        os.killpg(group, signal.SIGKILL)
    while True:
        for child in _children():
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def _children() -> list[int]:
    own = str(os.getpid())
    children = []
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib would cost its import
            if not name.isdigit():
                continue
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                fields = file.read().rpartition(b")")[2].split()
                if fields[1].decode() == own:
                    children.append(int(name))
    return children


def _exit_code(result: int) -> int:
    code = os.waitstatus_to_exitcode(result)
    # Containers report a death by signal as shells do. Source: docker run, "Exit status".
    return code if code >= 0 else 128 - code


def _write(path: str, content: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(content)


def _report(status: int, line: str) -> None:
    with contextlib.suppress(OSError):
        os.write(status, line.replace("\n", " ").encode(errors="replace") + b"\n")


if __name__ == "__main__":
    main()
