"""Buckets and objects, each change atomic and durable."""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from emulator.errors import AwsError
from emulator.objects import versions
from emulator.objects.content import ContentFolder
from emulator.objects.index import Index
from emulator.objects.names import check_bucket_name, check_key
from emulator.objects.records import Attributes, Bucket, Content, ObjectInfo, StoredObject
from emulator.objects.versions import Deleted

_PAGE_OBJECTS = 1000

Condition = Callable[[StoredObject | None], None]
"""Raises if the object, as it is at the moment of the change, must not be changed."""


class Objects:
    """S3's buckets and objects on disk; thread-safe.

    A write is durable when the call returns, and readers see the whole of it or nothing of it,
    also when the process is killed in between.
    """

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        self.contents = ContentFolder(root / "content")
        self.index = Index(root / "index.sqlite")
        self.clock = clock
        self.contents.remove_all_but(self.index.content_ids())

    def close(self) -> None:
        """Give the index file back."""
        self.index.close()

    def bucket_exists(self, bucket: str) -> bool:
        """Whether there is such a bucket."""
        return self.index.find_bucket(bucket) is not None

    def bucket(self, bucket: str) -> Bucket:
        """The bucket.

        Raises:
            AwsError: NoSuchBucket.
        """
        found = self.index.find_bucket(bucket)
        if found is None:
            raise AwsError(
                "NoSuchBucket", "The specified bucket does not exist", 404, BucketName=bucket
            )
        return found

    def create_bucket(self, bucket: str, configurations: Mapping[str, Any] | None = None) -> None:
        """Make a bucket.

        Raises:
            AwsError: InvalidBucketName; BucketAlreadyOwnedByYou.
        """
        check_bucket_name(bucket)
        with self.index.transaction():
            if self.bucket_exists(bucket):
                raise AwsError(
                    "BucketAlreadyOwnedByYou",
                    "Your previous request to create the named bucket succeeded and you already"
                    " own it.",
                    409,
                    BucketName=bucket,
                )
            self.index.put_bucket(Bucket(bucket, self.clock(), configurations or {}))

    def delete_bucket(self, bucket: str) -> None:
        """Remove an empty bucket, and what was uploaded to it in parts and never completed.

        Raises:
            AwsError: NoSuchBucket; BucketNotEmpty.
        """
        with self.index.transaction():
            self.bucket(bucket)
            if self.index.infos(bucket, "", None, 1) or self.index.versions.has_any(bucket):
                raise AwsError(
                    "BucketNotEmpty",
                    "The bucket you tried to delete is not empty",
                    409,
                    BucketName=bucket,
                )
            unfinished = self.index.uploads(bucket)
            contents = [
                part.content_id
                for upload in unfinished
                for part in self.index.parts(upload.upload_id)
            ]
            for upload in unfinished:
                self.index.delete_upload(upload.upload_id)
            self.index.delete_bucket(bucket)
        for content_id in contents:
            self.contents.remove(content_id)

    def configure_bucket(
        self, bucket: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> None:
        """Change the bucket's configurations as one step.

        Raises:
            AwsError: NoSuchBucket.
        """
        with self.index.transaction():
            found = self.bucket(bucket)
            self.index.put_bucket(replace(found, configurations=dict(change(found.configurations))))

    def find(self, bucket: str, key: str, version_id: str | None = None) -> StoredObject:
        """The object, or one of its versions, with all that S3 keeps of it.

        Raises:
            AwsError: NoSuchBucket; NoSuchKey; NoSuchVersion; MethodNotAllowed (a delete marker).
        """
        if version_id is not None:
            self.bucket(bucket)
            return versions.find(self.index, bucket, key, version_id)
        found = self.index.find_object(bucket, key)
        if found is None:
            self.bucket(bucket)
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404, Key=key)
        return found

    def head(self, bucket: str, key: str) -> ObjectInfo | None:
        """What a listing says of the object, if it is there."""
        found = self.index.find_object(bucket, key)
        return found.info if found else None

    def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        """The objects of the prefix by the keys' UTF-8 bytes.

        Raises:
            AwsError: NoSuchBucket.
        """
        self.bucket(bucket)
        return self._each(bucket, prefix)

    def _each(self, bucket: str, prefix: str) -> Iterator[ObjectInfo]:
        after = None
        while page := self.index.infos(bucket, prefix, after, _PAGE_OBJECTS):
            yield from page
            after = page[-1].key

    def path(self, bucket: str, key: str) -> Path:
        """The plain file of the current content: to read or to hard-link, never to write.

        It is gone once the object is replaced or deleted: ``link`` and ``open`` have no such gap.

        Raises:
            AwsError: NoSuchBucket; NoSuchKey.
        """
        return self.contents.path(self.find(bucket, key).content_id)

    def open(
        self, bucket: str, key: str, version_id: str | None = None
    ) -> tuple[StoredObject, BinaryIO]:
        """The object and its content, which stays readable whatever happens to the object.

        Raises:
            AwsError: As ``find`` does.
        """
        while True:
            stored = self.find(bucket, key, version_id)
            try:
                return stored, self.contents.path(stored.content_id).open("rb", buffering=0)
            except FileNotFoundError:
                self._check_replaced(bucket, key, version_id, stored)

    def link(
        self, bucket: str, key: str, target: Path, version_id: str | None = None
    ) -> StoredObject:
        """Put the object's content at the target: a hard link, or a copy on another disk.

        Raises:
            AwsError: As ``find`` does.
            FileExistsError: The target is there already.
        """
        while True:
            stored = self.find(bucket, key, version_id)
            source = self.contents.path(stored.content_id)
            try:
                _link_or_copy(source, target)
            except FileNotFoundError:
                self._check_replaced(bucket, key, version_id, stored)
            else:
                return stored

    def _check_replaced(
        self, bucket: str, key: str, version_id: str | None, stored: StoredObject
    ) -> None:
        # A writer came between the look-up and the file; if none did, the file is truly missing.
        if self.find(bucket, key, version_id).content_id == stored.content_id:
            raise FileNotFoundError(
                f"content of s3://{bucket}/{key} is missing:"
                f" {self.contents.path(stored.content_id)}, or the target's folder is"
            )

    def put_bytes(self, bucket: str, key: str, content: bytes) -> ObjectInfo:
        """Keep the bytes as an object.

        Raises:
            AwsError: NoSuchBucket; KeyTooLongError.
        """
        writer = self.contents.start()
        writer.write([content])
        return self.publish(bucket, key, writer.finish(), Attributes()).info

    def put_file(self, bucket: str, key: str, source: Path) -> ObjectInfo:
        """Keep a file as an object. The caller gives it away: it may be moved.

        Raises:
            AwsError: NoSuchBucket; KeyTooLongError.
        """
        self.bucket(bucket)
        check_key(key)
        return self.publish(bucket, key, self.contents.adopt(source), Attributes()).info

    def publish(
        self,
        bucket: str,
        key: str,
        content: Content,
        attributes: Attributes,
        *,
        etag: str | None = None,
        condition: Condition | None = None,
        finish: Callable[[], None] | None = None,
    ) -> StoredObject:
        """Make a written content the object of the key; if it is refused, delete the content.

        ``finish`` changes more of the index in the same step.

        Raises:
            AwsError: NoSuchBucket; KeyTooLongError; what the condition raises.
        """
        info = ObjectInfo(key, content.size_bytes, etag or content.md5.hex(), self.clock())
        try:
            check_key(key)
            with self.index.transaction():
                found = self.bucket(bucket)
                replaced = self.index.find_object(bucket, key)
                if condition:
                    condition(replaced)
                unused = versions.make_room(self.index, found, key, replaced)
                attributes = replace(attributes, version_id=versions.new_version_id(found))
                stored = StoredObject(info, content.content_id, attributes)
                self.index.put_object(bucket, stored)
                if finish:
                    finish()
        except BaseException:
            self.contents.remove(content.content_id)
            raise
        self._remove_contents(unused)
        return stored

    def change_attributes(
        self,
        bucket: str,
        key: str,
        change: Callable[[Attributes], Attributes],
        version_id: str | None = None,
    ) -> None:
        """Change what is kept beside the content as one step.

        Raises:
            AwsError: As ``find`` does.
        """
        with self.index.transaction():
            stored = self.find(bucket, key, version_id)
            versions.change(self.index, bucket, stored, change(stored.attributes))

    def delete(self, bucket: str, key: str, condition: Condition | None = None) -> Deleted:
        """Remove the object, if it is there; where there are versions, mark it as deleted.

        Raises:
            AwsError: NoSuchBucket; what the condition raises.
        """
        with self.index.transaction():
            found = self.bucket(bucket)
            stored = self.index.find_object(bucket, key)
            if condition:
                condition(stored)
            unused = versions.make_room(self.index, found, key, stored)
            self.index.delete_object(bucket, key)
            deleted = versions.mark_deleted(self.index, found, key, self.clock())
        self._remove_contents(unused)
        return deleted

    def delete_version(self, bucket: str, key: str, version_id: str) -> Deleted:
        """Remove a version for good, if it is there.

        Raises:
            AwsError: NoSuchBucket.
        """
        with self.index.transaction():
            self.bucket(bucket)
            deleted, content_id = versions.remove(self.index, bucket, key, version_id)
        self._remove_contents((content_id,) if content_id else ())
        return deleted

    def _remove_contents(self, content_ids: Iterable[str]) -> None:
        for content_id in content_ids:
            self.contents.remove(content_id)

    def delete_prefix(self, bucket: str, prefix: str) -> int:
        """Remove the objects of the prefix; gives how many there were.

        Raises:
            AwsError: NoSuchBucket.
        """
        keys = [info.key for info in self.list(bucket, prefix)]
        for key in keys:
            self.delete(bucket, key)
        return len(keys)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except FileExistsError:
        raise
    except OSError:  # another disk, or a file system without links
        with source.open("rb") as reader, target.open("xb") as writer:
            shutil.copyfileobj(reader, writer, 1 << 20)
