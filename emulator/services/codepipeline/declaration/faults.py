"""The faults of one declaration, told together."""

from dataclasses import dataclass, field

from emulator.errors import AwsError, listed, unsupported

STRUCTURE = "InvalidStructureException"
STAGE = "InvalidStageDeclarationException"
ACTION = "InvalidActionDeclarationException"


@dataclass
class Faults:
    """What was found so far.

    Attributes:
        of_the_caller: Pairs of the error's code and a message.
        of_the_emulator: What AWS does and the emulator does not.
    """

    of_the_caller: list[tuple[str, str]] = field(default_factory=list)
    of_the_emulator: list[str] = field(default_factory=list)

    def add(self, code: str, message: str) -> None:
        """Something that AWS would refuse too."""
        self.of_the_caller.append((code, message))

    def add_unsupported(self, message: str) -> None:
        """Something that AWS would have taken."""
        self.of_the_emulator.append(message)

    def raise_any(self) -> None:
        """Answer with every fault, under the first one's code.

        Raises:
            AwsError: As the first fault says; UnsupportedByEmulator if there are no others.
        """
        messages = [message for _, message in self.of_the_caller] + self.of_the_emulator
        if self.of_the_caller:
            raise AwsError(self.of_the_caller[0][0], listed(messages, "; "))
        if messages:
            raise unsupported(listed(messages, "; "))
