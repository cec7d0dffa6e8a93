"""Every request that changed something, in the order in which it did."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emulator.database import Database
from emulator.moto.requests import MotoRequest

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, seed TEXT NOT NULL,
    service TEXT NOT NULL, method TEXT NOT NULL, url TEXT NOT NULL, headers TEXT NOT NULL,
    body BLOB NOT NULL
);
"""


@dataclass(frozen=True)
class Entry:
    """A request with all that its outcome depends on.

    Attributes:
        time: When it ran, in epoch seconds.
        seed: Of moto's random numbers while it ran.
    """

    time: float
    seed: int
    request: MotoRequest


class Journal:
    """The entries in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA)
        self.close = self._database.close

    def append(self, entry: Entry) -> None:
        """Keep the entry; it is durable when the call returns."""
        request = entry.request
        self._database.execute(
            "INSERT INTO entry (time, seed, service, method, url, headers, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                entry.time,
                str(entry.seed),
                request.service,
                request.method,
                request.url,
                json.dumps(dict(request.headers)),
                request.body,
            ),
        )

    def entries(self) -> Iterator[Entry]:
        """All entries, the oldest first."""
        rows = self._database.execute(
            "SELECT time, seed, service, method, url, headers, body FROM entry ORDER BY number"
        )
        for time, seed, service, method, url, headers, body in rows:
            request = MotoRequest(service, method, url, json.loads(headers), bytes(body))
            yield Entry(time, int(seed), request)
