"""The index's table of versions: what versioned buckets keep beside the current objects.

A row is an object that is current no more, or a delete marker. Rows come in the order in which
their versions were made, since each enters when a newer one takes its place, or is a marker.
"""

from collections.abc import Callable, Sequence
from typing import Any

from emulator.objects.records import StoredObject

SCHEMA = """
CREATE TABLE IF NOT EXISTS version (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL, key BLOB NOT NULL,
    version_id TEXT NOT NULL, content_id TEXT NOT NULL, size_bytes INTEGER NOT NULL,
    etag TEXT NOT NULL, last_modified REAL NOT NULL, attributes TEXT NOT NULL,
    UNIQUE (bucket, key, version_id)
);
CREATE INDEX IF NOT EXISTS version_order ON version (bucket, key, seq);
"""
CURRENT = (1 << 63) - 1
"""The place in its key's order of the object that is current: behind all."""

_INSERT = (
    "INSERT INTO version (bucket, version_id, key, content_id, size_bytes, etag, last_modified,"
    " attributes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_FIND = (
    "SELECT key, content_id, size_bytes, etag, last_modified, attributes FROM version"
    " WHERE bucket = ? AND key = ? AND version_id = ?"
)
_NEWEST = (
    "SELECT key, content_id, size_bytes, etag, last_modified, attributes FROM version"
    " WHERE bucket = ? AND key = ? ORDER BY seq DESC LIMIT 1"
)
# What is current is in a table of its own, at the place CURRENT.
_PAGE = (
    "SELECT seq, key, content_id, size_bytes, etag, last_modified, attributes FROM ("
    "SELECT 9223372036854775807 AS seq, key, content_id, size_bytes, etag, last_modified,"
    " attributes FROM object WHERE bucket = ? AND key >= ? AND key < ?"
    " UNION ALL SELECT seq, key, content_id, size_bytes, etag, last_modified, attributes"
    " FROM version WHERE bucket = ? AND key >= ? AND key < ?)"
    " WHERE key > ? OR (key = ? AND seq < ?) ORDER BY key, seq DESC LIMIT ?"
)
Rows = Callable[..., list[Any]]


class VersionIndex:
    """The table; thread-safe, within the index's transactions."""

    def __init__(
        self,
        rows: Rows,
        read: Callable[[Any], StoredObject],
        columns: Callable[[StoredObject], Sequence[Any]],
    ) -> None:
        self._rows = rows
        self._read = read
        self._columns = columns

    def add(self, bucket: str, stored: StoredObject) -> None:
        """Keep a version, as the newest of its key."""
        self._rows(_INSERT, (bucket, stored.version_id, *self._columns(stored)))

    def change(self, bucket: str, stored: StoredObject) -> None:
        """Keep other attributes of a version."""
        *_, attributes = self._columns(stored)
        self._rows(
            "UPDATE version SET attributes = ? WHERE bucket = ? AND key = ? AND version_id = ?",
            (attributes, bucket, stored.info.key.encode(), stored.version_id),
        )

    def find(self, bucket: str, key: str, version_id: str) -> StoredObject | None:
        """The version, if it is there."""
        return self._first(_FIND, bucket, key.encode(), version_id)

    def newest(self, bucket: str, key: str) -> StoredObject | None:
        """The newest of the key's versions, if there is any."""
        return self._first(_NEWEST, bucket, key.encode())

    def _first(self, statement: str, *values: object) -> StoredObject | None:
        rows = self._rows(statement, values)
        return self._read(rows[0]) if rows else None

    def remove(self, bucket: str, key: str, version_id: str) -> StoredObject | None:
        """Forget the version, and give it if it was there."""
        found = self.find(bucket, key, version_id)
        if found is not None:
            self._rows(
                "DELETE FROM version WHERE bucket = ? AND key = ? AND version_id = ?",
                (bucket, key.encode(), version_id),
            )
        return found

    def has_any(self, bucket: str) -> bool:
        """Whether the bucket has any version that is not a current object."""
        return bool(self._rows("SELECT 1 FROM version WHERE bucket = ? LIMIT 1", (bucket,)))

    def place(self, bucket: str, key: str, version_id: str) -> int | None:
        """Where in its key's order a version is; None if it is not there."""
        rows = self._rows(
            "SELECT seq FROM version WHERE bucket = ? AND key = ? AND version_id = ?",
            (bucket, key.encode(), version_id),
        )
        return int(rows[0][0]) if rows else None

    def page(
        self, bucket: str, span: tuple[bytes, bytes], after: tuple[bytes, int], limit: int
    ) -> list[tuple[int, StoredObject]]:
        """Versions and current objects by key, the newest first, each with its place.

        Args:
            bucket: The bucket's name.
            span: The first key, and the first one beyond the last.
            after: A key, and a place in its order: what lies behind both is given.
            limit: How many at most.
        """
        key, place = after
        within = (bucket, max(span[0], key), span[1])
        rows = self._rows(_PAGE, (*within, *within, key, key, place, limit))
        return [(seq, self._read(row)) for seq, *row in rows]
