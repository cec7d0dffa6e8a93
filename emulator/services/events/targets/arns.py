"""An ARN in its parts."""

import re
from dataclasses import dataclass

_ARN = re.compile(r"arn:(aws[\w-]*):([\w-]+):([\w-]*):(\d{12}|):(.+)")


@dataclass(frozen=True)
class Arn:
    """The parts of an ARN; ``resource`` is everything behind the account."""

    service: str
    region: str
    account: str
    resource: str

    @property
    def name(self) -> str:
        """The resource's name without its type."""
        return re.split("[:/]", self.resource, maxsplit=1)[-1]


def read_arn(text: str) -> Arn | None:
    """The parts, or None where the text is no ARN."""
    match = _ARN.fullmatch(text)
    return Arn(match[2], match[3], match[4], match[5]) if match else None
