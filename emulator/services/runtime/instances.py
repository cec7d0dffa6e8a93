"""Endpoint instances as the event loop sees them: a server, or none while it is started again."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from emulator.services.runtime.connections import ConnectionPool

# Source: the shape BodyBlob of sagemaker-runtime in botocore, of the request and of the response.
PAYLOAD_BYTES_AT_MOST = 6_291_456


class Server(Protocol):
    """What stands behind one instance of a variant."""

    @property
    def pool(self) -> ConnectionPool | None:
        """The connections to it; None while no process is ready to answer."""
        ...

    @property
    def process_group(self) -> int | None:
        """Its process, which leads a group; None while there is none."""
        ...

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way."""
        ...

    def stop(self) -> None:
        """End it and do not start it again."""
        ...


@dataclass(eq=False)
class Instance:
    """One server process, started again when it dies.

    Attributes:
        stop_server: Ends the process that runs now.
        pool: None while no process is ready to answer.
        process_group: The server's process, which leads a group.
    """

    stop_server: Callable[[], None]
    pool: ConnectionPool | None
    process_group: int | None = None
    is_stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way."""
        return self.pool is not None and self.pool.in_flight > 0

    def stop(self) -> None:
        """End the server and do not start it again."""
        self.is_stopping.set()
        self.pool = None
        self.stop_server()


def stop_all(servers: Sequence[Server]) -> None:
    """End the servers, all at the same time, and wait until they have."""
    threads = [threading.Thread(target=server.stop) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
