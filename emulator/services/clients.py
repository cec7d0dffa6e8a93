"""boto3 clients of the emulator itself, for the services that act on a caller's behalf.

CloudFormation, or a rule's target, calls other services as anybody does: over HTTP, so that it does
not matter whether this process, moto or S3 answers. Where one of our own services is meant and
speed matters, ``context.api`` is the shorter way.
"""

import importlib
import threading
import weakref
from typing import Any

from emulator.client_environment import client_environment
from emulator.context import Context
from emulator.store import Store

_TIMEOUT_SECONDS = 120
_CLIENTS: weakref.WeakKeyDictionary[Store, dict[str, Any]] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def client(context: Context, service: str) -> Any:
    """A client of the service, by botocore's name of it; for worker threads only.

    On the event loop a call would wait for its own answer. boto3 is imported on first use.
    """
    with _LOCK:
        clients = _CLIENTS.setdefault(context.store, {})
        if service not in clients:
            clients[service] = _make(context, service)
        return clients[service]


def _make(context: Context, service: str) -> Any:
    boto3 = importlib.import_module("boto3")
    config = importlib.import_module("botocore.config").Config(
        retries={"max_attempts": 0},
        read_timeout=_TIMEOUT_SECONDS,
        proxies={},
        s3={"addressing_style": "path"},
    )
    settings = context.settings
    said = client_environment(settings.endpoint_url, settings.region)
    session = boto3.session.Session(
        said["AWS_ACCESS_KEY_ID"], said["AWS_SECRET_ACCESS_KEY"], region_name=settings.region
    )
    return session.client(service, endpoint_url=settings.endpoint_url, config=config)
