"""Why a docker command did not do what it was asked."""

# Source: "Exit status" of `docker run`: 125 is Docker's own fault, such as a flag that it has not.
FLAG_EXIT_CODE = 125


class DockerFailed(Exception):
    """The command ends here; the message goes to standard error."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
