"""What ends a phase, in the form in which CodeBuild tells it."""


class PhaseFailed(Exception):
    """The phase failed.

    Attributes:
        code: The status code of the phase's context, such as ``COMMAND_EXECUTION_ERROR``.
        message: The message of the phase's context.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def client_error(message: str) -> PhaseFailed:
    """The fault of whoever made the project, the buildspec or the source."""
    return PhaseFailed("CLIENT_ERROR", message)


def yaml_error(message: str) -> PhaseFailed:
    """The fault of a buildspec."""
    return PhaseFailed("YAML_FILE_ERROR", message)


def command_error(command: str, status: int) -> PhaseFailed:
    """A command that did not end with 0."""
    return PhaseFailed(
        "COMMAND_EXECUTION_ERROR",
        f"Error while executing command: {command}. Reason: exit status {status}",
    )
