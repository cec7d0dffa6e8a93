"""What a handler of an S3 operation is given, and what it gives back."""

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from botocore.model import OperationModel

from emulator.objects.rest.body import Body
from emulator.objects.storage import Objects


@dataclass(frozen=True)
class Service:
    """S3 itself, as its handlers see it.

    Attributes:
        threads: For what reads or writes content: the event loop must not wait for a disk.
    """

    objects: Objects
    region: str
    account_id: str
    threads: Executor

    @property
    def owner(self) -> dict[str, str]:
        """The owner of everything: the account's canonical user."""
        return {"ID": self.account_id.rjust(64, "0")}


@dataclass(frozen=True)
class Call:
    """One request, its operation known and its members read.

    Attributes:
        parameters: By botocore's member names; times in epoch seconds.
    """

    operation: OperationModel
    parameters: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Body
    host: str

    @property
    def bucket(self) -> str:
        """The bucket, of an operation that has one."""
        return str(self.parameters["Bucket"])

    @property
    def key(self) -> str:
        """The key, of an operation that has one."""
        return str(self.parameters["Key"])


@dataclass(frozen=True)
class FileRange:
    """Bytes of an open file, which the one who sends them closes."""

    file: BinaryIO
    offset: int
    size_bytes: int


@dataclass(frozen=True)
class Answer:
    """An answer by botocore's member names; the content if it is an object's."""

    members: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    content: FileRange | None = None


Handler = Callable[[Service, Call], Awaitable[Answer]]
