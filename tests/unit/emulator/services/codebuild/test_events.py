"""The events of builds.

Source: "Build notifications input format reference" of the CodeBuild user guide, whose members and
form of times these are.
"""

import re

from emulator.context import Context
from emulator.services.codebuild.starting import start_build
from emulator.services.events.outbox import KIND
from tests.unit.emulator.services.codebuild.projects_of_tests import ended, project

PHASES = [
    "SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD",
    "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED",
]  # fmt: skip
STATE_MEMBERS = {
    "build-status", "project-name", "build-id", "additional-information", "current-phase",
    "current-phase-context", "version",
}  # fmt: skip
PHASE_MEMBERS = {
    "completed-phase", "project-name", "build-id", "completed-phase-context",
    "additional-information", "completed-phase-status", "completed-phase-duration-seconds",
    "version", "completed-phase-start", "completed-phase-end",
}  # fmt: skip
# Such as "Sep 1, 2017 4:12:29 PM".
TIME = re.compile(r"[A-Z][a-z]{2} [1-9]\d?, \d{4} [1-9]\d?:\d\d:\d\d [AP]M")


def test_a_build_tells_its_states_and_its_phases(context: Context) -> None:
    project(context, "told", "version: 0.2\nphases: {build: {commands: ['exit 2']}}")
    answer = start_build(context, {"projectName": "told"})

    build = ended(context, answer["build"]["id"])

    events = [event for event in context.store.list(KIND) if event["resources"] == [build["arn"]]]
    assert {event["source"] for event in events} == {"aws.codebuild"}
    states = [e["detail"] for e in events if e["detail-type"] == "CodeBuild Build State Change"]
    phases = [e["detail"] for e in events if e["detail-type"] == "CodeBuild Build Phase Change"]
    assert [(each["build-status"], each["current-phase"]) for each in states] == [
        ("IN_PROGRESS", "SUBMITTED"),
        ("FAILED", "COMPLETED"),
    ]
    assert all(set(each) == STATE_MEMBERS for each in states)
    assert [each["completed-phase"] for each in phases] == PHASES
    assert all(set(each) == PHASE_MEMBERS for each in phases)
    assert all(TIME.fullmatch(each["completed-phase-start"]) for each in phases)
    failed = phases[PHASES.index("BUILD")]
    assert failed["completed-phase-status"] == "FAILED"
    assert failed["completed-phase-context"] == (
        "[COMMAND_EXECUTION_ERROR: Error while executing command: exit 2. Reason: exit status 2]"
    )
    assert states[1]["build-id"] == build["arn"]
    information = states[1]["additional-information"]
    assert information["build-complete"] is True
    assert information["environment"]["compute-type"] == "BUILD_GENERAL1_SMALL"
    assert information["logs"]["group-name"] == "/aws/codebuild/told"
    assert [phase["phase-type"] for phase in information["phases"]] == PHASES
    assert information["phases"][-1].keys() == {"phase-type", "start-time"}
