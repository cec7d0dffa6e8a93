"""Ends of a container, with containers that only pretend to run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.containers import EnvironmentFailed
from emulator.context import Context, Settings, Workers
from emulator.errors import validation_error
from emulator.services.sagemaker.jobs import running
from emulator.services.sagemaker.jobs.container_runs import (
    EXITED,
    STOPPED,
    TIMED_OUT,
    Ending,
    Exit,
    Run,
    run_container,
    run_to_end,
)
from emulator.services.sagemaker.jobs.directories import JobDirectory
from emulator.services.sagemaker.jobs.failures import ClientFault
from emulator.services.sagemaker.jobs.kinds import PROCESSING
from emulator.services.sagemaker.jobs.running import JobHandle
from emulator.store import Store


@dataclass
class PretendedContainer:
    """Containers and their one process."""

    code: int | None
    during_start: Callable[[], None] = lambda: None
    build_error: str = ""
    graces: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    is_started: bool = False

    def resolve(self, image_uri: str) -> str:
        return image_uri

    def environment(self, *_: object) -> object:
        self.during_start()
        if self.build_error:
            raise EnvironmentFailed(self.build_error)
        return object()

    def run(self, _: object) -> "PretendedContainer":
        self.is_started = True
        return self

    def wait(self, timeout_seconds: float) -> int | None:
        self.waits.append(timeout_seconds)
        return self.code

    def stop(self, grace_seconds: float = 0) -> int:
        self.graces.append(grace_seconds)
        return -9


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "store.sqlite")
    yield found
    found.close()


def context_of(store: Store, tmp_path: Path, containers: object = None) -> Context:
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    nothing = cast(Any, None)
    return Context(settings, store, nothing, cast(Any, containers), nothing, Workers(), lambda: 5.0)


def exit_of(
    store: Store, tmp_path: Path, container: PretendedContainer, handle: JobHandle | None = None
) -> Exit:
    directory = JobDirectory(tmp_path / "job", tmp_path / "job" / "ml", tmp_path / "log")
    run = Run("image:1", None, (), {}, None, (), timeout_seconds=7)
    context = context_of(store, tmp_path, container)
    return run_container(context, directory, "job", run, handle or JobHandle())


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (3, 3), (-9, 137), (143, 143)])
def test_an_exit_code_is_counted_as_a_shell_does(
    store: Store, tmp_path: Path, code: int, expected: int
) -> None:
    assert exit_of(store, tmp_path, PretendedContainer(code)) == Exit(EXITED, expected)


def test_a_container_over_its_time_gets_two_minutes_to_end(store: Store, tmp_path: Path) -> None:
    container = PretendedContainer(None)
    assert exit_of(store, tmp_path, container) == Exit(TIMED_OUT, 137)
    assert container.waits == [7]
    assert container.graces == [120]  # Source: API_StopTrainingJob


def test_a_stop_while_the_environment_is_built_starts_nothing(store: Store, tmp_path: Path) -> None:
    handle = JobHandle()
    container = PretendedContainer(0, during_start=lambda: void(handle.request_stop()))
    assert exit_of(store, tmp_path, container, handle) == Exit(STOPPED, None)
    assert not container.is_started


def void(_: object) -> None:
    pass


def test_a_stop_while_the_container_runs_is_told_from_an_exit(store: Store, tmp_path: Path) -> None:
    handle = JobHandle()

    class StoppedMeanwhile(PretendedContainer):
        def wait(self, timeout_seconds: float) -> int | None:
            assert handle.request_stop() is self
            return 143

    assert exit_of(store, tmp_path, StoppedMeanwhile(0), handle) == Exit(STOPPED, 143)


def test_an_environment_that_cannot_be_built_is_the_callers_fault(
    store: Store, tmp_path: Path
) -> None:
    container = PretendedContainer(0, build_error="no solution found for polars==99")
    with pytest.raises(ClientFault, match="polars==99"):
        exit_of(store, tmp_path, container)


def end(store: Store, tmp_path: Path, work: Callable[[], Ending]) -> dict[str, Any]:
    context = context_of(store, tmp_path)
    document = {
        "ProcessingJobName": "job",
        "ProcessingJobStatus": "InProgress",
        "CreationTime": 1.0,
    }
    store.insert(PROCESSING.noun, "job", document)
    ends: list[str] = []
    running.add(context, PROCESSING, "job").listen(lambda *_: None, lambda: ends.append("end"))
    run_to_end(context, PROCESSING, document, lambda _: work())
    assert ends == ["end"]
    assert running.find(context, PROCESSING, "job") is None
    assert list((tmp_path / "jobs" / "processing").iterdir()) == []
    found = store.get(PROCESSING.noun, "job")
    assert found is not None
    return found


def raises(error: Exception) -> Callable[[], Ending]:
    def work() -> Ending:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ClientFault("no objects"), "ClientError: no objects"),
        (validation_error("no image"), "ClientError: no image"),
        (ZeroDivisionError("oops"), "InternalServerError: ZeroDivisionError: oops"),
    ],
)
def test_whatever_escapes_a_job_ends_it_as_failed(
    store: Store, tmp_path: Path, error: Exception, reason: str
) -> None:
    job = end(store, tmp_path, raises(error))
    assert (job["ProcessingJobStatus"], job["FailureReason"]) == ("Failed", reason)
    assert job["ProcessingEndTime"] == 5.0


def test_a_job_that_was_failed_meanwhile_stays_as_it_is(store: Store, tmp_path: Path) -> None:
    def work() -> Ending:
        failed = {"ProcessingJobStatus": "Failed", "FailureReason": "the emulator ends"}
        store.update(PROCESSING.noun, "job", lambda found: found | failed)
        return Ending("Completed")

    job = end(store, tmp_path, work)
    assert (job["ProcessingJobStatus"], job["FailureReason"]) == ("Failed", "the emulator ends")
