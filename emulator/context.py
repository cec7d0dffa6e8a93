"""What every handler and every worker is given."""

import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from emulator.store import Store

if TYPE_CHECKING:
    from emulator.containers import Containers
    from emulator.objects import Objects

logger = logging.getLogger(__name__)

Request = dict[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True)
class TimeLimits:
    """How long the emulator waits for containers: as long as SageMaker, unless told otherwise.

    Source: API_StopTrainingJob, two minutes from SIGTERM to SIGKILL; "How Your Container Should
    Respond to Health Check (Ping) Requests", eight minutes of startup.

    Attributes:
        stop_grace_seconds: From SIGTERM to SIGKILL.
        startup_health_check_seconds: From the start of a model server to its first 200 for /ping,
            where the endpoint config has no ContainerStartupHealthCheckTimeoutInSeconds.
        traffic_wait_seconds: The longest that a WaitIntervalInSeconds or TerminationWaitInSeconds
            of an endpoint's deployment takes; None for as long as it says.
        serverless_idle_seconds: From the last request to a serverless endpoint to the end of its
            server. AWS does not say how long it waits.
    """

    stop_grace_seconds: float = 120
    startup_health_check_seconds: float = 480
    traffic_wait_seconds: float | None = None
    serverless_idle_seconds: float = 300


@dataclass(frozen=True)
class Settings:
    """Where the emulator lives, which account and region it plays, and how long it waits.

    Attributes:
        recipe_directories: Where images' recipes are looked for, before any other place.
    """

    region: str
    account_id: str
    data_dir: Path
    cache_dir: Path
    endpoint_url: str
    limits: TimeLimits = TimeLimits()
    recipe_directories: tuple[Path, ...] = ()

    @property
    def images_dir(self) -> Path:
        """Where the files of images are that builds have made."""
        return self.data_dir / "images"


class Api(Protocol):
    """Calls an operation as a client would, without the network between."""

    def call(self, service: str, operation: str, **parameters: object) -> Answer:
        """Validate the parameters, run the operation and give its answer.

        ``service`` is botocore's name of it. Timestamps in the answer are epoch seconds.

        Raises:
            AwsError: What a client would have got.
        """
        ...


class Workers:
    """Threads for what outlives a request."""

    def start(self, name: str, function: Callable[..., object], *args: object) -> None:
        """Run the function in a thread of its own; what escapes it is logged."""

        def run() -> None:
            try:
                function(*args)
            except Exception:  # the thread's boundary: nobody above could see it
                logger.exception("worker %s failed", name)

        threading.Thread(target=run, name=name, daemon=True).start()


@dataclass(frozen=True)
class Context:
    """The emulator as its parts see it."""

    settings: Settings
    store: Store
    objects: "Objects"
    containers: "Containers"
    api: Api
    workers: Workers
    clock: Callable[[], float]


Handler = Callable[[Context, Request], Answer | Awaitable[Answer]]
_HandlerType = TypeVar("_HandlerType", bound=Callable[..., Any])


def blocking(handler: _HandlerType) -> _HandlerType:
    """Mark a handler that has to wait, so that it runs in a thread and not on the event loop."""
    handler.is_blocking = True  # type: ignore[attr-defined]
    return handler
