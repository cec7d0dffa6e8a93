"""Moto itself: runs one request at a given time with a given seed."""

import copy
import datetime
import importlib
import logging
from types import SimpleNamespace
from typing import Any

from emulator.errors import unsupported
from emulator.moto.journal import Entry
from emulator.moto.requests import MotoRequest, Response

logger = logging.getLogger(__name__)

_PARTITION = "aws"
_DROPPED_HEADERS = frozenset({"content-length", "connection", "server", "date"})


class Library:
    """Moto, imported when this is made. Its state is the process's, so make one only.

    Not thread-safe: the clock and the seed are the running request's.
    """

    def __init__(self, account_id: str, region: str) -> None:
        application = importlib.import_module("moto.moto_server.werkzeug_app")
        clients = importlib.import_module("werkzeug.test")
        self._now = 0.0
        self._account_id, self._region = account_id, region
        self._random = importlib.import_module("moto.moto_api._internal").mock_random
        self._client = clients.Client(
            application.DomainDispatcherApplication(
                lambda service: _backend_app(application, service)
            )
        )
        self._take_over_time_and_chance()
        self._load_managed_policies(account_id)
        self._has_networks = False

    def _take_over_time_and_chance(self) -> None:
        library = self

        class ClockedDatetime(datetime.datetime):
            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
                return datetime.datetime.fromtimestamp(library._now, tz)

        # All of moto's services ask these functions for the time: moto.core.utils.utcnow.
        utilities: Any = importlib.import_module("moto.core.utils")
        utilities.datetime = SimpleNamespace(datetime=ClockedDatetime)
        # The one place where state comes from the operating system's random numbers: KMS's keys.
        keys: Any = importlib.import_module("moto.kms.utils")
        keys.os = SimpleNamespace(urandom=self._random.randbytes)

    def _load_managed_policies(self, account_id: str) -> None:
        """Load AWS's managed policies, which nearly every role attaches.

        Moto would load them for each of AWS's partitions, at 0.2 s of a processor each.
        """
        settings = importlib.import_module("moto.core.config").default_user_config["iam"]
        partitions = importlib.import_module("moto.iam.models").iam_backends[account_id]
        for partition in sorted(partitions.regions, key=_PARTITION.__eq__):
            settings["load_aws_managed_policies"] = partition == _PARTITION
            partitions[partition]

    def _make_default_network(self) -> None:
        """Make the default VPC, which moto makes with EC2's first request, whichever that is.

        It is to have the same ids each time, and a request that only reads is not in the journal.
        """
        settings: Any = importlib.import_module("moto.settings")
        settings.ec2_load_default_amis = lambda: False  # 1,300 images that nothing here can start
        self._random.seed(f"{self._account_id} {self._region}")
        backends = importlib.import_module("moto.ec2.models").ec2_backends
        backends[self._account_id][self._region]
        self._has_networks = True

    def run(self, entry: Entry) -> Response:
        """Moto's answer.

        Raises:
            AwsError: UnsupportedByEmulator, where moto has no answer or fails.
        """
        request = entry.request
        if request.service == "ec2" and not self._has_networks:
            self._make_default_network()
        self._now = entry.time
        self._random.seed(entry.seed)
        try:
            response = self._client.open(
                request.url, method=request.method, headers=request.headers, data=request.body
            )
        except NotImplementedError as error:
            raise _no_answer(request, str(error)) from error
        except Exception as error:  # the boundary to moto, whose faults are not the caller's
            logger.exception("moto failed on %s %s", request.service, request.operation)
            raise _no_answer(request, f"{type(error).__name__}: {error}") from error
        body: bytes = response.get_data()
        if response.status_code >= 500 or _is_no_aws_answer(response, body):
            raise _no_answer(request, f"it answered {response.status}")
        headers = tuple(
            (name.lower(), text)
            for name, text in response.headers.items()
            if name.lower() not in _DROPPED_HEADERS
        )
        return response.status_code, (*headers, ("content-length", str(len(body)))), body


def _backend_app(application: Any, service: str) -> Any:
    app = application.create_backend_app(service)
    if service == "cloudwatch":
        _tell_metrics_apart(importlib.import_module("moto.cloudwatch.models").CloudWatchBackend)
    app.debug = False
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


def _tell_metrics_apart(backend: Any) -> None:
    """Let GetMetricStatistics count only the metric that it is asked for.

    Moto also counts those with more dimensions, such as an endpoint's by its endpoint config.
    Source: API_GetMetricStatistics, "you must specify the same dimensions that were used when the
    metrics were created".
    """
    counted_by_moto = backend.get_metric_statistics

    def get_metric_statistics(self: Any, *query: Any, dimensions: Any, unit: Any) -> Any:
        wanted = sorted((each["Name"], each["Value"]) for each in dimensions or ())

        def is_wanted(datum: Any) -> bool:
            return sorted((each.name, each.value) for each in datum.dimensions) == wanted

        view = copy.copy(self)
        view.get_all_metrics = lambda: [each for each in self.get_all_metrics() if is_wanted(each)]
        return counted_by_moto(view, *query, dimensions=dimensions, unit=unit)

    backend.get_metric_statistics = get_metric_statistics


def _is_no_aws_answer(response: Any, body: bytes) -> bool:
    if response.status_code < 400:
        return False
    return not body or body.lstrip()[:9].lower() in (b"<!doctype", b"<html>")


def _no_answer(request: MotoRequest, reason: str) -> Exception:
    operation = request.operation or f"{request.method} {request.url}"
    return unsupported(f"{request.service} {operation} is not emulated ({reason}).")
