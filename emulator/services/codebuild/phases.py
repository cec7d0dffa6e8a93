"""One build's way through its phases.

Source: "Build phase transitions" of the CodeBuild user guide: a failed INSTALL or PRE_BUILD ends
the build, POST_BUILD comes after a failed BUILD, and UPLOAD_ARTIFACTS after both.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from emulator.containers.launching import LaunchFailed
from emulator.context import Context
from emulator.services.codebuild import artifacts, caches
from emulator.services.codebuild.buildspec import Buildspec, OnFailure, Phase
from emulator.services.codebuild.buildspec.model import CONTINUE, PHASE_NAMES, RETRY
from emulator.services.codebuild.directories import BuildDirectory
from emulator.services.codebuild.failures import PhaseFailed, client_error
from emulator.services.codebuild.handles import Handle, Stopped, TimedOut
from emulator.services.codebuild.logs import BuildLog
from emulator.services.codebuild.networks import provision
from emulator.services.codebuild.phase_commands import expanded, exported_values, run_commands
from emulator.services.codebuild.preparation import prepare
from emulator.services.codebuild.records import (
    BUILD,
    DOWNLOAD_SOURCE,
    FAILED,
    FAULT,
    FINALIZING,
    PROVISIONING,
    STOPPED,
    SUCCEEDED,
    TIMED_OUT,
    UPLOAD_ARTIFACTS,
)
from emulator.services.codebuild.reports import record_reports
from emulator.services.codebuild.shell import Shell, ShellGone
from emulator.services.codebuild.timeline import begin_phase, context_of, end_phase, note
from emulator.store import Document

logger = logging.getLogger(__name__)

# Of the phases that do not end the build when they fail, unless their on-failure says so.
_GOES_ON = ("build", "post_build")


class Interrupted(Exception):
    """The build ends in the middle of a phase, with this status."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class BuildRun:
    """What a build has while it runs."""

    context: Context
    build_id: str
    handle: Handle
    directory: BuildDirectory
    log: BuildLog
    is_succeeding: bool = True
    retry: OnFailure | None = None
    spec: Buildspec | None = None
    shell: Shell | None = None
    _last_message: str = field(default="", repr=False)

    @property
    def build(self) -> Document:
        """The document as it is now."""
        found = self.context.store.get(BUILD, self.build_id)
        if found is None:
            raise Interrupted(STOPPED)  # deleted meanwhile
        return found

    def through_all(self) -> str:
        """Run all phases, and give the build's status.

        Raises:
            Interrupted: It ended before.
        """
        if not self._phase(PROVISIONING, self._provision):
            return FAILED
        if self._phase(DOWNLOAD_SOURCE, self._download_source):
            if self._run_commands():
                self._phase(UPLOAD_ARTIFACTS, self._upload)
            self._phase(FINALIZING, self._finalize)
        else:
            self._phase(FINALIZING, lambda: None)
        return SUCCEEDED if self.is_succeeding else FAILED

    def _phase(self, phase_type: str, work: Callable[[], None]) -> bool:
        """Run a phase; False when it failed.

        Raises:
            Interrupted: The build is stopped, its time is over, or the emulator has a fault.
        """
        context, build_id = self.context, self.build_id
        begin_phase(context, build_id, phase_type)
        if phase_type == DOWNLOAD_SOURCE:
            self.log.say(f"Phase is {phase_type}")
        elif phase_type != PROVISIONING:
            self.log.say(f"Entering phase {phase_type}")
        try:
            self.handle.check()
            work()
        except PhaseFailed as failure:
            self._end(phase_type, FAILED, failure.code, failure.message)
            self.is_succeeding = False
            self._last_message = failure.message
            return False
        except (Stopped, ShellGone) as error:
            raise self._interruption(phase_type, error) from error
        except TimedOut as error:
            minutes = self.build["timeoutInMinutes"]
            message = f"Build has timed out: it ran for longer than {minutes} minutes"
            self._end(phase_type, TIMED_OUT, "BUILD_TIMED_OUT", message)
            raise Interrupted(TIMED_OUT) from error
        except Interrupted:
            raise
        except Exception as error:  # the thread's boundary: the build has to end all the same
            logger.exception("build %s failed in the emulator", build_id)
            self._end(phase_type, FAULT, "INTERNAL_SERVICE_ERROR", f"The emulator failed: {error}")
            raise Interrupted(FAULT) from error
        self._end(phase_type, SUCCEEDED, "", "")
        return True

    def _interruption(self, phase_type: str, error: Exception) -> Interrupted:
        if isinstance(error, Stopped) or self.handle.stop_requested.is_set():
            self._end(phase_type, STOPPED, "", "")
            return Interrupted(STOPPED)
        message = "The build's shell was ended by a signal"
        self._end(phase_type, FAILED, "COMMAND_EXECUTION_ERROR", message)
        return Interrupted(FAILED)

    def _end(self, phase_type: str, status: str, code: str, message: str) -> None:
        message = self.log.hidden(message)
        is_quiet = phase_type == PROVISIONING and status == SUCCEEDED
        if not is_quiet:
            self.log.say(f"Phase complete: {phase_type} State: {status}")
            self.log.say(f"Phase context status code: {code} Message: {message}")
        contexts = [] if is_quiet else context_of(code, message)
        end_phase(self.context, self.build_id, status, contexts)

    def _provision(self) -> None:
        provision(self.context, self.build.get("vpcConfig"), self.log)

    def _download_source(self) -> None:
        prepared = prepare(self.context, self.build, self.directory, self.log, self.handle)
        self.handle.check()
        self.spec = prepared.spec
        try:
            self.shell = Shell.start(
                self.context,
                self.handle,
                self.directory.scratch,
                prepared.shell_program,
                prepared.variables,
                self.directory.source(),
                self.log,
                keeps_state=prepared.spec.has_one_shell,
            )
        except LaunchFailed as error:
            raise client_error(f"The shell cannot be started: {error}") from error

    def _run_commands(self) -> bool:
        """Run the buildspec's phases; False when no artifacts are to be uploaded."""
        spec, shell = self._prepared()
        for name in PHASE_NAMES:
            phase = spec.phases.get(name, Phase())
            if self._phase(name.upper(), lambda phase=phase: self._run(shell, phase)):  # type: ignore[misc]
                continue
            if self._goes_on_after(name, phase.on_failure):
                continue
            return False
        return True

    def _goes_on_after(self, name: str, on_failure: OnFailure | None) -> bool:
        if on_failure is None:
            return name in _GOES_ON
        if on_failure.action == RETRY and on_failure.message.search(self._last_message):
            self.retry = on_failure
        # Ours: AWS's documents do not say whether a build with a phase that failed so can have
        # SUCCEEDED, and a gate that is too strict is better than one that lets pass.
        return on_failure.action == CONTINUE

    def _run(self, shell: Shell, phase: Phase) -> None:
        run_commands(shell, self.log, phase, is_succeeding=self.is_succeeding)

    def _upload(self) -> None:
        spec, shell = self._prepared()
        build, source = self.build, self.directory.source()
        if spec.reports:
            found = record_reports(self.context, build, spec.reports, source, self.log)
            note(self.context, self.build_id, reportArns=found)
        members = artifacts.upload_artifacts(
            self.context,
            build,
            spec,
            self.directory,
            self.log,
            lambda text: expanded(shell, self.directory, text),
        )
        note(self.context, self.build_id, **members)
        if self.is_succeeding:
            caches.keep(self.context, build, spec, self.directory, self.log)

    def _finalize(self) -> None:
        spec, shell = self._prepared()
        values = exported_values(shell, self.directory, spec.exported_variables)
        note(self.context, self.build_id, exportedEnvironmentVariables=values)

    def _prepared(self) -> tuple[Buildspec, Shell]:
        if self.spec is None or self.shell is None:
            raise RuntimeError("the phase DOWNLOAD_SOURCE has not succeeded")
        return self.spec, self.shell
