"""The events of builds, as a rule's queue gets them.

Source: "Build notifications input format reference" of the CodeBuild user guide, whose members and
form of times these are.
"""

import re
from collections.abc import Callable

from tests.conftest import EmulatorProcess
from tests.contract.builds import buildspec, lab_in
from tests.contract.inboxes import EventLab, event_lab

__all__ = ["event_lab"]

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


def test_a_build_tells_its_states_and_its_phases(
    emulator: EmulatorProcess, event_lab: EventLab, unique: Callable[[str], str]
) -> None:
    lab = lab_in(emulator, unique)
    project = lab.project(buildspec(build=["exit 2"]))
    mine = {"source": ["aws.codebuild"], "detail": {"project-name": [project]}}
    states = event_lab.listen({**mine, "detail-type": ["CodeBuild Build State Change"]})
    phases = event_lab.listen({**mine, "detail-type": ["CodeBuild Build Phase Change"]})

    build = lab.ended(lab.start(project))

    heard = states.until(lambda bodies: len(bodies) == 2)
    by_status = {event["detail"]["build-status"]: event for event in heard}
    begun, ended = by_status["IN_PROGRESS"], by_status["FAILED"]
    assert begun["resources"] == ended["resources"] == [build["arn"]]
    assert set(begun["detail"]) == set(ended["detail"]) == STATE_MEMBERS
    assert begun["detail"]["current-phase"] == "SUBMITTED"
    assert ended["detail"]["current-phase"] == "COMPLETED"
    assert ended["detail"]["build-id"] == build["arn"]
    information = ended["detail"]["additional-information"]
    assert information["build-complete"] is True
    assert information["environment"]["compute-type"] == "BUILD_GENERAL1_SMALL"
    assert information["logs"]["group-name"] == f"/aws/codebuild/{project}"
    assert [phase["phase-type"] for phase in information["phases"]] == PHASES
    assert information["phases"][-1].keys() == {"phase-type", "start-time"}

    found = phases.until(lambda bodies: len(bodies) == len(PHASES))
    details = {event["detail"]["completed-phase"]: event["detail"] for event in found}
    assert set(details) == set(PHASES)
    assert all(set(detail) == PHASE_MEMBERS for detail in details.values())
    assert all(TIME.fullmatch(detail["completed-phase-start"]) for detail in details.values())
    assert details["BUILD"]["completed-phase-status"] == "FAILED"
    assert details["BUILD"]["completed-phase-context"] == (
        "[COMMAND_EXECUTION_ERROR: Error while executing command: exit 2. Reason: exit status 2]"
    )
    assert details["COMPLETED"]["completed-phase-status"] == "FAILED"
