"""One SQLite file behind one connection and one lock.

A write costs some 30 microseconds, so sharing a connection is cheaper than a pool, and a reader
never sees half of a transaction. WAL with synchronous=NORMAL loses nothing when the process is
killed; only a power cut can take the last commits.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Database:
    """Statements on a file; thread-safe. A write is durable when its call or transaction returns.

    Attributes:
        changed: The lock, and the condition that is notified when a transaction has ended.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.changed = threading.Condition(threading.RLock())
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(schema)
        self._depth = 0

    def close(self) -> None:
        """Give the file back."""
        with self.changed:
            self._connection.close()

    def execute(self, sql: str, values: Iterable[object] = ()) -> list[Any]:
        """Run one statement and give its rows."""
        with self.changed:
            return self._connection.execute(sql, tuple(values)).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the statements within happen all or not at all; may be nested."""
        with self.changed:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")
                self.changed.notify_all()
