"""What a model server is asked, and who answered what."""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.errors import AwsError
from emulator.services.runtime.connections import Response
from emulator.services.runtime.traffic import Fleet, LiveVariant


@dataclass(frozen=True)
class Question:
    """What a model server is sent.

    Attributes:
        headers: Names in lower case.
        target: The variant that is asked; None for one by weight.
        timeout_seconds: The time that it has to answer.
    """

    headers: Sequence[tuple[str, str]]
    body: bytes
    timeout_seconds: float
    target: str | None = None

    def header(self, name: str) -> str | None:
        """The header of that name."""
        return next((value for known, value in self.headers if known == name), None)


@dataclass(frozen=True)
class Reply:
    """Who answered, and what."""

    fleet: Fleet
    variant: LiveVariant
    response: Response


def validation_error(message: str) -> AwsError:
    """The runtime's answer to a request that is not acceptable."""
    return AwsError("ValidationError", message)
