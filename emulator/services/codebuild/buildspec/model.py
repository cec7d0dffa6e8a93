"""What a buildspec says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# In the order in which they run.
PHASE_NAMES = ("install", "pre_build", "build", "post_build")
ABORT, CONTINUE, RETRY = "ABORT", "CONTINUE", "RETRY"
RETRIES_UNLESS_TOLD = 3


@dataclass(frozen=True)
class OnFailure:
    """What follows the failure of a phase.

    Attributes:
        action: ABORT, CONTINUE or RETRY.
        retries: How many more builds a RETRY may start.
        message: Found in the messages of the failures that are worth a retry.
    """

    action: str
    retries: int = RETRIES_UNLESS_TOLD
    message: re.Pattern[str] = re.compile("")


@dataclass(frozen=True)
class Phase:
    """The commands of a phase; on_failure None is the way of the phase itself."""

    commands: tuple[str, ...] = ()
    finally_commands: tuple[str, ...] = ()
    on_failure: OnFailure | None = None


@dataclass(frozen=True)
class ArtifactFiles:
    """Files that make one artifact.

    Attributes:
        name: May have commands of the shell in it; empty when the project's name counts.
    """

    files: tuple[str, ...]
    base_directory: str = "."
    exclude_paths: tuple[str, ...] = ()
    discard_paths: bool = False
    enable_symlinks: bool = False
    name: str = ""
    s3_prefix: str = ""


@dataclass(frozen=True)
class ReportFiles:
    """Files with the results of tests.

    Attributes:
        group: The name or the ARN of the report group.
    """

    group: str
    files: tuple[str, ...]
    base_directory: str = "."
    discard_paths: bool = False


@dataclass(frozen=True)
class Buildspec:
    """The whole of it."""

    version: str
    shell: str = "sh"
    variables: Mapping[str, str] = field(default_factory=dict)
    parameter_store: Mapping[str, str] = field(default_factory=dict)
    secrets_manager: Mapping[str, str] = field(default_factory=dict)
    exported_variables: tuple[str, ...] = ()
    has_git_credential_helper: bool = False
    runtime_versions: Mapping[str, str] = field(default_factory=dict)
    phases: Mapping[str, Phase] = field(default_factory=dict)
    reports: tuple[ReportFiles, ...] = ()
    artifacts: ArtifactFiles | None = None
    secondary_artifacts: Mapping[str, ArtifactFiles] = field(default_factory=dict)
    cache_paths: tuple[str, ...] = ()

    @property
    def has_one_shell(self) -> bool:
        """Whether all commands share one instance of the shell."""
        return self.version != "0.1"
