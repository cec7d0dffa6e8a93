"""The emulator's process: it owns a data directory, a socket and everything that runs behind it."""

import asyncio
import fcntl
import json
import logging
import os
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
import uvloop

from emulator import moto
from emulator.client_environment import client_environment
from emulator.containers import Containers, recipe_directories
from emulator.context import Context, Settings, TimeLimits, Workers
from emulator.gateway.app import make_app
from emulator.gateway.calls import LocalApi
from emulator.objects import Objects, make_s3_app
from emulator.services import registry
from emulator.store import Store

ACCOUNT_ID = "123456789012"
HOST = "127.0.0.1"
USUAL_PORT = 4768
STATE_FILE = "emulator.json"
SHUTDOWN_SECONDS = 5
HANDLER_THREADS = 128


class DataDirInUse(Exception):
    """Another emulator has the data directory."""


class DataDamaged(Exception):
    """A file of the data directory is not what the emulator left there."""


class PortInUse(Exception):
    """Another process has the port."""


def serve(
    data_dir: Path, cache_dir: Path, port: int | None, region: str, limits: TimeLimits
) -> None:
    """Serve until SIGTERM or SIGINT; without a port, on the usual one or else on a free one.

    Raises:
        DataDirInUse: Another emulator serves this directory.
        PortInUse: The port is taken.
        DataDamaged: The data cannot be read.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir = data_dir.resolve()
    with _own(data_dir), _listen(port) as listener:
        host, port = listener.getsockname()
        settings = Settings(
            region=region,
            account_id=ACCOUNT_ID,
            data_dir=data_dir,
            cache_dir=cache_dir,
            endpoint_url=f"http://{host}:{port}",
            limits=limits,
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, listener))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    # A handler that waits for a function waits for that function's own calls, too: with the six
    # threads that asyncio has on two cores, six such invocations would wait for ever.
    loop.set_default_executor(ThreadPoolExecutor(HANDLER_THREADS, thread_name_prefix="handler"))
    api = LocalApi(loop)
    store, objects = _open(settings.data_dir)
    context = Context(
        settings=settings,
        store=store,
        objects=objects,
        containers=Containers(
            settings.cache_dir,
            client_environment(settings.endpoint_url, settings.region),
            recipe_directories(os.environ, settings.data_dir),
        ),
        api=api,
        workers=Workers(),
        clock=time.time,
    )
    api.bind(context)
    registry.recover(context)
    config = uvicorn.Config(
        make_app(
            context,
            make_s3_app(objects, region=settings.region, account_id=settings.account_id),
        ),
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=True,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    server = uvicorn.Server(config)
    _end_in_order(server)
    _write_state(settings)
    try:
        await server.serve(sockets=[listener])
    finally:
        moto.stop(context)
        registry.shut_down(context)
        context.containers.close()
        context.objects.close()
        context.store.close()
        (settings.data_dir / STATE_FILE).unlink(missing_ok=True)


def _open(data_dir: Path) -> tuple[Store, Objects]:
    try:
        return Store(data_dir / "store.sqlite"), Objects(data_dir / "objects")
    except sqlite3.DatabaseError as error:
        raise DataDamaged(
            f"the data in {data_dir} is damaged: {error}. Put a copy of it back, or move it away "
            "to begin anew"
        ) from error


def _end_in_order(server: uvicorn.Server) -> None:
    """Let SIGTERM end the server and not the process.

    When it has served, uvicorn raises the signal again for the handler from before: the default
    one would kill the process before it has ended what it runs.
    """

    def end(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, end)


@contextmanager
def _own(data_dir: Path) -> Iterator[None]:
    """Hold the directory's lock, which the kernel gives back however the process ends."""
    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataDirInUse(f"another emulator serves {data_dir}") from None
        yield


@contextmanager
def _listen(port: int | None) -> Iterator[socket.socket]:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with listener:
        try:
            _bind(listener, port)
        except OSError as error:
            reason = f"port {port} on 127.0.0.1 cannot be had: {error.strerror}"
            raise PortInUse(f"{reason}; --port 0 takes a free one") from error
        listener.listen(1024)
        yield listener


def _bind(listener: socket.socket, port: int | None) -> None:
    if port is not None:
        listener.bind((HOST, port))
        return
    try:
        listener.bind((HOST, USUAL_PORT))
    except OSError:
        listener.bind((HOST, 0))


def _write_state(settings: Settings) -> None:
    """Say where the emulator is; in place only when it is whole."""
    path = settings.data_dir / STATE_FILE
    beside = path.with_suffix(".new")
    state = {"pid": os.getpid(), "url": settings.endpoint_url, "region": settings.region}
    beside.write_text(json.dumps(state))
    beside.replace(path)
