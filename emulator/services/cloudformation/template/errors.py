"""What is wrong with a template or its parameters, all of it at once."""

from collections.abc import Sequence

from emulator.errors import AwsError, listed


class TemplateError(AwsError):
    """The ValidationError with which CloudFormation refuses a template or its parameters.

    Attributes:
        faults: Each fault for itself, in AWS's wording.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("ValidationError", listed(self.faults, "; "))


def raise_any(faults: Sequence[str]) -> None:
    """Refuse with all faults, each told once.

    Raises:
        TemplateError: There is a fault.
    """
    if faults:
        raise TemplateError(tuple(dict.fromkeys(faults)))
