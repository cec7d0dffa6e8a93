"""Builds whose time is over. The API takes five minutes at least, for which no test can wait."""

from emulator.context import Context
from emulator.services.codebuild.records import PROJECT
from emulator.services.codebuild.starting import start_build
from emulator.store import Document
from tests.unit.emulator.services.codebuild.projects_of_tests import ended, project

SPEC = "version: 0.2\nphases: {build: {commands: ['sleep 100']}}"


def started(context: Context, name: str) -> str:
    return str(start_build(context, {"projectName": name})["build"]["id"])


def last_phase(build: Document) -> Document:
    """The phase in which the build was when it ended."""
    found: Document = build["phases"][-2]
    return found


def test_a_build_has_no_longer_than_its_timeout(context: Context) -> None:
    project(context, "slow", SPEC)
    context.store.update(PROJECT, "slow", lambda found: found.update(timeoutInMinutes=0.03))

    build = ended(context, started(context, "slow"))

    assert build["buildStatus"] == "TIMED_OUT"
    phase = last_phase(build)
    assert phase["phaseStatus"] == "TIMED_OUT"
    assert phase["contexts"] == [
        {
            "statusCode": "BUILD_TIMED_OUT",
            "message": "Build has timed out: it ran for longer than 0.03 minutes",
        }
    ]


def test_a_build_waits_for_its_turn_no_longer_than_its_queued_timeout(context: Context) -> None:
    project(context, "busy", SPEC, concurrentBuildLimit=1, timeoutInMinutes=5)
    context.store.update(
        PROJECT,
        "busy",
        lambda found: found.update(queuedTimeoutInMinutes=0.005, timeoutInMinutes=0.05),
    )

    first, second = started(context, "busy"), started(context, "busy")

    waited = ended(context, second)
    assert waited["buildStatus"] == "TIMED_OUT"
    phase = last_phase(waited)
    assert (phase["phaseType"], phase["phaseStatus"]) == ("QUEUED", "TIMED_OUT")
    assert phase["contexts"][0]["statusCode"] == "BUILD_QUEUED_TIMED_OUT"
    assert last_phase(ended(context, first))["phaseType"] != "QUEUED"
