"""Moto's state as the journal's: replayed on first use, then kept in step."""

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from emulator.context import Context, Settings
from emulator.errors import AwsError
from emulator.moto.journal import Entry, Journal
from emulator.moto.library import Library
from emulator.moto.policy import changes_state, check_supported
from emulator.moto.requests import MotoRequest, Response, query_request
from emulator.moto.simulation import simulate

logger = logging.getLogger(__name__)

BUILT_IN_ROLE = "service-role/AmazonSageMaker-ExecutionRole"
_TRUST_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["sagemaker.amazonaws.com", "lambda.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}
_JOURNAL_FILE = "moto.sqlite"
_SEED_BITS = 128
_POLL_SECONDS = 0.1

_lock = threading.Lock()
_states: dict[Path, "State"] = {}


def journal_exists(context: Context) -> bool:
    """Whether anything was ever asked of moto."""
    return (context.settings.data_dir / _JOURNAL_FILE).exists()


def state_of(context: Context) -> "State":
    """The emulator's state in moto, loaded and replayed on first use.

    Raises:
        RuntimeError: The process has the state of another data directory.
    """
    data_dir = context.settings.data_dir
    with _lock:
        if data_dir not in _states:
            if _states:  # moto keeps its state in its modules
                raise RuntimeError(f"moto's state is that of {next(iter(_states))} already")
            journal = Journal(data_dir / _JOURNAL_FILE)
            settings = context.settings
            library = Library(settings.account_id, settings.region)
            state = State(library, journal, context.clock)
            state.replay(settings)
            _states[data_dir] = state
        return _states[data_dir]


def stop(context: Context) -> None:
    """Let polls of empty queues end now."""
    state = _states.get(context.settings.data_dir)
    if state:
        state.stop()


class State:
    """Runs requests one after the other and journals those that change something; thread-safe."""

    def __init__(self, library: Library, journal: Journal, clock: Callable[[], float]) -> None:
        self._library = library
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._is_stopping = threading.Event()

    def stop(self) -> None:
        """Let polls of empty queues end now."""
        self._is_stopping.set()

    def replay(self, settings: Settings) -> None:
        """Run the journal again; a new journal starts with the built-in role."""
        is_new = True
        for entry in self._journal.entries():
            is_new = False
            try:
                status = self._library.run(entry)[0]
            except AwsError as error:
                status = error.status
            if status >= 400:
                logger.warning(
                    "%s %s could not be restored: it answered %s now, another version of moto may"
                    " have kept it",
                    entry.request.service,
                    entry.request.operation,
                    status,
                )
        if is_new:
            self._run(_built_in_role(settings))

    def answer(self, request: MotoRequest) -> Response:
        """Moto's answer; what it changed is durable.

        Raises:
            AwsError: UnsupportedByEmulator.
        """
        check_supported(request)
        if (request.service, request.operation) == ("sqs", "ReceiveMessage"):
            return self._receive(request)
        if (request.service, request.operation) == ("iam", "SimulatePrincipalPolicy"):
            return simulate(request, self._run)
        return self._run(request)

    def _run(self, request: MotoRequest) -> Response:
        with self._lock:
            entry = Entry(self._clock(), secrets.randbits(_SEED_BITS), request)
            response = self._library.run(entry)
            if changes_state(request, response):
                self._journal.append(entry)
            return response

    def _receive(self, request: MotoRequest) -> Response:
        """Poll outside of moto, which would wait within the lock."""
        request, wait_seconds = _without_wait(request)
        end = time.monotonic() + wait_seconds
        while True:
            response = self._run(request)
            if b"ReceiptHandle" in response[2] or response[0] >= 400 or time.monotonic() >= end:
                return response
            if self._is_stopping.wait(_POLL_SECONDS):
                return response


def _without_wait(request: MotoRequest) -> tuple[MotoRequest, float]:
    try:
        parameters = json.loads(request.body)
        wait_seconds = min(20.0, float(parameters.pop("WaitTimeSeconds", 0)))
    except (ValueError, TypeError, AttributeError):
        return request, 0.0  # not the JSON protocol, or a fault that moto will name
    body = json.dumps({**parameters, "WaitTimeSeconds": 0}).encode()
    return replace(request, body=body), wait_seconds


def _built_in_role(settings: Settings) -> MotoRequest:
    path, _, name = BUILT_IN_ROLE.rpartition("/")
    return query_request(
        "iam",
        settings.region,
        "CreateRole",
        Path=f"/{path}/",
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(_TRUST_POLICY),
        Description="The role that always exists.",
    )
