"""Every resource, in one SQLite file that survives the process."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from emulator.database import Database

Document = dict[str, Any]
# What is told of a change: the resource before and after it, None where it is not there.
Observer = Callable[[Document | None, Document | None], None]

_LAST_CHARACTER = "\U0010ffff"
# SageMaker takes a resource's name in any case: an ARN can have it in lower case, as all had until
# 2022, and what reads a name off one has to find the resource.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS resource (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    document TEXT NOT NULL,
    UNIQUE (kind, name)
);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class AlreadyExists(Exception):
    """The name is taken by another resource of the kind."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} {name!r} exists already")
        self.kind = kind
        self.name = name


class Missing(Exception):
    """There is no resource of that kind and name."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"there is no {kind} {name!r}")
        self.kind = kind
        self.name = name


class Store:
    """Resources by kind and name, in any case; each write is durable when the call returns.

    A document is what the resource's Describe operation answers, times as epoch seconds.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = Database(path, _SCHEMA)
        self._observers: dict[str, list[Observer]] = {}
        self.transaction = self._database.transaction
        self.close = self._database.close

    def observe(self, kind: str, observer: Observer) -> None:
        """Tell the observer each change of a resource of the kind, within its transaction.

        What the observer writes is kept together with the change, or not at all; it must be quick.
        """
        self._observers.setdefault(kind, []).append(observer)

    def insert(self, kind: str, name: str, document: Document) -> None:
        """Keep a new resource.

        Raises:
            AlreadyExists: The name is taken.
        """
        with self.transaction():
            inserted = self._database.execute(
                "INSERT OR IGNORE INTO resource (kind, name, document) VALUES (?, ?, ?)"
                " RETURNING 1",
                (kind, name, json.dumps(document)),
            )
            if not inserted:
                raise AlreadyExists(kind, name)
            self._tell(kind, None, document)

    def get(self, kind: str, name: str) -> Document | None:
        """The resource as it is now."""
        rows = self._database.execute(
            "SELECT document FROM resource WHERE kind = ? AND name = ?", (kind, name)
        )
        return json.loads(rows[0][0]) if rows else None

    def put(self, kind: str, name: str, document: Document) -> None:
        """Keep the resource, new or changed."""
        with self.transaction():
            before = self._observed(kind, name)
            self._database.execute(
                "INSERT INTO resource (kind, name, document) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, name) DO UPDATE SET document = excluded.document",
                (kind, name, json.dumps(document)),
            )
            self._tell(kind, before, document)

    def update(
        self, kind: str, name: str, change: Callable[[Document], Document | None]
    ) -> Document:
        """Change the resource as one step, so that no other writer can come between.

        ``change`` mutates the document it is given, or returns another.

        Raises:
            Missing: There is no such resource.
        """
        with self.transaction():
            document = self.get(kind, name)
            if document is None:
                raise Missing(kind, name)
            before = self._observed(kind, name)
            changed = change(document)
            document = document if changed is None else changed
            self._database.execute(
                "UPDATE resource SET document = ? WHERE kind = ? AND name = ?",
                (json.dumps(document), kind, name),
            )
            self._tell(kind, before, document)
        return document

    def delete(self, kind: str, name: str) -> bool:
        """Remove the resource; False if it was not there."""
        with self.transaction():
            before = self._observed(kind, name)
            deleted = self._database.execute(
                "DELETE FROM resource WHERE kind = ? AND name = ? RETURNING 1", (kind, name)
            )
            if deleted:
                self._tell(kind, before, None)
        return bool(deleted)

    def list_any(self, kind: str, prefixes: Sequence[str]) -> Sequence[Document]:
        """The kind's resources whose names start with any of the prefixes, none within another.

        One statement for all: a walk over a graph asks for many at each step.
        """
        rows = self._database.execute(
            # CROSS JOIN: from each prefix into the index, and not from each resource.
            "SELECT document FROM json_each(?) AS prefix CROSS JOIN resource ON kind = ?"
            " AND name >= prefix.value AND name < prefix.value || ?",
            (json.dumps([*prefixes]), kind, _LAST_CHARACTER),
        )
        found: Sequence[Document] = json.loads(f"[{','.join(row[0] for row in rows)}]")
        return found

    def list(self, kind: str, prefix: str = "") -> list[Document]:
        """The kind's resources whose names start with the prefix, oldest first."""
        rows = self._database.execute(
            # A range, so that the index on (kind, name) finds them however many there are.
            "SELECT document FROM resource WHERE kind = ? AND name >= ? AND name < ? ORDER BY seq",
            (kind, prefix, prefix + _LAST_CHARACTER),
        )
        return [json.loads(row[0]) for row in rows]

    def next_number(self, counter: str) -> int:
        """The counter's next number: 1, 2, 3 and so on, never one twice."""
        with self.transaction():
            rows = self._database.execute(
                "INSERT INTO counter (name, value) VALUES (?, 1)"
                " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (counter,),
            )
        return int(rows[0][0])

    def wait_until(
        self,
        kind: str,
        name: str,
        predicate: Callable[[Document], bool],
        timeout_seconds: float | None = None,
    ) -> Document:
        """Sleep until a write makes the predicate true, and give the document.

        Raises:
            Missing: The resource is not there, or was deleted meanwhile.
            TimeoutError: The time ran out first.
        """
        found: list[Document] = []

        def is_reached() -> bool:
            document = self.get(kind, name)
            if document is None:
                raise Missing(kind, name)
            found[:] = [document]
            return predicate(document)

        changed = self._database.changed
        with changed:
            if not changed.wait_for(is_reached, timeout_seconds):
                raise TimeoutError(f"{kind} {name!r} did not get there in {timeout_seconds} s")
        return found[0]

    def _observed(self, kind: str, name: str) -> Document | None:
        return self.get(kind, name) if kind in self._observers else None

    def _tell(self, kind: str, before: Document | None, after: Document | None) -> None:
        for observer in self._observers.get(kind, ()):
            observer(before, after)
