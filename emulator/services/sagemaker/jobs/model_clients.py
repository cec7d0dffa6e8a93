"""Requests to a model server, for batch transform."""

import http.client
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class InvocationFailed(Exception):
    """The model server did not answer a request with 200.

    Attributes:
        status: None when there was no answer at all.
    """

    def __init__(self, status: int | None, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class InvocationSettings:
    """How a payload is sent.

    Attributes:
        retries_max: Only failures that are not the payload's fault are tried again.
    """

    content_type: str | None
    accept: str | None
    timeout_seconds: float
    retries_max: int


class ModelClient:
    """Sends payloads to a server on this machine, with a connection kept for each thread."""

    def __init__(self, port: int, settings: InvocationSettings) -> None:
        self._port = port
        self._settings = settings
        self._local = threading.local()

    def invoke(self, payload: bytes) -> bytes:
        """The model's answer.

        Raises:
            InvocationFailed: It gave none, or an error, after the retries.
        """
        for attempt in range(self._settings.retries_max + 1):
            try:
                return self._invoke_once(payload)
            except InvocationFailed as failure:
                is_last = attempt == self._settings.retries_max
                is_callers_fault = failure.status is not None and failure.status < 500
                if is_last or is_callers_fault:
                    raise
        raise AssertionError("the loop returns or raises")

    def _invoke_once(self, payload: bytes) -> bytes:
        headers = {"Content-Length": str(len(payload))}
        if self._settings.content_type:
            headers["Content-Type"] = self._settings.content_type
        if self._settings.accept:
            headers["Accept"] = self._settings.accept
        connection = self._connection()
        try:
            connection.request("POST", "/invocations", payload, headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise InvocationFailed(
                None, f"Unable to get response from algorithm: {error}"
            ) from error
        if response.status != http.HTTPStatus.OK:
            raise InvocationFailed(response.status, body.decode("utf-8", "replace"))
        return body

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=self._settings.timeout_seconds
            )
            self._local.connection = connection
        return connection

    def execution_parameters(self) -> Mapping[str, Any]:
        """What the container asks for; nothing if it does not say.

        Source: "How Containers Serve Requests", GET /execution-parameters.
        """
        connection = self._connection()
        try:
            connection.request("GET", "/execution-parameters")
            response = connection.getresponse()
            body = response.read()
            found = json.loads(body) if response.status == http.HTTPStatus.OK else {}
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            return {}
        return found if isinstance(found, dict) else {}
