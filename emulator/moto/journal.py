"""Every request that changed something, in the order in which it did."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
    """The entries in one SQLite file; not thread-safe, ``state`` has the lock."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def append(self, entry: Entry) -> None:
        """Keep the entry; it is durable when the call returns."""
        request = entry.request
        self._connection.execute(
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
        rows = self._connection.execute(
            "SELECT time, seed, service, method, url, headers, body FROM entry ORDER BY number"
        )
        for time, seed, service, method, url, headers, body in rows:
            request = MotoRequest(service, method, url, json.loads(headers), bytes(body))
            yield Entry(time, int(seed), request)

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()
