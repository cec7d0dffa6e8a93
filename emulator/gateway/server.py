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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn
import uvloop

from emulator import moto
from emulator.client_environment import client_environment
from emulator.containers import Containers
from emulator.containers import recipe_directories as all_recipe_directories
from emulator.context import Context, Settings, TimeLimits, Workers
from emulator.gateway.app import make_app
from emulator.gateway.calls import LocalApi
from emulator.objects import Objects, make_s3_app
from emulator.services import registry
from emulator.store import Store

logger = logging.getLogger(__name__)

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
    data_dir: Path,
    cache_dir: Path,
    port: int | None,
    region: str,
    limits: TimeLimits,
    recipe_directories: Sequence[Path],
    announce: Callable[[str], None],
) -> None:
    """Serve until SIGTERM, SIGINT or the loss of the data directory.

    Without a port it is on the usual one, or else on a free one; ``announce`` is told the URL.

    Raises:
        DataDirInUse: Another emulator serves this directory.
        PortInUse: The port is taken.
        DataDamaged: The data cannot be read.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir = data_dir.resolve()
    with _own(data_dir) as is_owned, _listen(port) as listener:
        host, port = listener.getsockname()
        settings = Settings(
            region=region,
            account_id=ACCOUNT_ID,
            data_dir=data_dir,
            cache_dir=cache_dir,
            endpoint_url=f"http://{host}:{port}",
            limits=limits,
            recipe_directories=tuple(recipe_directories),
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, listener, is_owned, announce))


async def _serve(
    settings: Settings,
    listener: socket.socket,
    is_owned: Callable[[], bool],
    announce: Callable[[str], None],
) -> None:
    loop = asyncio.get_running_loop()
    # A handler that waits for a function waits for that function's own calls, too: with the six
    # threads that asyncio has on two cores, six such invocations would wait for ever.
    loop.set_default_executor(ThreadPoolExecutor(HANDLER_THREADS, thread_name_prefix="handler"))
    context = _make_context(settings, LocalApi(loop))
    registry.observe(context)
    registry.recover(context)
    server = _make_server(context, is_owned)
    _end_in_order(server)
    _write_state(settings)
    announce(settings.endpoint_url)
    try:
        await server.serve(sockets=[listener])
    finally:
        moto.stop(context)
        registry.shut_down(context)
        context.containers.close()
        context.objects.close()
        context.store.close()
        if is_owned():
            (settings.data_dir / STATE_FILE).unlink(missing_ok=True)


def _make_context(settings: Settings, api: LocalApi) -> Context:
    store, objects = _open(settings.data_dir)
    context = Context(
        settings=settings,
        store=store,
        objects=objects,
        containers=Containers(
            settings.cache_dir,
            client_environment(settings.endpoint_url, settings.region),
            all_recipe_directories(os.environ, settings.data_dir, settings.recipe_directories),
        ),
        api=api,
        workers=Workers(),
        clock=time.time,
    )
    api.bind(context)
    context.containers.bind(partial(moto.find_pushed, context))
    return context


def _make_server(context: Context, is_owned: Callable[[], bool]) -> uvicorn.Server:
    settings = context.settings

    async def end_when_lost() -> None:
        if not is_owned():
            logger.error("The data directory %s is gone: the emulator ends.", settings.data_dir)
            server.should_exit = True

    s3_app = make_s3_app(context.objects, region=settings.region, account_id=settings.account_id)
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(context, s3_app),
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            date_header=True,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            callback_notify=end_when_lost,
            timeout_notify=0,  # every second, with the Date header
        )
    )
    return server


def _open(data_dir: Path) -> tuple[Store, Objects]:
    try:
        return Store(data_dir / "store.sqlite"), Objects(data_dir / "objects")
    except sqlite3.DatabaseError as error:
        raise DataDamaged(
            f"the data in {data_dir} is damaged: {error}. Put a copy of it back, or move it away "
            "to begin anew"
        ) from error


def _end_in_order(server: uvicorn.Server) -> None:
    """Let SIGTERM and SIGINT end the server and not the process.

    When it has served, uvicorn raises the signal again for the handler from before: the default
    one would end the process before it has ended what it runs.
    """

    def end(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


@contextmanager
def _own(data_dir: Path) -> Iterator[Callable[[], bool]]:
    """Hold the directory's lock, which the kernel gives back however the process ends.

    Gives a function that tells whether it still is the lock of what has the directory's name.
    """
    path = data_dir / "lock"

    def is_owned() -> bool:
        try:
            return os.path.samestat(path.stat(), os.fstat(lock.fileno()))
        except (FileNotFoundError, NotADirectoryError):
            return False

    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataDirInUse(f"another emulator serves {data_dir}") from None
        yield is_owned


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
    state = {
        "pid": os.getpid(),
        "url": settings.endpoint_url,
        "region": settings.region,
        "recipes": [str(directory) for directory in settings.recipe_directories],
    }
    beside.write_text(json.dumps(state))
    beside.replace(path)
