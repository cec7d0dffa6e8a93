"""Which key is which content file, and all that S3 keeps beside the content.

One SQLite file and not files beside the content, because S3 lists by the order of the keys'
UTF-8 bytes and by prefix, which is a range of a primary key but a walk over a whole folder tree;
and because one commit can swap an object's content, times, tags and metadata together.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emulator.database import Database
from emulator.objects import version_index
from emulator.objects.records import Attributes, Bucket, ObjectInfo, Part, StoredObject, Upload
from emulator.objects.version_index import VersionIndex

_SCHEMA = """
CREATE TABLE IF NOT EXISTS bucket (
    name TEXT PRIMARY KEY, created REAL NOT NULL, configurations TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS object (
    bucket TEXT NOT NULL, key BLOB NOT NULL, content_id TEXT NOT NULL, size_bytes INTEGER NOT NULL,
    etag TEXT NOT NULL, last_modified REAL NOT NULL, attributes TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS upload (
    upload_id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, initiated REAL NOT NULL,
    attributes TEXT NOT NULL, checksum_algorithm TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS part (
    upload_id TEXT NOT NULL, number INTEGER NOT NULL, content_id TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, etag TEXT NOT NULL, last_modified REAL NOT NULL,
    checksums TEXT NOT NULL, PRIMARY KEY (upload_id, number)
) WITHOUT ROWID;
"""


class Index:
    """The tables; thread-safe. A write is durable when the call, or the transaction, returns.

    Attributes:
        versions: What versioned buckets keep beside the objects that are current.
    """

    def __init__(self, path: Path) -> None:
        database = Database(path, _SCHEMA + version_index.SCHEMA)
        self.transaction = database.transaction
        self.close = database.close
        self._rows = database.execute
        self.versions = VersionIndex(database.execute, _stored_object, _object_columns)

    def content_ids(self) -> set[str]:
        """Every content file that something names."""
        return {
            row[0]
            for row in self._rows(
                "SELECT content_id FROM object UNION SELECT content_id FROM part"
                " UNION SELECT content_id FROM version"
            )
        }

    def find_bucket(self, name: str) -> Bucket | None:
        """The bucket, if it is there."""
        rows = self._rows("SELECT created, configurations FROM bucket WHERE name = ?", (name,))
        return Bucket(name, rows[0][0], json.loads(rows[0][1])) if rows else None

    def buckets(self) -> list[Bucket]:
        """All buckets by name."""
        rows = self._rows("SELECT name, created, configurations FROM bucket ORDER BY name")
        return [Bucket(name, created, json.loads(text)) for name, created, text in rows]

    def put_bucket(self, bucket: Bucket) -> None:
        """Keep the bucket, new or changed."""
        text = json.dumps(bucket.configurations)
        self._rows(
            "INSERT OR REPLACE INTO bucket VALUES (?, ?, ?)", (bucket.name, bucket.created, text)
        )

    def delete_bucket(self, name: str) -> None:
        """Forget the bucket."""
        self._rows("DELETE FROM bucket WHERE name = ?", (name,))

    def find_object(self, bucket: str, key: str) -> StoredObject | None:
        """The object, if it is there."""
        rows = self._rows(
            "SELECT key, content_id, size_bytes, etag, last_modified, attributes FROM object"
            " WHERE bucket = ? AND key = ?",
            (bucket, key.encode()),
        )
        return _stored_object(rows[0]) if rows else None

    def put_object(self, bucket: str, stored: StoredObject) -> None:
        """Keep the object, new or changed."""
        self._rows(
            "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?)",
            (bucket, *_object_columns(stored)),
        )

    def delete_object(self, bucket: str, key: str) -> None:
        """Forget the object."""
        self._rows("DELETE FROM object WHERE bucket = ? AND key = ?", (bucket, key.encode()))

    def infos(self, bucket: str, prefix: str, after: str | None, limit: int) -> list[ObjectInfo]:
        """The first objects of the prefix beyond the key ``after``, by the keys' UTF-8 bytes."""
        # One bound on each side, so that SQLite goes straight to the page.
        first = max(prefix.encode(), after.encode() + b"\0" if after else b"")
        rows = self._rows(
            "SELECT key, size_bytes, etag, last_modified FROM object"
            " WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?",
            (bucket, first, beyond(prefix), limit),
        )
        return [ObjectInfo(key.decode(), *columns) for key, *columns in rows]

    def find_upload(self, upload_id: str) -> Upload | None:
        """The upload, if it goes on."""
        rows = self._rows("SELECT * FROM upload WHERE upload_id = ?", (upload_id,))
        return _upload(rows[0]) if rows else None

    def uploads(self, bucket: str) -> list[Upload]:
        """The bucket's uploads that go on, by key and then by upload id."""
        rows = self._rows(
            "SELECT * FROM upload WHERE bucket = ? ORDER BY key, upload_id", (bucket,)
        )
        return [_upload(row) for row in rows]

    def put_upload(self, upload: Upload) -> None:
        """Keep a new upload."""
        self._rows(
            "INSERT INTO upload VALUES (?, ?, ?, ?, ?, ?)",
            (
                upload.upload_id,
                upload.bucket,
                upload.key.encode(),
                upload.initiated,
                _attributes_text(upload.attributes),
                upload.checksum_algorithm,
            ),
        )

    def delete_upload(self, upload_id: str) -> None:
        """Forget the upload and its parts."""
        with self.transaction():
            self._rows("DELETE FROM upload WHERE upload_id = ?", (upload_id,))
            self._rows("DELETE FROM part WHERE upload_id = ?", (upload_id,))

    def parts(self, upload_id: str) -> list[Part]:
        """The upload's parts by number."""
        rows = self._rows(
            "SELECT number, content_id, size_bytes, etag, last_modified, checksums FROM part"
            " WHERE upload_id = ? ORDER BY number",
            (upload_id,),
        )
        return [_part(row) for row in rows]

    def put_part(self, upload_id: str, part: Part) -> str | None:
        """Keep the part; gives the content file it replaces."""
        with self.transaction():
            replaced = self._rows(
                "SELECT content_id FROM part WHERE upload_id = ? AND number = ?",
                (upload_id, part.number),
            )
            self._rows(
                "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    upload_id,
                    part.number,
                    part.content_id,
                    part.size_bytes,
                    part.etag,
                    part.last_modified,
                    json.dumps(dict(part.checksums)),
                ),
            )
        return replaced[0][0] if replaced else None


def beyond(prefix: str) -> bytes:
    """Bytes greater than all UTF-8 that starts with the prefix, and the least such."""
    # A byte of UTF-8 is at most 0xF4, so there always is a next one.
    encoded = prefix.encode() or b"\xfe"
    return encoded[:-1] + bytes([encoded[-1] + 1])


def _object_columns(stored: StoredObject) -> tuple[Any, ...]:
    info = stored.info
    return (
        info.key.encode(),
        stored.content_id,
        info.size_bytes,
        info.etag,
        info.last_modified,
        _attributes_text(stored.attributes),
    )


def _stored_object(row: Any) -> StoredObject:
    key, content_id, size_bytes, etag, last_modified, attributes = row
    info = ObjectInfo(key.decode(), size_bytes, etag, last_modified)
    return StoredObject(info, content_id, _attributes(attributes))


def _upload(row: Any) -> Upload:
    upload_id, bucket, key, initiated, attributes, checksum_algorithm = row
    return Upload(
        upload_id, bucket, key.decode(), initiated, _attributes(attributes), checksum_algorithm
    )


def _part(row: Any) -> Part:
    number, content_id, size_bytes, etag, last_modified, checksums = row
    return Part(number, content_id, size_bytes, etag, last_modified, json.loads(checksums))


def _attributes_text(attributes: Attributes) -> str:
    return json.dumps({name: value for name, value in asdict(attributes).items() if value})


def _attributes(text: str) -> Attributes:
    members: Mapping[str, Any] = json.loads(text)
    return Attributes(**{**members, "part_sizes": tuple(members.get("part_sizes", ()))})
