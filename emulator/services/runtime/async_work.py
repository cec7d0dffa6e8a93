"""The work on asynchronous requests: as many at a time as the instances take, the oldest first.

Source: AsyncInferenceClientConfig in the API reference; "Monitor asynchronous endpoint" and
"Autoscale an asynchronous endpoint" in the developer guide for the metrics.
"""

import base64
import logging
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.runtime.async_outcomes import Outcome, deliver, notify
from emulator.services.runtime.async_requests import AsyncRequest, Queues, queues_of
from emulator.services.runtime.connections import ConnectionPool, Response
from emulator.services.runtime.fleets import fleets_of
from emulator.services.runtime.instances import Instance
from emulator.services.runtime.invocations import sent_headers
from emulator.services.runtime.metrics import INVOCATIONS, metrics_of
from emulator.services.runtime.questions import Question
from emulator.services.runtime.sampling import sample
from emulator.services.runtime.traffic import Fleet, LiveVariant

logger = logging.getLogger(__name__)

# An instance that has come up, or a request that has expired, is seen at the latest after this.
_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Task:
    """A request and the instance that it goes to."""

    request: AsyncRequest
    fleet: Fleet
    variant: LiveVariant
    instance: Instance
    pool: ConnectionPool


def begin(context: Context, endpoint_name: str) -> None:
    """Work on the endpoint's requests from now on, if that is not done yet."""
    if queues_of(context).open(context, endpoint_name):
        log = metrics_of(context)
        log.each_second["backlog"] = _measure_backlogs
        log.start(context)
        context.workers.start(f"async-{endpoint_name}", _work, context, endpoint_name)


def forget(context: Context, endpoint_name: str) -> None:
    """Work no more on the endpoint's requests, and forget them."""
    queues_of(context).drop(context, endpoint_name)


def _work(context: Context, name: str) -> None:
    queues = queues_of(context)
    while queues.is_open(name):
        with queues.changed:
            expired = _expired(context, queues, name)
            task = None if expired else _next(context, queues, name)
            if not expired and task is None:
                queues.changed.wait(_LOOK_SECONDS)
                continue
        for request in expired:
            seconds = request["RequestTTLSeconds"]
            failure = f"ClientError: The request has expired: it waited for {seconds} seconds."
            _count(context, name, "", ("ExpiredRequests", 1.0))
            _conclude(context, request, "", Outcome(failure))
        if task is not None:
            context.workers.start(f"async-{name}", _process, context, task)


def _expired(context: Context, queues: Queues, name: str) -> list[AsyncRequest]:
    now = context.clock()
    found = [
        request
        for request in queues.waiting(name)
        if now - request["ReceivedTime"] > request["RequestTTLSeconds"]
    ]
    for request in found:
        queues.begin(name, request)
    return found


def _next(context: Context, queues: Queues, name: str) -> Task | None:
    """The oldest request, and an instance with a place for it that is now taken."""
    traffic, waiting = fleets_of(context).get(name), queues.waiting(name)
    if traffic is None or not waiting:
        return None
    fleet = traffic.choose()
    variant = fleet.choose()
    places = [
        (instance, instance.pool)
        for instance in variant.instances
        if isinstance(instance, Instance) and instance.pool is not None
    ]
    free = [(i, pool) for i, pool in places if pool.in_flight < (fleet.async_concurrency or 1)]
    if not free:
        return None
    instance, pool = min(free, key=lambda place: place[1].in_flight)
    request = waiting[0]
    queues.begin(name, request)
    pool.in_flight += 1
    return Task(request, fleet, variant, instance, pool)


def _process(context: Context, task: Task) -> None:
    request, queues = task.request, queues_of(context)
    name, began = request["EndpointName"], context.clock()
    try:
        outcome = _outcome(context, task)
    except Exception as error:  # the worker's boundary: the request has to come to an end
        logger.exception("inference %s", request["InferenceId"])
        outcome = Outcome(f"InternalServerError: {type(error).__name__}: {error}")
    finally:
        with queues.changed:
            task.pool.in_flight -= 1
            queues.changed.notify_all()
    if outcome is None:
        queues.put_back(name, request)
        return
    _count(context, name, task.variant.name, ("TimeInBacklog", _since(request, began) * 1e6))
    _conclude(context, request, task.variant.name, outcome)


def _since(request: AsyncRequest, now: float) -> float:
    return max(now - float(request["ReceivedTime"]), 0.0)


class _Left(Exception):
    """The server was not there, or was made to leave before it answered."""


class _NoAnswer(Exception):
    """The server gave no answer; the message is the failure's."""


def _outcome(context: Context, task: Task) -> Outcome | None:
    """What the container said; None if the request has to go to another server."""
    request = task.request
    try:
        content = _input(context, request)
    except AwsError as error:
        _count(context, request["EndpointName"], task.variant.name, ("RequestDownloadFailures", 1))
        return Outcome(f"ClientError: Failed to download the request: {error.message}")
    sent = time.perf_counter()
    try:
        with content:
            response = _post(task, content)
    except _Left:
        return None
    except _NoAnswer as error:
        _count_answer(context, task, 0, sent)
        return Outcome(f"ClientError: {error}")
    _count_answer(context, task, response.status, sent)
    if not 200 <= response.status < 300:
        whose = "client" if response.status < 500 else "server"
        failure = (
            f"ClientError: Received {whose} error ({response.status}) from model. See the"
            " SageMaker Endpoint logs in your account for more information."
        )
        return Outcome(failure, response.body)
    _capture(context, task, response)
    return Outcome(None, response.body, response.headers.get("content-type"))


def _input(context: Context, request: AsyncRequest) -> BinaryIO:
    if "Body" in request:
        return BytesIO(base64.b64decode(request["Body"]))
    location = urlsplit(request["InputLocation"], allow_fragments=False)
    path: Path = context.objects.path(location.netloc, location.path.removeprefix("/"))
    return path.open("rb")


def _post(task: Task, content: BinaryIO) -> Response:
    """Send the request over a connection of its own, since it may take an hour.

    Raises:
        _Left: It has to go to another server.
        _NoAnswer: The server did not answer it.
    """
    size_bytes = content.seek(0, SEEK_END)
    content.seek(0)
    headers = {**dict(sent_headers(dict(task.request))), "content-length": str(size_bytes)}
    timeout_seconds = task.request["InvocationTimeoutSeconds"]
    connection = HTTPConnection("127.0.0.1", task.pool.port, timeout=timeout_seconds)
    try:
        connection.request("POST", "/invocations", content, headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, found, answer.read())
    except TimeoutError as error:
        raise _NoAnswer(f"The model gave no answer in {timeout_seconds} seconds.") from error
    except (OSError, HTTPException) as error:
        if isinstance(error, ConnectionRefusedError) or task.instance.is_stopping.is_set():
            raise _Left from error
        raise _NoAnswer(f"The model hung up: {error!r}.") from error
    finally:
        connection.close()


def _capture(context: Context, task: Task, response: Response) -> None:
    if task.fleet.capture is not None:
        with _input(context, task.request) as content:
            question = Question(sent_headers(dict(task.request)), content.read(), 0)
        sample(context, task.fleet, task.variant.name, question, response, context.clock())


def _count_answer(context: Context, task: Task, status: int, sent: float) -> None:
    """Source: the guide's list of the metrics that asynchronous endpoints share with others."""
    where = (task.fleet.endpoint_name, task.variant.name, task.fleet.config_name)
    values = (
        ("Invocation4XXErrors", float(400 <= status < 500)),
        ("Invocation5XXErrors", float(status >= 500 or status == 0)),
        ("ModelLatency", (time.perf_counter() - sent) * 1e6),
    )
    metrics_of(context).append((int(time.time()), INVOCATIONS, *where, values))


def _conclude(context: Context, request: AsyncRequest, variant: str, outcome: Outcome) -> None:
    name = request["EndpointName"]
    delivered = deliver(context, request, outcome)
    if delivered is not outcome:
        _count(context, name, variant, ("ResponseUploadFailures", 1.0))
    if not notify(context, request, delivered):
        _count(context, name, variant, ("NotificationFailures", 1.0))
    queues_of(context).end(context, name, request)
    ended = "InvocationsProcessed" if delivered.failure is None else "InvocationFailures"
    total = ("TotalProcessingTime", _since(request, context.clock()) * 1e3)
    _count(context, name, variant, (ended, 1.0), total)


def _count(context: Context, name: str, variant: str, *values: tuple[str, float]) -> None:
    metrics_of(context).append((int(time.time()), INVOCATIONS, name, variant, "", values))


def _measure_backlogs(context: Context) -> None:
    for name in queues_of(context).all_open():
        backlog, traffic = queues_of(context).backlog(name), fleets_of(context).get(name)
        instances = 0 if traffic is None else len(traffic.instances)
        now = context.clock()
        oldest = min((request["ReceivedTime"] for request in backlog), default=now)
        values = [
            ("ApproximateBacklogSize", float(len(backlog))),
            ("ApproximateAgeOfOldestRequest", max(now - oldest, 0.0)),
            ("HasBacklogWithoutCapacity", float(bool(backlog) and not instances)),
        ]
        if instances:
            values.append(("ApproximateBacklogSizePerInstance", len(backlog) / instances))
        _count(context, name, "", *values)
