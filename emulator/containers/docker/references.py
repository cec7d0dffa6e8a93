"""Names of images: ``registry/repository:tag``.

Source: "Reference grammar" of the reference package of CNCF's distribution.
"""

import re
from dataclasses import dataclass

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::[0-9]+)?|[A-Za-z0-9-]+:[0-9]+"
_REFERENCE = re.compile(
    rf"(?:(?P<registry>{_HOST})/)?(?P<repository>{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Reference:
    """The name of an image.

    Attributes:
        registry: Its host; empty for Docker Hub.
    """

    registry: str
    repository: str
    tag: str

    @property
    def name(self) -> str:
        """The name without the tag."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    def __str__(self) -> str:
        return f"{self.name}:{self.tag}"


class InvalidReference(ValueError):
    """It is no name of an image; the message is Docker's."""


def parse_reference(text: str) -> Reference:
    """Read a name; the tag is latest unless given.

    Raises:
        InvalidReference: It is none.
    """
    found = _REFERENCE.fullmatch(text)
    if found is not None:
        return Reference(found["registry"] or "", found["repository"], found["tag"] or "latest")
    if _REFERENCE.fullmatch(text.lower()):
        raise InvalidReference("invalid reference format: repository name must be lowercase")
    raise InvalidReference("invalid reference format")
