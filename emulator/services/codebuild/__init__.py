"""CodeBuild: a buildspec run for real, as processes on this machine.

    buildspec        a buildspec: read and checked, nothing else
    checks           what CodeBuild refuses of settings, and what the emulator cannot do
    records          the documents of projects and builds
    projects         operations on projects
    starting         StartBuild and RetryBuild: a project and its overrides become a build
    builds           operations on builds that there are
    pipeline_builds  builds that CodePipeline starts
    turns            concurrentBuildLimit
    running          a build's thread
    networks         PROVISIONING: the VPC that a build is given
    phases           a build's way through its phases
    preparation      DOWNLOAD_SOURCE: sources, build_files, environment, secrets, interpreters
    shell            the one shell of a build; phase_commands is what it is told
    artifacts        UPLOAD_ARTIFACTS, with caches and reports
    timeline         phases as they begin and end, and the events that tell of it
    logs             the build's log, with secrets hidden
    handles          how a build that runs is stopped
    failures         what ends a phase, as CodeBuild tells it
    directories      where builds keep their files; zips is how files come and go

Rule: a build changes nothing of this machine but its own directory and the home of all builds, as
far as that depends on us: its commands run as who runs the emulator does.
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.codebuild import builds, projects, reports, starting
from emulator.services.codebuild.running import recover, shut_down

__all__ = ["OPERATIONS", "recover", "shut_down"]

OPERATIONS: Mapping[str, Handler] = {
    **projects.OPERATIONS,
    **starting.OPERATIONS,
    **builds.OPERATIONS,
    **reports.OPERATIONS,
}
